import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


class Spy(keras.Layer):
    """Says in which mode and with which mask it was called."""

    supports_masking = True

    def call(self, x, training=None, mask=None):
        self.seen = (training, mask)
        return x


class Outer(keras.Layer):
    def __init__(self):
        super().__init__()
        self.spy = Spy()

    def call(self, x):
        return self.spy(x)


@pytest.mark.parametrize("given", [None, True, False])
@pytest.mark.parametrize("flag", [True, False])
def test_the_mode_is_the_argument_or_torchs_flag(given, flag):
    outer = Outer().train(flag)
    outer(torch.ones(1, 2), training=given)
    assert outer.spy.seen[0] is (flag if given is None else given)


def test_an_inner_argument_beats_the_outer_one():
    class Fixed(Outer):
        def call(self, x):
            return self.spy(x, training=True)

    outer = Fixed()
    outer(torch.ones(1, 2), training=False)
    assert outer.spy.seen[0] is True


def test_a_default_of_the_signature_counts():
    class Default(keras.Layer):
        def call(self, x, training=True):
            return x * 2 if training else x

    assert Default()(torch.ones(1)).item() == 2


def test_the_mode_is_put_back_after_an_error():
    class Failing(keras.Layer):
        def call(self, x, training=None):
            raise KeyError("no")

    with pytest.raises(KeyError):
        Failing()(torch.ones(1), training=True)
    spy = Spy()
    spy(torch.ones(1))
    assert spy.seen[0] is False


@pytest.mark.parametrize(
    "value",
    [
        np.ones((2, 3)), np.ones((2, 3), "float16"), [[1.0, 2.0, 3.0]], [[1, 2, 3]],
        torch.ones(2, 3, dtype=torch.float64), torch.nn.Parameter(torch.ones(2, 3)),
    ],
)  # fmt: skip
def test_floats_are_cast_to_the_type_of_computation(value):
    class Give(keras.Layer):
        def call(self, x):
            return x

    y = Give()(value)
    is_float = "int" not in str(y.dtype)
    assert isinstance(y, torch.Tensor)
    assert y.dtype == (torch.float32 if is_float else torch.int64)
    if is_float and isinstance(value, np.ndarray):
        assert Give(autocast=False)(value).dtype == torch.as_tensor(value).dtype


def test_other_arguments_are_converted_but_strings_are_left():
    class Two(keras.Layer):
        def call(self, x, other=None, mode="a", pair=()):
            assert mode == "b"
            assert all(isinstance(part, torch.Tensor) for part in (other, *pair))
            return x

    Two()(torch.ones(1), other=np.ones(2), mode="b", pair=(np.ones(1), np.ones(1)))


def test_masks_go_along_with_tensors():
    x = torch.tensor([[1, 2, 0]])
    y = layers.Embedding(4, 2, mask_zero=True)(x)
    spy = Spy()
    z = spy(y)
    assert spy.seen[1].tolist() == [[True, True, False]]
    assert z._keras_mask.tolist() == [[True, True, False]]
    other = torch.tensor([[False, True, True]])
    spy(y, mask=other)
    assert spy.seen[1] is other


def test_masks_reach_the_layers_inside_and_in_graphs():
    x = torch.tensor([[1, 2, 0]])
    outer = Outer()
    outer.supports_masking = True
    symbol = keras.Input((3,), dtype="int32")
    model = keras.Model(symbol, outer(layers.Embedding(4, 2, mask_zero=True)(symbol)))
    model(x)
    assert outer.spy.seen[1].tolist() == [[True, True, False]]


def test_a_layer_that_loses_a_mask_says_so():
    class Plain(keras.Layer):
        def call(self, x):
            return x * 1

    y = layers.Embedding(4, 2, mask_zero=True)(torch.tensor([[1, 0]]))
    with pytest.warns(UserWarning, match="does not support masking"):
        Plain()(y)


def test_hooks_of_torch_work():
    layer = layers.Dense(2)
    seen = []
    layer.register_forward_pre_hook(lambda module, args: seen.append("before"))
    layer.register_forward_hook(lambda module, args, y: y * 0)
    assert layer(torch.ones(1, 3)).abs().sum() == 0
    assert seen == ["before"]


def test_wrong_ranks_and_sizes_are_shown():
    layer = layers.Dense(2)
    layer(torch.ones(1, 3))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3, got 4"):
        layer(torch.ones(1, 4))
    add = layers.Conv2D(2, 3)
    add(torch.ones(1, 5, 5, 3))
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        add(torch.ones(5, 5, 3))


def test_a_call_is_free_of_state_between_threads():
    import threading

    spies = [Spy(), Spy()]
    barrier = threading.Barrier(2)

    class Waiting(keras.Layer):
        def __init__(self, spy):
            super().__init__()
            self.spy = spy

        def call(self, x):
            barrier.wait()
            return self.spy(x)

    def run(index):
        Waiting(spies[index])(torch.ones(1), training=bool(index))

    threads = [threading.Thread(target=run, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [spy.seen[0] for spy in spies] == [False, True]


class Block(keras.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(2)

    def call(self, x):
        return self.inner(x)


def test_layers_built_by_a_call_are_named_after_it():
    block = Block(name="block")
    block(torch.zeros(1, 3))
    assert [v.path for v in block.weights] == [
        f"block/{block.inner.name}/kernel",
        f"block/{block.inner.name}/bias",
    ]


def test_tensors_made_inside_go_to_the_device_of_the_input():
    class Making(keras.Layer):
        def call(self, x):
            return x + keras.ops.ones(x.shape)

    x = torch.ones(2, device="meta")
    assert Making()(x).device.type == "meta"
    assert keras.ops.ones(2).device.type == "cpu"


@pytest.mark.parametrize("kind", [keras.Sequential, lambda stack: Nest(stack)])
def test_an_island_of_full_precision_keeps_its_type_on_the_way_out(kind):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = kind([layers.Dense(3), layers.Dense(2, dtype="float32")])
        half = kind([layers.Dense(3)])
    finally:
        keras.config.set_dtype_policy("float32")
    assert model(torch.ones(1, 4)).dtype is torch.float32
    assert half(torch.ones(1, 4)).dtype is torch.bfloat16


class Nest(keras.Layer):
    def __init__(self, stack):
        super().__init__()
        self.stack = stack

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x


class Folded:
    """Two rows kept as one number, which says itself what layers make of it."""

    def __init__(self, number):
        self.number = number

    def called_by_layer(self, layer, args, kwargs, training):
        if not isinstance(layer, layers.Dense):
            return NotImplemented
        return layer(torch.full((2, 1), self.number), training=training)


def test_inputs_may_say_themselves_what_layers_make_of_them():
    layer = layers.Dense(3)
    expected = layer(torch.full((2, 1), 4.0))
    assert torch.equal(layer(Folded(4.0)), expected)

    class Number(keras.Layer):
        def call(self, x):
            return torch.tensor(x[0].number if isinstance(x, list) else x.number)

    assert Number()(Folded(4.0)) == Number()([Folded(4.0), Folded(5.0)]) == 4.0
