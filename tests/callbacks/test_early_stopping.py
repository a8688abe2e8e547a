import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.callbacks import EarlyStopping


def outcome(callback, model):
    return {
        "stopped": model.stop_training,
        "last": model.epoch,
        "restored": model.restored,
        "best": callback.best,
        "best_epoch": callback.best_epoch,
        "wait": callback.wait,
        "stopped_epoch": callback.stopped_epoch,
    }


@given(
    values=st.lists(st.integers(-5, 5).map(lambda n: n / 4), min_size=1, max_size=12),
    min_delta=st.sampled_from([0, 0.25, 0.3]),
    patience=st.integers(0, 3),
    mode=st.sampled_from(["auto", "min", "max"]),
    baseline=st.sampled_from([None, -0.5, 0.5]),
    restore=st.booleans(),
    start=st.integers(0, 3),
)
def test_decides_as_keras_does(
    stand_in, values, min_delta, patience, mode, baseline, restore, start
):
    arguments = {
        "min_delta": min_delta,
        "patience": patience,
        "mode": mode,
        "baseline": baseline,
        "restore_best_weights": restore,
        "start_from_epoch": start,
    }
    outcomes = []
    for kind in (EarlyStopping, keras.callbacks.EarlyStopping):
        callback = kind("val_loss", **arguments)
        model = stand_in().run(callback, [{"val_loss": value} for value in values])
        outcomes.append(outcome(callback, model))
    assert outcomes[0] == outcomes[1]


def test_says_what_it_does(stand_in, capsys):
    callback = EarlyStopping("loss", patience=1, verbose=1, restore_best_weights=True)
    stand_in().run(callback, [{"loss": 1.0}, {"loss": 2.0}, {"loss": 3.0}])
    assert capsys.readouterr().out == (
        "Epoch 2: early stopping\nRestoring model weights from the end of the best epoch: 1.\n"
    )


def test_nan_is_no_improvement_and_no_reference(stand_in):
    callback = EarlyStopping("loss", patience=3)
    stand_in().run(callback, [{"loss": float("nan")}, {"loss": 2.0}, {"loss": float("nan")}])
    assert callback.best == 2.0
    assert callback.wait == 1


def test_a_missing_number_warns_and_changes_nothing(stand_in):
    callback = EarlyStopping("val_loss")
    with pytest.warns(UserWarning, match="`val_loss` which is not available.*: accuracy,loss"):
        model = stand_in().run(callback, [{"accuracy": 1.0, "loss": 1.0}])
    assert not model.stop_training


def test_can_be_used_for_a_second_fit(stand_in):
    callback = EarlyStopping("loss", patience=0)
    stand_in().run(callback, [{"loss": 1.0}, {"loss": 2.0}])
    stand_in().run(callback, [{"loss": 5.0}])
    assert (callback.best, callback.stopped_epoch) == (5.0, 0)
