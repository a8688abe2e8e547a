import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.callbacks import ModelCheckpoint


@given(
    values=st.lists(st.integers(-4, 4).map(lambda n: n / 4), min_size=1, max_size=8),
    best_only=st.booleans(),
    weights_only=st.booleans(),
    mode=st.sampled_from(["auto", "min", "max"]),
    save_freq=st.sampled_from(["epoch", 1, 2, 5]),
    threshold=st.sampled_from([None, 0.25]),
)
def test_saves_what_keras_saves(
    stand_in, values, best_only, weights_only, mode, save_freq, threshold
):
    suffix = ".weights.h5" if weights_only else ".keras"
    path = "{epoch:02d}-{val_loss:.2f}" + suffix
    if save_freq != "epoch":
        path = "{batch}-" + path
        mode = "min" if mode == "auto" else mode  # Keras settles auto too late for steps
    outcomes = []
    for kind in (ModelCheckpoint, keras.callbacks.ModelCheckpoint):
        callback = kind(
            path,
            save_best_only=best_only,
            save_weights_only=weights_only,
            mode=mode,
            save_freq=save_freq,
            initial_value_threshold=threshold,
        )
        if mode != "auto" and kind is keras.callbacks.ModelCheckpoint:
            callback._set_monitor_op()
        model = stand_in().run(callback, [{"val_loss": v} for v in values], steps=3)
        outcomes.append((model.saved, callback.best))
    assert outcomes[0] == outcomes[1]


@pytest.mark.filterwarnings("ignore:.*does not have")
def test_messages_are_those_of_keras(stand_in, capsys):
    texts = []
    for kind in (ModelCheckpoint, keras.callbacks.ModelCheckpoint):
        callback = kind("m.keras", monitor="loss", save_best_only=True, verbose=1)
        stand_in().run(callback, [{"loss": 1.0}, {"loss": 2.0}, {"loss": 0.5}])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_a_missing_number_warns_and_saves(stand_in, tmp_path):
    callback = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)
    with pytest.warns(UserWarning, match="Can save best model only with val_loss available"):
        model = stand_in().run(callback, [{"loss": 1.0}])
    assert model.saved == [("model", str(tmp_path / "m.keras"))]


def test_the_best_of_something_unknown_is_an_error_as_in_keras(stand_in):
    for kind in (ModelCheckpoint, keras.callbacks.ModelCheckpoint):
        callback = kind("m.keras", monitor="foo", save_best_only=True)
        with pytest.raises(ValueError, match="isn't able to automatically determine"):
            stand_in().run(callback, [{"loss": 1.0}])


def test_nan_is_never_the_best(stand_in):
    callback = ModelCheckpoint("m.keras", "loss", save_best_only=True)
    model = stand_in().run(callback, [{"loss": float("nan")}, {"loss": 3.0}])
    assert len(model.saved) == 1
    assert callback.best == 3.0


def test_folders_are_made(stand_in, tmp_path):
    stand_in().run(ModelCheckpoint(tmp_path / "a" / "b" / "m.keras"), [{}])
    assert (tmp_path / "a" / "b").is_dir()


def test_paths_of_tf_keras_2_are_accepted(stand_in):
    model = stand_in().run(ModelCheckpoint("cp-{epoch:04d}.ckpt", save_weights_only=True), [{}])
    assert model.saved == [("weights", "cp-0001.ckpt")]


def test_period_counts_epochs(stand_in):
    model = stand_in().run(ModelCheckpoint("{epoch}.keras", period=2), [{}] * 5)
    assert [path for _, path in model.saved] == ["2.keras", "4.keras"]


def test_an_unknown_name_in_the_path_is_an_error(stand_in):
    with pytest.raises(KeyError, match="Failed to format this callback filepath"):
        stand_in().run(ModelCheckpoint("{val_size}.keras"), [{}])


def test_save_freq_is_checked():
    with pytest.raises(ValueError, match=r"save_freq is 'never'.*Unrecognized save_freq"):
        ModelCheckpoint("m.keras", save_freq="never")


def test_options_have_no_effect_and_say_so():
    with pytest.warns(UserWarning, match="options has no effect"):
        ModelCheckpoint("m.keras", options=object())


def test_a_folder_in_the_way_is_an_error(stand_in, tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="Please specify a non-directory filepath"):
        stand_in().run(ModelCheckpoint(tmp_path / "m.keras"), [{}])


def test_steps_cost_nothing_when_epochs_are_saved():
    assert ModelCheckpoint.on_train_batch_end in ModelCheckpoint("m.keras").quiet_hooks()
    assert not ModelCheckpoint("m.keras", save_freq=3).quiet_hooks()
