"""Right and wrong by equality, threshold and rank."""

import keras
import numpy as np
import pytest
import torch

from torchkeras import metrics


@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "options"),
    [
        ("binary_accuracy", [[1], [0], [1]], [[0.7], [0.6], [0.5]], {}),
        ("binary_accuracy", [1.0, 0.0], [[0.7], [0.6]], {"threshold": 0.65}),
        ("categorical_accuracy", [[0, 1], [1, 0]], [[0.4, 0.6], [0.4, 0.6]], {}),
        ("sparse_categorical_accuracy", [1, 1], [[0.4, 0.6], [0.6, 0.4]], {}),
        ("top_k_categorical_accuracy", [[0, 0, 1]], [[0.5, 0.3, 0.2]], {"k": 2}),
        ("sparse_top_k_categorical_accuracy", [1, 2], [[0.5, 0.3, 0.2]] * 2, {"k": 2}),
        ("sparse_top_k_categorical_accuracy", [1, 2], [[0.2, 0.2, 0.2]] * 2, {"k": 1}),
    ],
)
def test_functions_give_ones_and_zeros_as_keras(name, y_true, y_pred, options):
    y_true, y_pred = np.array(y_true), np.array(y_pred, "float32")
    ours = getattr(metrics, name)(y_true, y_pred, **options)
    theirs = getattr(keras.metrics, name)(y_true, y_pred, **options)
    assert ours.dtype == torch.float32
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_labels_may_have_any_number_type():
    y_pred = torch.tensor([[0.1, 0.9], [0.8, 0.2]])
    for dtype in (torch.uint8, torch.int32, torch.int64, torch.float32):
        metric = metrics.SparseCategoricalAccuracy()
        assert float(metric(torch.tensor([[1], [1]], dtype=dtype), y_pred)) == 0.5
    metric = metrics.BinaryAccuracy()
    assert float(metric(torch.tensor([[True], [False]]), y_pred[:, :1])) == 0.0


def test_accuracy_squeezes_ranks():
    metric = metrics.Accuracy()
    assert float(metric(torch.tensor([[1], [2]]), torch.tensor([1, 3]))) == 0.5


def test_fewer_classes_than_k_are_all_within_k():
    metric = metrics.SparseTopKCategoricalAccuracy(k=5)
    assert float(metric(torch.tensor([1]), torch.tensor([[0.9, 0.1]]))) == 1.0


def test_steps_count_equally_within_a_sample():
    metric = metrics.SparseCategoricalAccuracy()
    y_pred = torch.eye(3)[torch.tensor([[0, 1], [2, 2]])]
    assert float(metric(torch.tensor([[0, 0], [2, 2]]), y_pred)) == 0.75
