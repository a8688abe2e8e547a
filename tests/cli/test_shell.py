import os
import sys

import pytest

from torchkeras.cli.notebooks import make_cell
from torchkeras.cli.shell import Shell, as_call, names_of_a_notebook, stand_in_for_ipython


@pytest.mark.parametrize(
    "line, statement",
    [
        ("%matplotlib inline", "get_ipython().run_line_magic('matplotlib', 'inline')"),
        ("  !ls -l".strip(), "get_ipython().left_out('!ls -l')"),
        ("a = !ls", "a = get_ipython().left_out('!ls')"),
        ("%time f(x)", "f(x)"),
        ("tf.cast?", "get_ipython().left_out('tf.cast?')"),
        ("%%html", "get_ipython().run_cell_magic('html', '', '')"),
    ],
)
def test_magics_become_calls_of_the_shell(line, statement):
    assert make_cell(1, line).python(as_call) == statement


def test_the_shell_follows_what_matters_to_a_script(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHADE", "")
    (tmp_path / "sub").mkdir()
    shell = names_of_a_notebook()["get_ipython"]()
    shell.run_line_magic("cd", "sub")
    shell.magic("%env SHADE=light")
    shell.run_line_magic("set_env", "HUE 3")
    assert os.path.basename(os.getcwd()) == "sub"
    assert os.environ["SHADE"] == "light"
    assert os.environ.pop("HUE") == "3"
    assert capsys.readouterr().err == ""


def test_commands_are_left_out_with_a_message(capsys):
    shell = Shell()
    shell.system("pip install x")
    assert shell.getoutput("ls") == []
    shell.run_line_magic("pip", "install x")
    shell.run_cell_magic("bash", "", "ls")
    shell.run_line_magic("matplotlib", "inline")
    assert capsys.readouterr().err.splitlines() == [
        "run: left out: !pip install x",
        "run: left out: !ls",
        "run: left out: %pip install x",
        "run: left out: %%bash",
    ]


def test_ipythons_page_is_stood_in_for(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    monkeypatch.delitem(sys.modules, "IPython.display", raising=False)
    stand_in_for_ipython()
    scope = {}
    exec("from IPython.display import Image, clear_output\nfrom IPython import display", scope)
    assert scope["clear_output"](wait=True) is None
    assert repr(scope["Image"]("a.png")) == "<not shown: 'a.png'>"
    with pytest.raises(AttributeError):
        scope["display"].__path__  # noqa: B018
    for name in ("IPython", "IPython.display"):
        del sys.modules[name]
