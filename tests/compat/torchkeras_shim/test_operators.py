import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

SCRIPT = """
def run(x, y):
    kept = x
    x += y
    x -= 1
    x *= 2.0
    x /= 4.0
    x **= 2
    return kept, x


def divided(x, y):
    return x / y
"""


def functions(**names):
    names = {"__name__": "__main__", **names}
    exec(SCRIPT, names)
    return names


def test_augmented_assignments_in_scripts_leave_the_tensor_as_it_was():
    values = np.ones(3, "float32")
    kept, result = functions()["run"](torch.from_numpy(values), torch.full((3,), 3.0))
    assert kept.tolist() == values.tolist() == [1.0] * 3
    assert result.tolist() == [2.25] * 3


def test_modules_that_import_torch_change_tensors_in_place():
    kept, result = functions(torch=torch)["run"](torch.ones(3), torch.full((3,), 3.0))
    assert kept is result
    optimizer = torch.optim.Adam([nn.Parameter(torch.ones(2))], foreach=False)
    with torch.enable_grad():
        optimizer.param_groups[0]["params"][0].sum().backward()
    optimizer.step()
    assert next(iter(optimizer.state.values()))["step"] == 1


X, WHOLE, TRUTH = torch.tensor([1.0, 2.0]), torch.tensor([1, 2], dtype=torch.int32), [True, False]


@pytest.mark.parametrize(
    ("found", "values", "dtype"),
    [
        (lambda: X - [0.5, 1.0], [0.5, 1.0], "float32"),
        (lambda: [1, 1] - X, [0.0, -1.0], "float32"),
        (lambda: (3, 4) * X, [3.0, 8.0], "float32"),
        (lambda: X ** [2, 3], [1.0, 8.0], "float32"),
        (lambda: [2, 3] ** X, [2.0, 9.0], "float32"),
        (lambda: X @ [3.0, 4.0], 11.0, "float32"),
        (lambda: WHOLE + [3, 4], [4, 6], "int32"),
        (lambda: WHOLE % [2, 2], [1, 0], "int32"),
        (lambda: [7, 7] // WHOLE, [7, 3], "int32"),
        (lambda: X == [1.0, 3.0], [True, False], "bool"),
        (lambda: X != (1, 3), [False, True], "bool"),
        (lambda: X < [2, 2], [True, False], "bool"),
        (lambda: torch.tensor(TRUTH) & [True, True], [True, False], "bool"),
        (lambda: [True, True] ^ torch.tensor(TRUTH), [False, True], "bool"),
        (lambda: X * [X[0], 2 * X[1]], [1.0, 8.0], "float32"),
        (lambda: tf.Variable(X) == [1.0, 3.0], [True, False], "bool"),
        (lambda: tf.Variable(X) / (2, 4), [0.5, 0.5], "float32"),
    ],
)
def test_lists_stand_beside_tensors(found, values, dtype):
    result = found()
    assert result.tolist() == values
    assert result.dtype.name == dtype


def test_gradients_pass_operators_with_lists():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(([2.0, 3.0] * tf.square(x)) - [1.0, 1.0])
    assert tape.gradient(y, x).tolist() == [4.0, 12.0]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("int32", "float64"), ("int64", "float64"), ("uint8", "float32"), ("float32", "float32")],
)
def test_whole_numbers_divide_as_in_tensorflow(dtype, expected):
    x = tf.constant([1, 2], dtype)
    divided = functions()["divided"]
    for y in (x, 2, *([tf.constant([1, 2], "int64")] if dtype == "int64" else [])):
        assert divided(x, y).dtype.name == expected
    assert divided(2, x).dtype.name == expected
    assert divided(x, [2, 4]).tolist() == [0.5, 0.5]
    assert divided(x, [2, 4]).dtype.name == expected


def test_whole_numbers_divide_as_in_torch_where_torch_is_imported():
    x = torch.tensor([1, 2])
    assert functions(torch=torch)["divided"](x, x).dtype is torch.float32


def test_tensors_stay_hashable_and_compare_to_nothing():
    x = torch.ones(2)
    assert {x: 1}[x] == 1
    assert (x == None) is False  # noqa: E711
    assert x != "text"


def test_comparing_tensors_compiles_in_one_graph():
    compiled = torch.compile(lambda a, b: (a + b) * 2 / 2 == a, fullgraph=True, backend="eager")
    assert compiled(X, X).tolist() == [False, False]


def test_operators_are_recorded_as_torchs_own():
    layer = tf.keras.layers.Discretization([0.0, 1.0], output_mode="one_hot")
    layer.build((None, 1))
    assert " and_ = " in layer.to_torch(torch.ones(2, 1)).code


def test_slices_go_backwards():
    x = torch.arange(6).reshape(2, 3)
    assert x[::-1, ::-2].tolist() == [[5, 3], [2, 0]]
    assert x[..., 1::-1][0].tolist() == [1, 0]
    assert tf.Variable(x)[::-1].tolist() == [[3, 4, 5], [0, 1, 2]]
