import sys
import warnings

import pytest

from torchkeras.cli import commands, main
from torchkeras.cli.output import shown_as_text, warnings_of


def test_control_characters_are_shown_by_their_codes(capsys):
    with shown_as_text():
        print("a\tb\x1b[2J\r\x07\u202e\udcff")
        print("é", file=sys.stderr)
    printed = capsys.readouterr()
    assert printed.out == "a\tb\\x1b[2J\\r\\x07\\u202e\\udcff\n"
    assert printed.err == "é\n"


def test_streams_are_given_back_after_an_error():
    before = sys.stdout
    with pytest.raises(ValueError, match="x"), shown_as_text():
        raise ValueError("x")
    assert sys.stdout is before


def test_names_of_files_are_no_orders_to_the_terminal(tmp_path, capsys):
    (tmp_path / "a\x1b[2J.py").write_text("import tensorflow as tf\ntf.nothing(1)\n")
    assert main(["check", str(tmp_path)]) == 1
    assert "a\\x1b[2J.py" in capsys.readouterr().out


@pytest.mark.parametrize("place", [commands.__file__, "/bin/torchkeras"])
def test_warnings_are_lines_of_the_command(place, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/bin/torchkeras"])
    with warnings_of("inspect"):
        warnings.simplefilter("always")
        warnings.warn_explicit("of a file", UserWarning, place, 7)
    assert capsys.readouterr().err == "inspect: of a file\n"


def test_warnings_of_the_users_files_keep_their_places(capsys):
    with pytest.warns(UserWarning, match="^own$") as caught, warnings_of("inspect"):
        warnings.warn_explicit("own", UserWarning, "own.py", 7)
    assert (caught[0].filename, caught[0].lineno) == ("own.py", 7)
    assert not capsys.readouterr().err
