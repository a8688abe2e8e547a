import keras
import pytest
import torch

from torchkeras.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgbarLogger,
    TensorBoard,
)
from torchkeras.callbacks.logs import Logs

HOOKS = [name for name in dir(Callback) if name.startswith("on_")]


def noting(kind, seen, name):
    """A callback of class ``kind`` that notes every hook it hears."""

    def note(hook):
        def method(self, *arguments, **keywords):
            logs = keywords.get("logs", arguments[-1])
            seen.append((name, hook, *arguments[: len(arguments) - ("logs" not in keywords)], logs))

        return method

    return type("Noting", (kind,), {hook: note(hook) for hook in HOOKS})()


def drive(calls):
    for phase in ("train", "test", "predict"):
        getattr(calls, f"on_{phase}_begin")()
    calls.on_epoch_begin(0)
    for phase in ("train", "test", "predict"):
        getattr(calls, f"on_{phase}_batch_begin")(3)
        getattr(calls, f"on_{phase}_batch_end")(3, {"loss": torch.tensor(0.5), "a": 1})
    calls.on_batch_begin(1)
    calls.on_batch_end(1, {"loss": 2.0})
    calls.on_epoch_end(0, {"loss": torch.tensor([0.5]), "inner": {"z": 1, "b": 2}})
    for phase in ("predict", "test", "train"):
        getattr(calls, f"on_{phase}_end")({"loss": 0.25})


def test_the_order_of_calls_and_their_logs_are_those_of_keras():
    seen = {CallbackList: [], keras.callbacks.CallbackList: []}
    for kind, base in (
        (CallbackList, Callback),
        (keras.callbacks.CallbackList, keras.callbacks.Callback),
    ):
        notes = seen[kind]
        drive(kind([noting(base, notes, "a"), noting(base, notes, "b")]))
    assert seen[CallbackList] == seen[keras.callbacks.CallbackList]


def test_batch_hooks_that_nobody_overrides_are_known():
    calls = CallbackList([EarlyStopping(), ModelCheckpoint("m.keras"), History(), TensorBoard()])
    for phase in ("train", "test", "predict"):
        assert not calls.overrides(f"on_{phase}_batch_begin")
        assert not calls.overrides(f"on_{phase}_batch_end")
    assert calls.overrides("on_epoch_end")


def test_an_override_of_a_quiet_hook_is_heard():
    class Loud(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            self.heard = batch

    loud = Loud("m.keras")
    CallbackList([loud]).on_train_batch_end(7)
    assert loud.heard == 7


def test_logs_are_read_by_whoever_wants_them():
    class Deaf(Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    logs = Logs({"loss": torch.tensor(1.0)})
    CallbackList([Deaf()]).on_train_batch_end(0, logs)
    assert not logs.is_read


def test_logs_that_are_kept_hold_the_values_of_their_step():
    class Keeper(Callback):
        kept = None

        def on_train_batch_end(self, batch, logs=None):
            self.kept = logs

    keeper, state = Keeper(), torch.tensor(1.0)
    CallbackList([keeper]).on_train_batch_end(0, Logs(lambda: {"loss": state * 1}))
    state += 1
    assert keeper.kept["loss"] == 1.0


def test_what_a_callback_adds_to_the_logs_reaches_those_behind(stand_in):
    model = stand_in(learning_rate=0.25)
    calls = CallbackList(
        [LearningRateScheduler(lambda epoch, rate: rate)], add_history=True, model=model, epochs=1
    )
    calls.on_train_begin()
    calls.on_epoch_begin(0)
    calls.on_epoch_end(0, {"loss": 1.0})
    assert model.history.history == {"loss": [1.0], "learning_rate": [0.25]}


def test_defaults_are_added_once():
    calls = CallbackList([[History()], ProgbarLogger()], add_history=True, add_progbar=True)
    assert len(calls.callbacks) == 2
    calls = CallbackList(None, add_history=True, add_progbar=True)
    assert [type(one) for one in calls] == [History, ProgbarLogger]


def test_model_and_params_are_handed_on(stand_in):
    callback, model = Callback(), stand_in()
    CallbackList(callback, model=model, epochs=3)
    assert callback.model is model
    assert callback.params == {"epochs": 3}


def test_an_appended_callback_is_called():
    seen = []
    calls = CallbackList()
    assert not calls.overrides("on_epoch_end")
    calls.append(noting(Callback, seen, "late"))
    calls.on_epoch_end(0)
    assert seen == [("late", "on_epoch_end", 0, {})]


def test_an_end_without_a_beginning_is_an_error():
    with pytest.raises(
        ValueError, match="`on_train_end` called without corresponding `on_train_begin`"
    ):
        CallbackList().on_train_end()


@pytest.mark.parametrize(
    "given, hint", [("stop", r"Try Callback\(\)"), (Callback, r"Try Callback\(\)")]
)
def test_only_callbacks_are_taken(given, hint):
    with pytest.raises(TypeError, match=rf"expected callbacks.*{hint}"):
        CallbackList([given])
