import io
import logging
import sys

import pytest

from torchkeras.callbacks import console
from torchkeras.core import settings


def test_the_chief_prints(capsys):
    console.say("one")
    console.say("two", line_break=False)
    assert capsys.readouterr().out == "one\ntwo"


def test_other_processes_are_silent(capsys, monkeypatch):
    monkeypatch.setattr(console, "is_chief", lambda: False)
    console.say("one")
    assert capsys.readouterr().out == ""


@pytest.fixture
def _without_interactive_logging():
    settings.disable_interactive_logging()
    yield
    settings.enable_interactive_logging()


@pytest.mark.usefixtures("_without_interactive_logging")
def test_without_interactive_logging_messages_go_to_the_log(capsys, caplog):
    with caplog.at_level(logging.INFO, logger="torchkeras"):
        console.say("one")
    assert capsys.readouterr().out == ""
    assert caplog.messages == ["one"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1/1 ━━ é", b"1/1 == ?\n"),
        ("┏━━┳━┓\n┃ a┃b┃\n┡━━╇━┩", b"+----+\n| a|b|\n|--+-|\n"),  # as Keras draws it
        ("│ a│b│\n├──┼─┤\n│ └│…│\n└──┴─┘", b"| a|b|\n|--+-|\n| +|.|\n+----+\n"),
    ],
)
def test_what_the_output_cannot_encode_is_replaced(monkeypatch, text, shown):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console.say(text)
    assert raw.getvalue() == shown
