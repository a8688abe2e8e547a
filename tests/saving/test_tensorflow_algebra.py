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


def test_other_diagonals_are_counted_from_the_first():
    found = FUNCTIONS["linalg.diag"](torch.tensor([1.0, 2.0]), k=1)
    assert found.tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    assert FUNCTIONS["linalg.diag_part"](NINE, k=-1).tolist() == [3, 7]
    with pytest.raises(ValueError, match=r"options of tf.linalg.diag is {'k': \[0, 1\]}"):
        FUNCTIONS["linalg.diag"](NINE, k=[0, 1])


def test_results_have_the_order_of_tensorflow():
    values, left, right = FUNCTIONS["linalg.svd"](SIX)
    np.testing.assert_allclose(left @ torch.diag(values) @ right.T, SIX, atol=1e-5)
    clipped = FUNCTIONS["clip_by_global_norm"]([SIX, SIX], 1.0)
    assert len(clipped) == 3
    assert float(sum((t**2).sum() for t in clipped[:2])) == pytest.approx(1.0)
