import numpy as np
import pytest
import torch

from torchkeras.saving.tensorflow_networks import FUNCTIONS

ROW = torch.tensor([0.0, 1.0, 4.0, 9.0]).reshape(1, 1, 4, 1)
IMAGE = torch.arange(8.0).reshape(1, 2, 4, 1)
ONES = [[[[1.0]], [[1.0]]]]


# What TensorFlow 2.21 gave.
@pytest.mark.parametrize(
    ("function", "args", "options", "expected"),
    [
        ("nn.space_to_depth", [IMAGE, 2], {}, [0, 1, 4, 5, 2, 3, 6, 7]),
        ("nn.conv2d", [ROW], {"filter": ONES, "strides": [1, 1, 1, 1], "use_cudnn_on_gpu": True},
         [1, 5, 13]),
        ("nn.max_pool", [ROW, [1, 1, 2, 1], [1, 1, 2, 1], "VALID"], {}, [1, 9]),
        ("nn.avg_pool2d", [ROW, 1, 1, "VALID"], {"data_format": None}, [0, 1, 4, 9]),
        ("nn.log_poisson_loss", [torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.0])], {},
         [1.148721, 1.0]),
        ("nn.softmax_cross_entropy_with_logits_v2",
         [torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 2.0]])], {}, [1.313262]),
        ("nn.sparse_softmax_cross_entropy_with_logits",
         [torch.tensor([0]), torch.tensor([[1.0, 2.0]])], {}, [1.313262]),
        ("nn.embedding_lookup", [[[1.0, 2.0], [3.0, 4.0]], torch.tensor([1])], {}, [3, 4]),
    ],
)  # fmt: skip
def test_functions_do_as_in_tensorflow(function, args, options, expected):
    found = FUNCTIONS[function](*args, **options)
    np.testing.assert_allclose(np.asarray(found).ravel(), expected, rtol=1e-5, atol=1e-6)


def test_neighbours_of_a_channel_damp_it():
    found = FUNCTIONS["nn.local_response_normalization"](ROW.reshape(1, 1, 1, 4), 1, 1.0, 0.5, 0.75)
    values = ROW.ravel().numpy()
    padded = np.pad(values**2, 1)
    expected = values / (1 + 0.5 * (padded[:-2] + padded[1:-1] + padded[2:])) ** 0.75
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("sizes", "steps", "padding", "wanted"),
    [
        (4, 1, "SAME", 4),
        (4, 2, "SAME", 7),
        (4, 2, "SAME", 8),
        (4, 3, "VALID", 13),
        (4, 1, "VALID", 6),
    ],
)
def test_transposed_windows_give_the_size_that_is_asked_for(sizes, steps, padding, wanted):
    x = torch.arange(float(sizes)).reshape(1, sizes, 1)
    kernel = torch.tensor([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    found = FUNCTIONS["nn.conv1d_transpose"](x, kernel, [1, wanted, 1], steps, padding)
    whole = np.zeros(30)
    for place in range(sizes):
        whole[place * steps : place * steps + 3] += place * np.array([1.0, 2.0, 3.0])
    start = max((sizes - 1) * steps + 3 - wanted, 0) // 2 if padding == "SAME" else 0
    np.testing.assert_allclose(found.ravel(), whole[start : start + wanted])


def test_what_changes_predictions_is_refused():
    assert FUNCTIONS["nn.dropout"](ROW, rate=0.0) is ROW
    with pytest.raises(ValueError, match=r"options of tf.nn.dropout"):
        FUNCTIONS["nn.dropout"](ROW, rate=0.5)
    with pytest.raises(ValueError, match=r"options of tf.nn.fused_batch_norm is {'is_training'"):
        FUNCTIONS["nn.fused_batch_norm"](ROW, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"global_batch_size of tf.nn.compute_average_loss"):
        FUNCTIONS["nn.compute_average_loss"](ROW)
