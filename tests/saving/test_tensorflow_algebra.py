import numpy as np
import pytest
import torch

from torchkeras.saving.tensorflow_algebra import FUNCTIONS

SIX = torch.arange(6.0).reshape(2, 3)
NINE = torch.arange(9.0).reshape(3, 3)


# What TensorFlow 2.21 gave.
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
        ("clip_by_norm", [torch.tensor([3.0, 4.0]), 1.0], {}, [0.6, 0.8]),
        ("math.cumsum", [torch.tensor([1.0, 2.0, 3.0])], {"exclusive": True, "reverse": True},
         [5, 3, 0]),
        ("math.cumprod", [torch.tensor([2.0, 3.0])], {"exclusive": True}, [1, 2]),
        ("math.xlogy", [torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0])], {}, [0, 2.1972246]),
        ("math.count_nonzero", [SIX], {"axis": [1]}, [2, 3]),
        ("linalg.matmul", [SIX, SIX], {"adjoint_a": True}, [9, 12, 15, 12, 17, 22, 15, 22, 29]),
        ("linalg.band_part", [NINE, 0, 1], {}, [0, 1, 0, 0, 4, 5, 0, 0, 8]),
        ("linalg.set_diag", [torch.ones(2, 3), torch.tensor([5.0, 6.0])], {}, [5, 1, 1, 1, 6, 1]),
        ("linalg.diag", [torch.tensor([1.0, 2.0])], {}, [1, 0, 0, 2]),
        ("norm", [torch.tensor([3.0, -4.0])], {"ord": 1, "axis": 0, "keepdims": None}, [7]),
        ("math.atan2", [torch.tensor([1.0])], {"x": torch.tensor([0.0])}, [np.pi / 2]),
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
