from types import SimpleNamespace

import keras
import numpy as np
import pytest

from torchkeras.callbacks.monitor import MonitorCallback


def direction(name, metrics=()):
    callback = MonitorCallback(name)
    callback.set_model(SimpleNamespace(metrics=metrics))
    callback.find_direction()
    return callback.monitor_op


def test_losses_are_to_fall():
    assert direction("loss") is np.less
    assert direction("val_loss") is np.less
    assert direction("val_head_loss") is np.less


def test_accuracies_and_auc_are_to_rise():
    assert direction("val_acc") is np.greater
    assert direction("head_accuracy") is np.greater
    assert direction("val_auc") is np.greater


def test_metrics_know_their_direction():
    metrics = [
        SimpleNamespace(name="mse", _direction="down"),
        SimpleNamespace(name="f1", _direction="up"),
    ]
    assert direction("val_mse", metrics) is np.less
    assert direction("val_head_f1", metrics) is np.greater


def test_an_unknown_direction_is_an_error():
    with pytest.raises(ValueError, match=r"monitor='val_size'.*mode='max'"):
        direction("val_size")


def test_an_unknown_mode_falls_back_to_auto():
    with pytest.warns(UserWarning, match="mode 'lowest' is unknown, fallback to auto mode"):
        assert MonitorCallback("loss", mode="lowest").mode == "auto"


def test_min_delta_is_a_margin_in_either_direction():
    falls = MonitorCallback("loss", mode="min", min_delta=0.5)
    assert not falls.is_improvement(1.5, 2.0)
    assert falls.is_improvement(1.4, 2.0)
    rises = MonitorCallback("f1", mode="max", min_delta=-0.5)
    assert not rises.is_improvement(2.5, 2.0)
    assert rises.is_improvement(2.6, 2.0)


@pytest.mark.parametrize("mode", ["auto", "min", "max"])
def test_subclasses_may_compare_by_its_attributes_as_in_keras(mode):
    found = []
    for kind in (MonitorCallback, keras.callbacks.EarlyStopping):
        callback = kind("loss", mode=mode, min_delta=0.25)
        callback.set_model(SimpleNamespace(metrics=()))
        for settle in ("find_direction", "_set_monitor_op"):
            getattr(callback, settle, lambda: None)()
        better = [bool(callback.monitor_op(n / 8 - callback.min_delta, 1.0)) for n in range(16)]
        found.append((callback.min_delta, better))
    assert found[0] == found[1]


def test_a_direction_settled_again_stays_the_same():
    callback = MonitorCallback("loss", min_delta=0.25)
    for _ in range(2):
        callback.monitor_op = None
        callback.find_direction()
    assert callback.min_delta == -0.25
