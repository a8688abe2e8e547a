import copy
import pickle

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


@pytest.mark.parametrize("kind", ["float64", "mixed_bfloat16", "bfloat16", "mixed_float16"])
def test_policies_say_what_computes_and_what_is_stored(kind):
    ours, theirs = layers.Dense(3, dtype=kind), real.layers.Dense(3, dtype=kind)
    x = np.ones((2, 4), "float32")
    assert str(ours(x).dtype) == str(theirs(x).dtype)
    assert ours.kernel.dtype == theirs.kernel.dtype
    for attribute in ("dtype", "compute_dtype", "variable_dtype", "input_dtype"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)


def test_an_island_of_full_precision_stays_one():
    class Island(keras.Layer):
        def call(self, x):
            return x * 2.0

    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, dtype="mixed_bfloat16"),
            Island(dtype="float32"),
            layers.LayerNormalization(dtype="mixed_bfloat16"),
        ]
    )
    seen = {}
    for layer in model.layers:
        layer.register_forward_hook(lambda m, _, y: seen.__setitem__(m.name, y.dtype))
    model(torch.randn(4, 4))
    assert list(seen.values()) == [torch.bfloat16, torch.float32, torch.bfloat16]


def test_user_code_sees_weights_in_the_compute_type():
    class Types(keras.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(4,), initializer="ones")

        def call(self, x):
            self.seen = (self.w.dtype, (x + self.w).dtype)
            return x * self.w

    layer = Types(dtype="mixed_bfloat16")
    assert layer(torch.ones(1, 4)).dtype == torch.bfloat16
    assert layer.seen == ("bfloat16", torch.bfloat16)
    assert layer.w.dtype == "float32"


def test_moving_before_and_after_building_is_remembered():
    early = layers.Dense(3).to(torch.float64)
    late = layers.Dense(3)
    late.build((None, 4))
    late.double()
    for layer in (early, late):
        assert layer(torch.ones(1, 4)).dtype == torch.float64
        assert layer.dtype == "float64"
    assert layers.Dense(2).to("meta").factory["device"].type == "meta"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_stand_alone(duplicate):
    layer = layers.Dense(3)
    layer(torch.zeros(1, 4))
    twin = duplicate(layer)
    twin.kernel.assign(np.zeros((4, 3)))
    assert layer.kernel.numpy().any()
    assert twin.name == layer.name


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dense(3, unit=4), TypeError, "Unrecognized keyword arguments.*units"),
        (lambda: layers.Dense(3, name=5), ValueError, "`name` to be a string"),
        (lambda: layers.Dense(3, name="a/b"), ValueError, "without '/'"),
        (lambda: layers.Dense(3).count_params(), ValueError, "`count_params`"),
        (lambda: keras.Layer()(torch.ones(1)), NotImplementedError, "does not have a `call"),
        (lambda: layers.Dense(3)(torch.ones(())), ValueError, "min_ndim"),
    ],
)
def test_mistakes_are_explained(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_forgetting_the_base_constructor_is_explained():
    class Forgetful(keras.Layer):
        def __init__(self):
            self.units = 3

    with pytest.raises(RuntimeError, match=r"you forgot to call `super\(\).__init__\(\)`"):
        Forgetful()(torch.ones(1, 2))


def test_attributes_may_be_set_before_the_base_constructor():
    class Early(keras.Layer):
        def __init__(self):
            self.units = 3
            self.inner = layers.Dense(2)
            self.more = [layers.Dense(4)]
            super().__init__()

        def call(self, x):
            return self.more[0](self.inner(x))

    layer = Early()
    assert layer(torch.ones(1, 5)).shape == (1, 4)
    assert layer.units == 3
    assert len(layer.weights) == 4
    assert sorted(layer.state_dict()) == sorted(copy.deepcopy(layer).state_dict())


def test_initial_weights_can_be_given():
    kernel, bias = np.ones((4, 3)), np.zeros(3)
    layer = layers.Dense(3, weights=[kernel, bias])
    layer(torch.zeros(1, 4))
    np.testing.assert_array_equal(layer.get_weights()[0], kernel)


def test_names_count_up_and_paths_follow_the_scopes():
    assert [layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]
    layer = layers.Dense(1, name="head")
    with keras.name_scope("outer"):
        layer.build((None, 2))
    assert layer.kernel.path == "outer/head/kernel"
    assert layer.path == "outer/head"


@pytest.mark.parametrize("library", [keras, real])
def test_a_layer_within_one_of_the_same_name_has_a_path_of_its_own(library):
    layer = library.layers.MultiHeadAttention(2, 4, name="query")
    layer.build((2, 4, 8), (2, 4, 8))
    paths = ["query/query/kernel", "query/query/bias", "query/key/kernel"]
    assert [weight.path for weight in layer.weights][:3] == paths


def test_only_layers_with_a_kernel_or_table_can_be_quantized():
    layer = layers.ReLU()
    with pytest.raises(ValueError, match="Cannot quantize a layer that isn't yet built"):
        layer.quantize("int8")
    layer.build((None, 4))
    with pytest.raises(NotImplementedError, match="does not have a `quantize` method"):
        layer.quantize("int8")
    with pytest.raises(NotImplementedError, match="`quantized_build`"):
        layer.quantized_build((4,), "int8")
    with pytest.raises(ValueError, match="Invalid quantization mode"):
        layer.quantize("int9")
