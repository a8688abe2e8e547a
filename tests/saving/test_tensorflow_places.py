import numpy as np
import pytest
import torch

from torchkeras.saving.tensorflow_places import FUNCTIONS, blocks_from_batch, blocks_to_batch

SIX = torch.arange(6.0).reshape(2, 3)


# What TensorFlow 2.21 gave; test_saved_model.py has a graph of the others.
@pytest.mark.parametrize(
    ("function", "args", "options", "expected"),
    [
        ("gather", [SIX, torch.tensor([[2, 0], [1, 1]])], {"batch_dims": 1}, [2, 0, 4, 4]),
        ("boolean_mask", [SIX, [True, False, True]], {"axis": 1}, [0, 2, 3, 5]),
        ("slice", [SIX, [0, 1], [-1, 2]], {}, [1, 2, 4, 5]),
        ("strided_slice", [SIX, [0, 0], [2, 3], [1, 2]], {"shrink_axis_mask": 1}, [0, 2]),
        ("sort", [SIX], {"direction": "DESCENDING"}, [2, 1, 0, 5, 4, 3]),
        ("argsort", [SIX], {}, [0, 1, 2, 0, 1, 2]),
        ("sequence_mask", [torch.tensor([1, 2]), 2, "float32"], {}, [1, 0, 1, 1]),
        ("gather_nd", [SIX, [[1, 2], [0, 0]]], {}, [5, 0]),
        ("gather_nd", [SIX, [[2], [0]]], {"batch_dims": 1}, [2, 3]),
        ("reverse_sequence", [SIX, [2, 3]], {"seq_axis": 1}, [1, 0, 2, 5, 4, 3]),
        ("tensor_scatter_nd_update", [SIX, [[0, 1]], [9.0]], {}, [0, 9, 2, 3, 4, 5]),
        ("tensor_scatter_nd_sub", [SIX, [[0, 1]], [9.0]], {}, [0, -8, 2, 3, 4, 5]),
        ("math.segment_mean", [SIX, [0, 0]], {}, [1.5, 2.5, 3.5]),
    ],
)  # fmt: skip
def test_functions_do_as_in_tensorflow(function, args, options, expected):
    found = FUNCTIONS[function](*args, **options)
    np.testing.assert_allclose(np.asarray(found).ravel(), expected, rtol=1e-6)


def test_places_in_each_of_a_batch_may_lie_on_any_axis():
    params = torch.arange(24.0).reshape(2, 3, 4)
    found = FUNCTIONS["gather"](params, torch.tensor([[3, 0], [1, 1]]), axis=2, batch_dims=1)
    expected = np.stack([params[0][:, [3, 0]], params[1][:, [1, 1]]])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("blocks", [(2,), (2, 3), (1, 3, 2)])
def test_blocks_come_back_from_the_batch(blocks):
    sizes = [2 * block for block in blocks]
    x = torch.arange(float(5 * np.prod(sizes) * 2)).reshape(5, *sizes, 2)
    turned = blocks_to_batch(x, blocks)
    assert turned.shape == (5 * np.prod(blocks), *[2] * len(blocks), 2)
    assert torch.equal(blocks_from_batch(turned, blocks), x)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("math.confusion_matrix", [torch.tensor([1]), torch.tensor([1])]),
        ("math.segment_sum", [SIX, torch.tensor([0, 1])]),
        ("sequence_mask", [torch.tensor([1])]),
        ("boolean_mask", [SIX, torch.tensor([True, False])]),
    ],
)
def test_sizes_that_values_decide_are_refused(function, args):
    with pytest.raises(ValueError, match=r"of tf\.[a-z_.]+ is .* expected a"):
        FUNCTIONS[function](*args)


def test_parts_by_the_values_of_a_tensor_are_refused():
    with pytest.raises(ValueError, match="partitions of tf.dynamic_partition"):
        FUNCTIONS["dynamic_partition"](torch.zeros(2), torch.tensor([0, 1]), 2)
