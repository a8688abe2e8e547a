"""Ctrl-C, or any exception, in the midst of ``fit`` leaves a model that can be used again."""

import multiprocessing
import signal
import threading

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import torchkeras as keras
from torchkeras import callbacks, layers
from torchkeras.callbacks import summaries

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X[:, :1]
ARRAYS = {"x": X, "y": Y, "batch_size": 4}  # 10 steps
HOOKS = [
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_begin",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
]


class Interrupt(callbacks.Callback):
    """Does what Ctrl-C does when ``hook`` is called for the ``after``-th time."""

    def __init__(self, hook, after=1):
        super().__init__()
        self.after = after
        setattr(self, hook, self.count)

    def get_state(self):
        return None

    def set_state(self, state):
        pass

    def count(self, *arguments, **more):
        self.after -= 1
        if not self.after:
            raise KeyboardInterrupt


class Endless(keras.utils.PyDataset):
    """Batches for ever, of which the one of number ``last`` interrupts."""

    def __init__(self, last=None, **options):
        super().__init__(**options)
        self.last = last

    num_batches = None

    def __getitem__(self, index):
        if index == self.last:
            raise KeyboardInterrupt
        return X[:4], Y[:4]


def compiled(optimizer="adam", **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4), layers.Dropout(0.5), layers.Dense(1)]
    )
    model.compile(optimizer, "mse", metrics=["mae"], **options)
    return model


def workers():
    threads = [t for t in threading.enumerate() if t.name.startswith("PyDataset")]
    return threads + multiprocessing.active_children()


def interrupted(model, *called, epochs=3, **options):
    """Run ``fit``; what it raised holds its frames alive, as a prompt does."""
    with pytest.raises(KeyboardInterrupt) as raised:
        model.fit(**options, epochs=epochs, verbose=0, callbacks=list(called))
    return raised


@pytest.mark.parametrize("hook", HOOKS)
def test_a_model_interrupted_anywhere_computes_and_trains_on(hook):
    model = compiled()
    interrupted(model, Interrupt(hook, 1), **ARRAYS, validation_data=(X, Y))
    assert not model.training
    assert torch.equal(model(X), model(X))  # no dropout
    before = int(model.optimizer.iterations)
    assert before == {0: 0, 1: 0, 2: 0, 3: 1}.get(HOOKS.index(hook), 10)
    assert model._progress is None
    assert model.fit(**ARRAYS, verbose=0).epoch == [0]
    assert int(model.optimizer.iterations) == before + 10


def test_history_holds_the_epochs_that_were_complete():
    model = compiled()
    interrupted(model, Interrupt("on_train_batch_end", 25), **ARRAYS)
    silent = [Interrupt("on_train_batch_end", -1)]
    whole = compiled().fit(**ARRAYS, epochs=2, verbose=0, callbacks=silent)
    assert model.history.epoch == [0, 1]
    assert model.history.history == whole.history


@pytest.mark.parametrize("steps", [None, 5])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Endless(workers=3),
        lambda: Endless(workers=2, use_multiprocessing=True),
        lambda: DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), 4, num_workers=2),
    ],
    ids=["threads", "processes", "loader"],
)
def test_workers_end_while_the_exception_is_still_held(make, steps):
    model = compiled()
    raised = interrupted(model, Interrupt("on_train_batch_end", 8), x=make(), steps_per_epoch=steps)
    assert workers() == []
    raised = interrupted(
        model, Interrupt("on_test_batch_end", 8), **ARRAYS, validation_data=make(),
        validation_steps=5,
    )  # fmt: skip
    assert workers() == []
    assert raised.value.__traceback__ is not None


@pytest.mark.parametrize("options", [{}, {"workers": 3}], ids=["none", "threads"])
def test_an_interruption_in_the_data_ends_workers(options):
    model = compiled()
    raised = interrupted(model, x=Endless(last=7, **options), steps_per_epoch=5)
    assert workers() == []
    assert model.history.epoch == [0]
    assert raised.value.__traceback__ is not None


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_evaluate_and_predict_let_go_of_workers(method):
    model = compiled()
    with pytest.raises(KeyboardInterrupt) as raised:
        getattr(model, method)(Endless(last=7, workers=3), steps=10, verbose=0)
    assert workers() == []
    assert raised.value.__traceback__ is not None


