import contextlib
import io
import re

import keras
import pytest
import torch

from torchkeras.callbacks import CallbackList, ProgbarLogger, progress
from torchkeras.callbacks.logs import Logs
from torchkeras.callbacks.progress import Progbar


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def shown_in_terminal(run):
    """What ``run()`` writes when standard output is a terminal, without colours."""
    with contextlib.redirect_stdout(Terminal()) as screen:
        run()
    return plain(screen.getvalue())


def plain(text):
    """``text`` without colours, with durations replaced by ``T``."""
    text = re.sub(r"\x1b\[\d+m", "", text)
    return re.sub(r"\d+(m|u)?s(/\w+)?", r"T\2", text)


def fit(calls, epochs=1, steps=3, values=None):
    calls.on_train_begin()
    for epoch in range(epochs):
        calls.on_epoch_begin(epoch)
        for step in range(steps):
            calls.on_train_batch_end(step, values or {"loss": 0.5, "accuracy": 0.25})
        calls.on_epoch_end(epoch, {"loss": 0.5, "accuracy": 0.25, "val_loss": 1e-5})
    calls.on_train_end()


def test_a_pipe_gets_one_line_an_epoch(capsys):
    fit(CallbackList(add_progbar=True, verbose=1, epochs=2, steps=3), epochs=2)
    line = f"3/3 {'━' * 20} T T/step - accuracy: 0.2500 - loss: 0.5000 - val_loss: 1.0000e-05\n"
    assert plain(capsys.readouterr().out) == f"Epoch 1/2\n{line}Epoch 2/2\n{line}"


def test_verbose_2_is_a_line_as_keras_writes_it(capsys):
    texts = []
    for kind in (CallbackList, keras.callbacks.CallbackList):
        fit(kind(add_progbar=True, verbose=2, epochs=2, steps=3), epochs=2)
        texts.append(plain(capsys.readouterr().out))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("verbose", [1, 2])
def test_names_are_shown_and_not_obeyed(capsys, verbose):
    Progbar(3, verbose=verbose).update(3, values=[("a\x1b[2J\r", 1.0)])
    shown = capsys.readouterr().out
    assert r"a\x1b[2J\r: 1.0000" in shown
    assert "\x1b[2J" not in shown


def test_verbose_0_is_silent(capsys):
    fit(CallbackList(add_progbar=True, verbose=0, epochs=2, steps=3), epochs=2)
    assert capsys.readouterr().out == ""


def test_the_last_line_in_a_terminal_is_that_of_keras():
    def last_line(kind):
        calls = kind(add_progbar=True, verbose=1, epochs=1, steps=3)
        return shown_in_terminal(lambda: fit(calls)).rstrip("\n").split("\r")[-1].rstrip(" ")

    assert last_line(CallbackList) == last_line(keras.callbacks.CallbackList)


def test_a_terminal_line_is_overwritten_and_never_wraps(monkeypatch):
    monkeypatch.setattr(progress, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_columns", lambda: 40)
    calls = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=3)
    *live, last = shown_in_terminal(lambda: fit(calls)).split("\r")[1:]
    assert len(live) == 3
    assert all(len(line) <= 39 for line in live)
    assert last.startswith("3/3")
    assert "\n" not in "".join(live)


def test_numbers_are_read_only_when_the_line_is_refreshed(monkeypatch):
    monkeypatch.setattr(progress, "REFRESH_SECONDS", 3600.0)
    asked = []

    def run():
        calls = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=100)
        calls.on_train_begin()
        calls.on_epoch_begin(0)
        for step in range(100):
            logs = Logs(lambda: asked.append(1) or {"loss": torch.tensor(0.5)})
            calls.on_train_batch_end(step, logs)

    shown_in_terminal(run)
    assert len(asked) == 1


def test_an_unknown_length_is_learned_in_the_first_epoch(capsys):
    calls = CallbackList(add_progbar=True, verbose=2, epochs=2, steps=None)
    assert calls.overrides("on_train_batch_end")
    fit(calls, epochs=2)
    assert plain(capsys.readouterr().out).count("3/3 - T - T/step") == 2


def test_an_unknown_length_shows_a_count():
    shown = shown_in_terminal(lambda: Progbar(None, interval=0).update(5, [("loss", 1.0)]))
    assert "      5/Unknown" in shown


@pytest.mark.parametrize("verbose", [0, 2])
def test_a_bar_that_shows_no_steps_does_not_listen_to_them(verbose):
    calls = CallbackList(add_progbar=True, verbose=verbose, epochs=1, steps=3)
    calls.on_train_begin()
    assert not calls.overrides("on_train_batch_end")
    assert not calls.overrides("on_test_batch_end")


def test_validation_within_fit_is_silent(capsys):
    calls = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=2)
    calls.on_train_begin()
    calls.on_test_begin()
    assert not calls.overrides("on_test_batch_end")
    calls.on_test_batch_end(0, {"loss": 1.0})
    calls.on_test_end({"loss": 1.0})
    assert capsys.readouterr().out == ""


def test_evaluate_and_predict_show_their_own_bar(capsys):
    calls = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=2)
    calls.on_test_begin()
    calls.on_test_batch_end(0, {"loss": 1.0})
    calls.on_test_end({"loss": 1.0})
    calls.on_predict_begin()
    calls.on_predict_end({"outputs": [1.0]})
    bar = "2/2 " + "━" * 20 + " T T/step"
    assert plain(capsys.readouterr().out) == f"{bar} - loss: 1.0000\n{bar}\n"


def test_other_processes_do_not_listen(monkeypatch):
    monkeypatch.setattr(progress, "is_chief", lambda: False)
    logger = ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 3})
    assert len(list(logger.quiet_hooks())) == 3


def test_a_bar_averages_over_its_steps(capsys):
    texts = []
    for kind in (Progbar, keras.utils.Progbar):
        bar = kind(4, stateful_metrics=["count"], verbose=2)
        bar.update(1, [("loss", 1.0), ("count", 1)])
        bar.add(2, [("loss", 4.0), ("count", 3)])
        texts.append(dict(bar._values))
    assert texts[0]["loss"][0] / texts[0]["loss"][1] == texts[1]["loss"][0] / texts[1]["loss"][1]
    assert tuple(texts[1]["count"]) == texts[0]["count"]


def test_a_bar_takes_one_kind_of_list():
    with pytest.raises(ValueError, match="Only one of `stateful_metrics` or `stateless_metrics`"):
        Progbar(3, stateful_metrics=["a"], stateless_metrics=["b"])


@pytest.mark.parametrize(
    ("seconds", "text"), [(3, "3s"), (75, "1:15"), (3725, "1:02:05"), (60, "60s")]
)
def test_durations(seconds, text):
    assert progress._duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(2, "2s/step"), (0.006, "6ms/step"), (0.00025, "250us/step")]
)
def test_times_per_step(seconds, text):
    assert progress._per_step(seconds, "step") == text


def test_verbose_is_a_number_or_auto():
    with pytest.raises(ValueError, match="verbose is 'loud'; expected 0, 1, 2 or 'auto'"):
        ProgbarLogger().set_params({"verbose": "loud"})


def test_without_interactive_logging_auto_is_a_line_in_the_log(caplog, capsys, monkeypatch):
    monkeypatch.setattr(progress.settings, "interactive_logging", False)
    with caplog.at_level("INFO", "torchkeras"):
        shown = shown_in_terminal(
            lambda: fit(CallbackList(add_progbar=True, verbose="auto", epochs=1, steps=3))
        )
    assert shown == ""
    [message] = caplog.messages
    assert plain(message).startswith("3/3 - T - T/step - accuracy: 0.2500")
