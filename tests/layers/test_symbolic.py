import pytest
import torch

import torchkeras as keras
from torchkeras import layers
from torchkeras.tracer import KerasTensor


class Several(keras.Layer):
    def call(self, x, scale=None, training=None):
        if scale is not None:
            x = x * scale
        return {"sum": x.sum(-1), "parts": (x, x[:, :2])}


def test_a_call_is_recorded_with_its_arguments():
    layer = Several()
    x, s = keras.Input((4,)), keras.Input((1,))
    y = layer(x, scale=s, training=True)
    call = y["sum"].call
    assert call.operation is layer
    assert call.args == (x, s)
    assert call.kwargs == {"training": True}
    assert y["sum"].shape == (None,)
    assert y["parts"][1].shape == (None, 2)


def test_the_symbolic_call_equals_the_eager_one():
    layer = Several()
    x, s = keras.Input((4,)), keras.Input((1,))
    model = keras.Model([x, s], layer(x, scale=s))
    data = [torch.randn(3, 4), torch.randn(3, 1)]
    ours, eager = model(data), layer(data[0], scale=data[1])
    for a, b in zip(keras.tree.flatten(ours), keras.tree.flatten(eager), strict=True):
        torch.testing.assert_close(a, b)


def test_inputs_and_outputs_of_a_layer_can_be_asked_for():
    layer = layers.Dense(3)
    with pytest.raises(AttributeError, match="output"):
        layer.output  # noqa: B018
    x = keras.Input((4,))
    y = layer(x)
    z = layer(keras.Input((4,)))
    assert layer.input is x
    assert layer.output is y
    assert layer.get_output_at(1) is z
    assert layer.get_input_at(0) is x
    assert layer.input_shape == (None, 4)
    assert layer.output_shape == (None, 3)


def test_a_shape_rule_of_the_user_is_used():
    class Ruled(keras.Layer):
        def compute_output_shape(self, input_shape):
            return (input_shape[0], 99)

        def call(self, x):
            raise AssertionError("not run for its shape")

    assert Ruled()(keras.Input((4,))).shape == (None, 99)


def test_a_spec_rule_of_the_user_is_used():
    class Ruled(keras.Layer):
        def compute_output_spec(self, x):
            return KerasTensor((x.shape[0], 7), dtype="int32")

        def call(self, x):
            return x

    y = Ruled()(keras.Input((4,)))
    assert (y.shape, y.dtype) == ((None, 7), "int32")


def test_layers_made_on_the_way_get_real_weights():
    class Nested(keras.Layer):
        def __init__(self):
            super().__init__()
            self.inner = [layers.Dense(3), layers.Dense(2)]

        def call(self, x):
            for layer in self.inner:
                x = layer(x)
            return x

    layer = Nested()
    y = layer(keras.Input((4,)))
    assert y.shape == (None, 2)
    assert all(type(p) is torch.nn.Parameter for p in layer.parameters())
    assert layer(torch.ones(1, 4)).shape == (1, 2)


def test_compute_output_spec_records_nothing():
    layer = layers.Dense(3)
    spec = layer.compute_output_spec(keras.Input((4,)))
    assert spec.shape == (None, 3)
    assert spec.call is None
    assert layer.symbolic_call(keras.Input((4,))).call is not None


def test_types_of_results_follow_the_policy():
    assert layers.Dense(3, dtype="mixed_bfloat16")(keras.Input((4,))).dtype == "bfloat16"
    assert layers.Dense(3, dtype="float64")(keras.Input((4,))).dtype == "float64"


def test_layers_built_by_a_symbolic_call_are_named_after_it():
    class Block(keras.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = layers.Dense(2, name="inner")

        def call(self, x):
            return self.inner(x)

    block, other = Block(name="block"), Block(name="other")
    block(keras.Input((3,)))
    other.build((None, 3))
    assert [v.path for v in block.weights] == ["block/inner/kernel", "block/inner/bias"]
    assert [v.path for v in other.weights] == ["other/inner/kernel", "other/inner/bias"]


def test_weights_made_while_shapes_are_found_follow_their_rules():
    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.table = keras.layers.Embedding(10, 4)
            self.dense = keras.layers.Dense(4, kernel_initializer="ones")

        def call(self, x):
            return self.dense(self.table(x))

    block = Block()
    block(keras.Input((3,), dtype="int32"))
    assert block.dense.kernel.numpy().tolist() == [[1.0] * 4] * 4
    assert block.dense.bias.numpy().tolist() == [0.0] * 4
    assert 0 < abs(block.table.embeddings.numpy()).max() <= 0.05


def test_masks_are_recorded_by_name():
    masked = layers.Masking()(keras.Input((3, 2)))
    call = layers.TimeDistributed(layers.Dense(1))(masked).call
    assert [symbol.shape for symbol in call.args] == [(None, 3, 2)]
    assert call.kwargs["mask"].shape == (None, 3)


def test_a_weight_may_be_changed_within_call():
    class Halved(layers.Layer):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(2, 1)

        def build(self, input_shape):
            self.conv.build(input_shape)

        def call(self, x):
            self.conv.kernel.assign(self.conv.kernel * 0.5)
            return self.conv(x)

    layer = Halved()
    x = layers.Input((3, 3, 1))
    layer(x)
    before = layer.conv.kernel.numpy().copy()
    layer(torch.ones(1, 3, 3, 1))
    assert (layer.conv.kernel.numpy() == before / 2).all()