def test_a_signal_between_two_steps_is_the_same():
    def press(*arguments):
        signal.raise_signal(signal.SIGINT)

    model = compiled()
    interrupted(model, callbacks.LambdaCallback(on_train_batch_end=press), **ARRAYS)
    assert int(model.optimizer.iterations) == 1
    assert model.fit(**ARRAYS, verbose=0).epoch == [0]


def test_averages_that_stood_in_for_weights_are_taken_back():
    weights = []
    for called in ([Interrupt("on_test_batch_end", 3)], []):
        model = compiled(keras.optimizers.Adam(use_ema=True, ema_momentum=0.5))
        swap = callbacks.SwapEMAWeights()
        options = {**ARRAYS, "epochs": 1, "verbose": 0, "shuffle": False}
        if called:
            with pytest.raises(KeyboardInterrupt):
                model.fit(**options, callbacks=[swap, *called], validation_data=(X, Y))
        else:  # ends before the averages take the place of the weights for good
            stop = Interrupt("on_epoch_end")
            with pytest.raises(KeyboardInterrupt):
                model.fit(**options, callbacks=[stop])
        weights.append(model.get_weights())
    for interrupted_, plain in zip(*weights, strict=True):
        np.testing.assert_array_equal(interrupted_, plain)


class InterruptedOnce(keras.optimizers.SGD):
    """Is interrupted in the midst of its third step."""

    calls = 0

    def update_step(self, gradient, variable, learning_rate):
        type(self).calls += 1
        if self.calls == 11:
            raise KeyboardInterrupt
        super().update_step(gradient, variable, learning_rate)


def test_gradients_are_unscaled_after_a_step_that_was_interrupted(monkeypatch):
    monkeypatch.setattr(InterruptedOnce, "calls", 0)
    keras.config.set_dtype_policy("mixed_float16")
    model = compiled(InterruptedOnce(1e-3))
    interrupted(model, **ARRAYS)
    before = model.get_weights()
    model.fit(**ARRAYS, verbose=0)
    assert InterruptedOnce.calls > 11
    for old, new in zip(before, model.get_weights(), strict=True):
        assert 0 < np.abs(new - old).max() < 0.1


def test_callbacks_give_back_what_they_hold(tmp_path):
    before, writing = signal.getsignal(signal.SIGTERM), summaries._in_force.get()
    logger = callbacks.CSVLogger(tmp_path / "log.csv")
    board = callbacks.TensorBoard(tmp_path / "logs", update_freq=2, profile_batch=(2, 1000))
    backup = callbacks.BackupAndRestore(tmp_path / "backup", save_before_preemption=True)
    called = [logger, board, backup]
    interrupted(compiled(), *called, Interrupt("on_train_batch_end", 13), **ARRAYS)
    assert signal.getsignal(signal.SIGTERM) is before
    assert logger.csv_file is None
    assert summaries._in_force.get() is writing
    assert not torch.autograd._profiler_enabled()
    assert list((tmp_path / "logs" / "train").glob("plugins/profile/*/*.json"))
    again = compiled()
    again.fit(**ARRAYS, epochs=3, verbose=0, callbacks=called)  # all of them work again
    assert again.history.epoch == [0, 1, 2]
    assert (tmp_path / "log.csv").read_text().count("\n") == 4


def test_a_run_within_a_run_leaves_the_outer_one_training():
    class Look(callbacks.Callback):
        seen = None

        def on_train_batch_end(self, batch, logs=None):
            self.model.predict(X[:2], verbose=0)
            self.seen = self.model.training

    look = Look()
    model = compiled()
    model.fit(**ARRAYS, verbose=0, callbacks=[look])
    assert look.seen
    assert not model.training
