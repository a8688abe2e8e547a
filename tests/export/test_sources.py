"""Parts of ``torchkeras.nn`` copied into one file."""

import ast
import inspect

import pytest
import torch
from torch import nn

from torchkeras import activations
from torchkeras.export.expressions import Unwritable
from torchkeras.export.sources import Sources
from torchkeras.nn import attention, conv, conv_lstm, einsum, norm, pooling, recurrent

CLASSES = [
    thing
    for room in (conv, conv_lstm, einsum, norm, pooling, recurrent)
    for name, thing in sorted(vars(room).items())
    if inspect.isclass(thing) and thing.__module__ == room.__name__ and issubclass(thing, nn.Module)
]


@pytest.mark.parametrize("thing", CLASSES, ids=lambda thing: thing.__name__)
def test_a_copy_holds_all_that_it_refers_to(thing):
    sources = Sources(set())
    name = sources.require(thing)
    text = "\n".join([*sorted(sources.imports), sources.text()])
    assert "torchkeras" not in text
    namespace = {}
    exec(compile(text, "copy", "exec"), namespace)
    assert issubclass(namespace[name], nn.Module)
    defined = {name for name in namespace if name != "__builtins__"}
    used = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    known = defined | set(dir(__builtins__)) | set(namespace["__builtins__"])
    stored = {
        n.id for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }  # fmt: skip
    arguments = {n.arg for n in ast.walk(ast.parse(text)) if isinstance(n, ast.arg)}
    inner = {n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
    assert used <= known | stored | arguments | inner


def test_names_that_are_taken_are_changed_throughout():
    sources = Sources({"LSTM", "scan"})
    assert sources.require(recurrent.LSTM) == "LSTM2"
    text = sources.text()
    assert "class LSTM2(Gated)" in text
    assert "scan_2(" in text
    assert "def scan(" not in text


def test_only_what_is_needed_is_copied():
    sources = Sources(set())
    sources.require(norm.LayerNorm)
    assert "class BatchNorm" not in sources.text()


def test_what_is_defined_elsewhere_is_an_error():
    with pytest.raises(Unwritable, match=r"torch.nn.modules.linear.Linear"):
        Sources(set()).require(nn.Linear)
    with pytest.raises(Unwritable, match="the function"):
        Sources(set()).require_function(lambda x: x)


def test_activations_are_written_once():
    sources = Sources(set())
    calls = []
    sources.write_function = lambda name, function: calls.append(name) or f"def {name}(x): ..."
    for _ in range(2):
        assert sources.require_function(activations.hard_sigmoid) == "hard_sigmoid"
    assert calls == ["hard_sigmoid"]
    assert "def hard_sigmoid(x)" in sources.text()
    assert torch.is_tensor(activations.hard_sigmoid(torch.zeros(1)))
    assert attention.__name__ == "torchkeras.nn.attention"


def test_operators_of_torchs_have_names_of_their_own_in_each_file():
    sources = Sources(set())
    sources.require(recurrent.LSTM)
    text = sources.text()
    source = "\n".join([*sorted(sources.imports), text])
    names = [{"__name__": name} for name in ("first-model", "second.model")]
    for globals_ in names:
        exec(source, globals_)  # a copy of torchkeras.nn.kernels
    found = [globals_["recurrent"]._qualname for globals_ in names]
    assert found == ["ejected_first_model::recurrent", "ejected_second_model::recurrent"]
