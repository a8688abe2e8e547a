"""Sums and means of values, with weights, masks and functions."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import losses, metrics
from torchkeras.metrics.means import MeanMetricWrapper, weigh_mask


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    weight_axes=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_values_of_any_shape_and_weights_are_taken_as_in_keras(name, shape, weight_axes, seed):
    random = np.random.default_rng(seed)
    values = torch.tensor(random.normal(size=shape), dtype=torch.float32)
    weight = None
    if 0 < weight_axes <= len(shape):
        weight = random.uniform(0, 2, shape[:weight_axes]).astype("float32")
    ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
    for _ in range(2):
        ours.update_state(values, weight)
        theirs.update_state(values, weight)
    expected = theirs.result().item()
    assert ours.result().item() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_number_is_one_sample_and_takes_a_number_as_weight():
    metric = metrics.Mean()
    metric.update_state(2.0)
    metric.update_state(torch.tensor(5.0), sample_weight=2)
    assert float(metric.result()) == 4.0
    assert float(metric.count) == 3.0


def test_nothing_added_is_zero():
    assert float(metrics.Mean().result()) == 0.0
    metric = metrics.Mean()
    metric.update_state(torch.zeros(0, 3))
    metric.update_state(torch.ones(2), sample_weight=torch.zeros(2))
    assert float(metric.result()) == 0.0


def test_masks_hide_and_meet_weights():
    y_true, y_pred = torch.zeros(2, 2, 1), torch.tensor([[[1.0], [9.0]], [[3.0], [5.0]]])
    y_pred._keras_mask = torch.tensor([[True, False], [True, True]])
    metric = metrics.MeanAbsoluteError()
    metric.update_state(y_true, y_pred)
    assert float(metric.result()) == 3.0
    metric.reset_state()
    metric.update_state(y_true, y_pred, sample_weight=torch.tensor([1.0, 0.5]))
    assert float(metric.result()) == pytest.approx((1 + 1.5 + 2.5) / 2)
    assert weigh_mask(torch.tensor([True]), None).tolist() == [True]


def test_functions_and_losses_can_be_averaged():
    y_true, y_pred = torch.zeros(4, 1), torch.full((4, 1), 3.0)
    assert float(MeanMetricWrapper(losses.huber, delta=2.0)(y_true, y_pred)) == 4.0
    loss = losses.Huber(2.0, reduction="none")
    assert float(MeanMetricWrapper(loss, name="h")(y_true, y_pred)) == 4.0
    assert float(MeanMetricWrapper(lambda t, p: (t - p).mean())(y_true, y_pred)) == -3.0
    assert not MeanMetricWrapper(losses.huber).is_concatenable


def test_wrapped_functions_are_saved_by_name_with_their_options():
    metric = MeanMetricWrapper(losses.huber, name="mine", delta=2.0)
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    y_true, y_pred = torch.zeros(4, 1), torch.full((4, 1), 3.0)
    assert float(again(y_true, y_pred)) == 4.0
    named = MeanMetricWrapper("binary_accuracy")
    assert float(named(torch.ones(2, 1), torch.ones(2, 1))) == 1.0
    nested = MeanMetricWrapper(losses.Huber(2.0, reduction="none"), name="mine")
    assert float(metrics.deserialize(metrics.serialize(nested))(y_true, y_pred)) == 4.0


def test_mean_tensor_is_elementwise():
    metric = metrics.MeanTensor()
    metric.update_state([1.0, 2.0, 3.0], sample_weight=[0.0, 1.0, 3.0])
    metric.update_state([3.0, 4.0, 7.0])
    assert metric.result().tolist() == [3.0, 3.0, 4.0]
    assert [state.name for state in metric.variables] == ["total", "count"]
    with pytest.raises(ValueError, match="as at the first update"):
        metric.update_state([1.0])
    metric.reset_state()
    assert metric.result().tolist() == [0.0, 0.0, 0.0]
    assert metrics.MeanTensor(shape=(2, 1)).result().shape == (2, 1)
    with pytest.raises(ValueError, match="shape is None"):
        metrics.MeanTensor().result()


def test_mean_relative_error_divides_by_the_normalizer():
    metric = metrics.MeanRelativeError(normalizer=[1.0, 3.0, 2.0, 0.0])
    metric.update_state([1.0, 3.0, 2.0, 3.0], [2.0, 4.0, 6.0, 8.0])
    assert float(metric.result()) == pytest.approx((1 + 1 / 3 + 2 + 0) / 4)
    assert metric.name == "mean_relative_error"
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.normalizer == metric.normalizer


def test_half_precision_is_added_up_in_the_metrics_type():
    metric = metrics.Mean()
    metric.update_state(torch.ones(4096, dtype=torch.float16))
    metric.update_state(torch.zeros(1, dtype=torch.float16))
    assert float(metric.result()) == pytest.approx(4096 / 4097)
