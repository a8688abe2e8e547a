"""Intersection over union."""

import pytest
import torch

from torchkeras import metrics

Y_TRUE, Y_PRED = torch.tensor([[0, 0], [1, 1]]), torch.tensor([[0, 1], [0, 1]])


def test_overlap_of_the_classes_looked_at():
    assert float(metrics.IoU(2, [0])(Y_TRUE, Y_PRED)) == pytest.approx(1 / 3)
    assert float(metrics.MeanIoU(3)(Y_TRUE, Y_PRED)) == pytest.approx(1 / 3)


def test_weights_and_ignored_or_unknown_classes_do_not_count():
    metric = metrics.MeanIoU(2)
    metric.update_state(Y_TRUE, Y_PRED, sample_weight=torch.tensor([[1, 0], [0, 1]]))
    assert float(metric.result()) == pytest.approx(1.0)
    metric.reset_state()
    metric.update_state(Y_TRUE, Y_PRED, sample_weight=torch.tensor([1, 0]))
    assert metric.total_cm.numpy().tolist() == [[1, 1], [0, 0]]
    ignoring = metrics.MeanIoU(2, ignore_class=255)
    labels, predictions = torch.tensor([0, 255, 1, 7]), torch.tensor([0, 1, 1, -1])
    assert float(ignoring(labels, predictions)) == pytest.approx(1.0)


def test_fractions_as_weights_need_a_float_type():
    weight = torch.full((4,), 0.5)
    with pytest.warns(UserWarning, match="weight as `float`"):
        metrics.MeanIoU(2).update_state(Y_TRUE, Y_PRED, weight)
    metric = metrics.MeanIoU(2, dtype="float32")
    metric.update_state(Y_TRUE, Y_PRED, weight)
    assert metric.total_cm.numpy().sum() == 2.0


def test_scores_and_one_hot_labels_along_any_axis():
    one_hot = torch.nn.functional.one_hot(Y_TRUE, 2)
    scores = torch.nn.functional.one_hot(Y_PRED, 2) * 0.9
    expected = float(metrics.MeanIoU(2)(Y_TRUE, Y_PRED))
    assert float(metrics.OneHotMeanIoU(2)(one_hot, scores)) == expected
    assert float(metrics.OneHotIoU(2, [0, 1])(one_hot, scores)) == expected
    first = metrics.OneHotMeanIoU(2, axis=1)
    assert float(first(one_hot.movedim(-1, 1), scores.movedim(-1, 1))) == expected
    mixed = metrics.OneHotMeanIoU(2, sparse_y_pred=True)
    assert float(mixed(one_hot, Y_PRED)) == expected


def test_two_classes_are_told_apart_by_a_threshold():
    metric = metrics.BinaryIoU(target_class_ids=[1], threshold=0.3)
    assert float(metric(torch.tensor([0, 1]), torch.tensor([0.2, 0.3]))) == pytest.approx(1.0)


def test_a_class_out_of_range_is_named():
    with pytest.raises(ValueError, match="Target class id 2 is out of range"):
        metrics.IoU(2, [0, 2])
