import operator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchkeras as keras
from torchkeras import tracer
from torchkeras.core.dtypes import NAMES, torch_dtype
from torchkeras.tracer import shapes

sizes = st.lists(st.integers(1, 3), max_size=4)
dtypes = st.sampled_from(["float32", "float16", "bfloat16", "int32", "uint8", "bool", "float64"])


@given(sizes, sizes)
def test_known_shapes_broadcast_as_in_numpy(a, b):
    try:
        expected = np.broadcast_shapes(tuple(a), tuple(b))
    except ValueError:
        expected = None
    assert shapes.broadcast(tuple(a), tuple(b)) == expected


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ((None, 4), (None, 4), (None, 4)),
        ((None, 4), (1, 4), (None, 4)),
        ((None, 4), (3, 4), (3, 4)),
        ((None, None, 4), (5, 1), (None, 5, 4)),
        ((None, 4), (3,), None),
    ],
)
def test_an_unknown_size_fits_any(a, b, result):
    assert shapes.broadcast(a, b) == result


@given(st.sampled_from([operator.add, operator.mul, operator.sub]), dtypes, dtypes, st.booleans())
def test_the_rule_for_operators_promotes_as_torch_does(function, a, b, scalar):
    if "bool" in (a, b) and function is operator.sub:
        return
    left = torch.ones((2,), dtype=torch_dtype(a))
    right = torch.ones(() if scalar else (2,), dtype=torch_dtype(b))
    symbols = [keras.Input(batch_shape=tuple(t.shape), dtype=NAMES[t.dtype]) for t in (left, right)]
    assert function(*symbols).dtype == NAMES[function(left, right).dtype]
    assert function(symbols[0], 2).dtype == NAMES[function(left, 2).dtype]
    assert function(symbols[0], 2.5).dtype == NAMES[function(left, 2.5).dtype]


def test_a_matrix_product_knows_its_shape():
    a, b = keras.Input((4, 5)), keras.Input((5, 6))
    assert (a @ b).shape == (None, 4, 6)
    assert torch.matmul(a, torch.ones(5, 2)).shape == (None, 4, 2)


def test_a_wrong_shape_is_torchs_own_error():
    with pytest.raises(RuntimeError):
        keras.Input((4, 5)) @ keras.Input((6, 7))


def test_a_shape_run_leaves_no_trace():
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
            self.last = None

        def call(self, x):
            self.calls.assign_add(1)
            self.last = x
            self.add_loss(x.sum())
            return x * 2

    layer = Counting()
    state = torch.get_rng_state()
    keras.Model(x := keras.Input((4,)), layer(x))
    assert float(layer.calls) == 0
    assert layer.last is None
    assert layer.losses == []
    assert torch.equal(torch.get_rng_state(), state)
    layer(torch.ones(1, 4))
    assert float(layer.calls) == 1


def test_a_stand_in_kept_in_a_list_is_an_error_that_says_so():
    class Keeping(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.kept = []

        def call(self, x):
            self.kept.append(x)
            return x

    with pytest.raises(RuntimeError, match="call\\(\\) keeps a tensor in this container"):
        Keeping()(keras.Input((4,)))


def test_networks_that_halve_and_double_fit():
    x = keras.Input((None, None, 3))
    y = keras.layers.MaxPooling2D(8)(x)
    z = y.repeat_interleave(8, dim=1).repeat_interleave(8, dim=2)
    assert (z + x).shape == (None, None, None, 3)


@pytest.mark.parametrize("length", [3, 8, 50, 200])
def test_unknown_sizes_fit_into_tables_of_any_length(length):
    class Positions(keras.Layer):
        def build(self, input_shape):
            self.table = self.add_weight(shape=(length, 4), name="table")

        def call(self, x):
            return x + self.table[: x.shape[1]]

    x = keras.Input((None, 4))
    model = keras.Model(x, Positions()(x))
    assert model.output_shape == (None, None, 4)
    assert model(torch.zeros(2, length - 1, 4)).shape == (2, length - 1, 4)


def test_a_rank_that_depends_on_a_size_is_refused():
    def odd(x):
        return x if x.shape[1] > 200 else x[0]

    with pytest.raises(ValueError, match="rank of a symbolic result"):
        tracer.record(odd, (keras.Input((None,)),), {})


def test_torch_logs_no_failed_run(capfd):
    class Wrong(keras.Layer):
        def call(self, x):
            return x @ torch.ones(5, 2)

    with pytest.raises(RuntimeError, match="3"):
        Wrong()(keras.Input((3,)))
    assert "fake_tensor" not in capfd.readouterr().err


def test_errors_of_a_run_call_unknown_sizes_unknown():
    with pytest.raises(ValueError, match=r"x has shape \(None, None, 4\)"):
        keras.ops.squeeze(keras.Input((None, 4)), 1)
    with pytest.raises(ValueError, match=r"x has shape \(None, 3\)"):
        keras.layers.Lambda(lambda x: keras.ops.split(x, 2, axis=1))(keras.Input((3,)))
    with pytest.raises(ValueError, match=rf"x has shape \({shapes.FIRST_SIZE}, "):
        keras.ops.squeeze(keras.Input(batch_shape=(shapes.FIRST_SIZE, None)), 0)


def test_lazy_modules_get_real_parameters_from_the_first_shapes():
    class Lazy(keras.Model):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.LazyLinear(4), torch.nn.LazyBatchNorm1d())

        def call(self, x):
            return self.net(x)

    model = Lazy()
    assert model(torch.ones(2, 3)).isfinite().all()
    assert [tuple(weight.shape) for weight in model.trainable_weights] == [(4, 3), (4,), (4,), (4,)]
    assert type(model.net[0]) is torch.nn.Linear
    assert "initialize_parameters" not in vars(model.net[0])
