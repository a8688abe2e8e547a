"""What the files of an ejected model say around the model itself."""

import re
import sys
from collections.abc import Sequence
from typing import Any

from torchkeras.export.identifiers import identifier

# Names that the generated file has for itself.
TAKEN = ("HERE", "Path", "Tensor", "F", "nn", "torch", "load", "load_file", "OrderedDict")

RUN_TEST = """\
import sys
sys.path.insert(0, "")
import test_model
test_model.test_predictions_are_those_recorded()
"""

_TEST = '''\
"""The model gives the predictions that were recorded when it was written."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from model import load

HERE = Path(__file__).parent


def leaves(structure):
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in leaves(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in leaves(item)]
    return [structure]


def test_predictions_are_those_recorded():
    recorded = load_file(HERE / "predictions.safetensors")
    with torch.no_grad():
        outputs = leaves(load()(INPUTS))
    for number, output in enumerate(outputs):
        wanted = recorded[f"output:{number}"]
DRAWN        torch.testing.assert_close(OUTPUT, wanted, rtol=1e-4, atol=1e-5, equal_nan=True)
'''

_DRAWN = """\
        if number in {NUMBERS}:  # numbers that the model draws are part of it
            assert output.shape == wanted.shape
            assert output.dtype == wanted.dtype
            continue
"""

_README = """\
# {name}

A PyTorch model. It needs `torch` and `safetensors`.

```python
from model import load

model = load()  # with its weights, in inference mode
predictions = model({inputs})
```

- `model.py`: the model, and the modules of it that torch lacks. The file is yours to change.
- `model.safetensors`: its weights, as `model.state_dict()` names them.
- `predictions.safetensors`, `test_model.py`: inputs, what the model made of them, and a test that
  it still does: `python -m pytest`.

To train it, call `model.train()` and use any optimizer of torch; random layers draw from torch's
generator, and batch statistics are updated as Keras does.
"""

_LOAD = '''\
def load(path=HERE / "model.safetensors") -> {name}:
    """The model with its weights, in inference mode."""
    model = {name}()
    model.load_state_dict(load_file(path))
    return model.eval()
'''


def title(model: Any) -> str:
    """What the class of a model is called after."""
    kind = type(model).__name__
    if kind not in ("Functional", "Sequential", "Model"):
        return kind
    is_default = re.fullmatch(r"(functional|sequential|model)(_\d+)?", model.name)
    return "model" if is_default else model.name


def module(
    name: str,
    classes: Sequence[str],
    helpers: str,
    imports: set[str],
    ties: Sequence[tuple[str, str]],
) -> str:
    """``model.py``: imports, the model's classes, ``load``, and what torch lacks.

    Args:
        name: Class of the model.
        classes: Source of the classes, the model's first.
        helpers: Source of what they need.
        imports: Import statements that this needs.
        ties: Names of weights that are one.
    """
    load = _LOAD.format(name=name)
    if ties:
        lines = [f"    model.{one} = model.{other}\n" for one, other in ties]
        load = load.replace("    model.load_state", "".join(lines) + "    model.load_state")
    body = "\n\n\n".join([*classes, load.rstrip()])
    if helpers:
        body += f"\n\n\n# Modules and functions that torch lacks.\n\n\n{helpers}"
    wanted = {*imports, "import torch", "from torch import nn", "from pathlib import Path"}
    wanted |= {"from torch import Tensor", "from torch.nn import functional as F"}
    wanted.add("from safetensors.torch import load_file")
    head = _imports(wanted, body)
    return (
        '"""A PyTorch model, written by torchkeras from a Keras model."""\n\n'
        f"{head}\n\nHERE = Path(__file__).parent\n\n\n{body}\n"
    )


def _imports(wanted: set[str], body: str) -> str:
    """Those import statements that ``body`` needs, sorted, names of one module together."""
    plain: list[str] = []
    members: dict[str, set[str]] = {}
    for statement in wanted:
        name = re.split(r"\W+", statement)[-1]
        if statement != "from pathlib import Path" and not re.search(rf"\b{name}\b", body):
            continue
        found = re.fullmatch(r"from (\S+) import (.+)", statement)
        if found:
            members.setdefault(found[1], set()).add(found[2])
        else:
            plain.append(statement)

    def group(modules: bool, statement: str) -> bool:
        root = statement.split()[1].split(".")[0]
        return (root in sys.stdlib_module_names) is modules

    from_lines = [f"from {m} import {', '.join(sorted(members[m]))}" for m in sorted(members)]
    blocks = []
    for of_python in (True, False):
        lines = [line for line in sorted(plain) if group(of_python, line)]
        lines += [line for line in from_lines if group(of_python, line)]
        blocks.append("\n".join(lines))
    return "\n\n".join(block for block in blocks if block)


def test(inputs: Sequence[str], gives_sparse: bool, drawn: Sequence[int]) -> str:
    """``test_model.py``.

    Args:
        inputs: Names of what the model takes.
        gives_sparse: Whether some of its outputs are sparse tensors.
        drawn: Numbers of the outputs that differ from call to call.
    """
    given = ", ".join(f'recorded["{identifier(name)}"]' for name in inputs)
    output = "output.to_dense()" if gives_sparse else "output"
    exempt = _DRAWN.replace("NUMBERS", ", ".join(map(str, drawn))) if drawn else ""
    return _TEST.replace("INPUTS", given).replace("OUTPUT", output).replace("DRAWN", exempt)


def readme(name: str, inputs: Sequence[str]) -> str:
    """``README.md``."""
    return _README.format(name=name, inputs=", ".join(map(identifier, inputs)))
