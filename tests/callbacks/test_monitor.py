from types import SimpleNamespace

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
