import threading
from types import SimpleNamespace

import pytest

import torchkeras as keras
from torchkeras.callbacks import threads
from torchkeras.callbacks.threads import StepsPerExecutionTuner, TimedThread


class Bell(TimedThread):
    def __init__(self, interval=0.001, **options):
        super().__init__(interval, **options)
        self.rung = threading.Event()
        self.calls = 0

    def on_interval(self):
        self.calls += 1
        if self.calls == 3:
            self.rung.set()


def test_it_is_called_again_and_again_until_the_end():
    with Bell() as bell:
        assert bell.rung.wait(10)
        assert bell.is_alive()
        with pytest.warns(UserWarning, match="already running"):
            bell.start()
    bell.thread.join(10)
    assert not bell.is_alive()


def test_options_reach_the_thread():
    with Bell(name="bell", daemon=False) as bell:
        assert (bell.thread.name, bell.thread.daemon) == ("bell", False)
    bell.thread.join(10)


def test_it_must_have_something_to_do():
    with pytest.raises(TypeError, match="on_interval"):
        TimedThread(1)


def test_it_may_be_a_callback_too():
    class Both(Bell, keras.callbacks.Callback):
        pass

    both = Both()
    keras.callbacks.CallbackList([both]).on_train_begin()
    both.start()
    assert both.rung.wait(10)
    both.stop()


def numbers_of_steps(monkeypatch, speeds):
    """Steps per execution after each change, where training runs at ``speeds`` steps a second."""
    now, optimizer = SimpleNamespace(value=0.0), SimpleNamespace(iterations=0)
    monkeypatch.setattr(threads.time, "time", lambda: now.value)
    steps = keras.Variable(4, dtype="int64", trainable=False)
    tuner = StepsPerExecutionTuner(optimizer, steps, interval=1, change_spe_interval=2)
    found = []
    for speed in speeds:
        for _ in range(2):
            now.value += 1
            optimizer.iterations += speed
            tuner.on_interval()
        found.append(int(tuner.steps_per_execution))
    return found


def test_what_has_helped_is_done_again(monkeypatch):
    # tf_keras.utils.StepsPerExecutionTuner gives the same numbers.
    assert numbers_of_steps(monkeypatch, [10, 20, 20, 10, 20]) == [6, 9, 9, 4, 2]


def test_nothing_is_changed_between_epochs(monkeypatch):
    assert numbers_of_steps(monkeypatch, [0, 0, 5]) == [4, 4, 6]


def test_a_number_may_be_set():
    tuner = StepsPerExecutionTuner(
        SimpleNamespace(iterations=0),
        keras.Variable(4, dtype="int64", trainable=False),
        interval=60,
    )
    tuner.steps_per_execution = 8
    assert (int(tuner.steps_per_execution), tuner.init_spe) == (8, 8)
    thread = tuner.start()
    assert tuner.start() is thread
    tuner.stop()
    assert tuner.steps_per_execution_stop_event.is_set()
