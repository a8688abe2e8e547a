import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.callbacks import LearningRateScheduler, ReduceLROnPlateau


@given(
    values=st.lists(st.integers(-4, 4).map(lambda n: n / 4), min_size=1, max_size=14),
    factor=st.sampled_from([0.1, 0.5]),
    patience=st.integers(0, 3),
    cooldown=st.integers(0, 3),
    mode=st.sampled_from(["auto", "min", "max"]),
    min_delta=st.sampled_from([0, 1e-4, 0.3]),
    min_lr=st.sampled_from([0.0, 0.02]),
)
def test_plateaus_are_found_as_keras_finds_them(
    stand_in, values, factor, patience, cooldown, mode, min_delta, min_lr
):
    histories = []
    for kind in (ReduceLROnPlateau, keras.callbacks.ReduceLROnPlateau):
        callback = kind(
            factor=factor,
            patience=patience,
            cooldown=cooldown,
            mode=mode,
            min_delta=min_delta,
            min_lr=min_lr,
        )
        logs = [{"val_loss": value} for value in values]
        model = stand_in().run(callback, logs)
        histories.append((logs, model.optimizer.learning_rate, callback.wait, callback.best))
    assert histories[0] == histories[1]


def test_a_reduction_is_told(stand_in, capsys):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, verbose=1)
    stand_in().run(callback, [{"loss": 1.0}, {"loss": 1.0}])
    assert capsys.readouterr().out == (
        "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.05.\n"
    )


def test_plateau_warns_about_a_missing_number(stand_in):
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        stand_in().run(ReduceLROnPlateau(), [{"loss": 1.0}])


def test_plateau_arguments_are_checked():
    with pytest.raises(ValueError, match=r"factor is 1.5.*factor >= 1.0"):
        ReduceLROnPlateau(factor=1.5)
    with pytest.raises(TypeError, match="min_delat"):
        ReduceLROnPlateau(min_delat=0.1)
    assert ReduceLROnPlateau(epsilon=0.2).min_delta == 0.2


@pytest.mark.parametrize(
    "schedule",
    [lambda epoch: 0.5**epoch, lambda epoch, rate: rate * 0.5, lambda epoch, rate=None: 0.25],
)
def test_a_schedule_takes_the_epoch_and_perhaps_the_rate(stand_in, schedule):
    histories = []
    for kind in (LearningRateScheduler, keras.callbacks.LearningRateScheduler):
        logs = [{"loss": 1.0}, {"loss": 1.0}, {"loss": 1.0}]
        stand_in().run(kind(schedule), logs)
        histories.append([entry["learning_rate"] for entry in logs])
    assert histories[0] == pytest.approx(histories[1])


def test_numpy_rates_are_rates(stand_in):
    model = stand_in().run(LearningRateScheduler(lambda epoch: np.float32(0.5)), [{}])
    assert model.optimizer.learning_rate == 0.5


def test_a_schedule_must_give_a_float(stand_in):
    with pytest.raises(ValueError, match="should be a float"):
        stand_in().run(LearningRateScheduler(lambda epoch: "fast"), [{}])


def test_an_optimizer_without_a_rate_is_an_error(stand_in):
    model = stand_in()
    model.optimizer = None
    with pytest.raises(ValueError, match='Optimizer must have a "learning_rate" attribute'):
        model.run(LearningRateScheduler(lambda epoch: 0.1), [{}])


def test_a_new_rate_is_told(stand_in, capsys):
    stand_in().run(LearningRateScheduler(lambda epoch: 0.5, verbose=1), [{}])
    expected = "\nEpoch 1: LearningRateScheduler setting learning rate to 0.5.\n"
    assert capsys.readouterr().out == expected
