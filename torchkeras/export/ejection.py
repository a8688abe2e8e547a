"""A model written down as PyTorch source that needs nothing of torchkeras."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from torchkeras.core import nested
from torchkeras.core.checks import kind_error, moment_error
from torchkeras.export import texts
from torchkeras.export.constructors import Constructors
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.layout import laid_out
from torchkeras.export.plain import use_plain_modules
from torchkeras.export.recurrent import use_recurrent_modules
from torchkeras.export.sources import Sources
from torchkeras.export.units import Architect, Traces
from torchkeras.export.writer import Writer
from torchkeras.layers.base import Layer
from torchkeras.layers.dropout import Dropout
from torchkeras.layers.lowering import check_no_texts
from torchkeras.nn.dropout import SharedDropout
from torchkeras.saving import files, safetensors
from torchkeras.tracer.frames import trace

FILES = ("model.py", "model.safetensors", "predictions.safetensors", "test_model.py", "README.md")


class FailedTestError(RuntimeError):
    """What was written doesn't give the predictions that were recorded."""


def eject(
    model: Layer,
    path: str | os.PathLike,
    inputs: Any = None,
    overwrite: bool = True,
    check: bool = False,
) -> Path:
    """Write a model as PyTorch source: readable, with its weights, and free of torchkeras.

    The folder gets ``model.py`` (a class for the model and one for each model and larger layer in
    it, ``forward`` as straight code, the modules that torch lacks, and ``load()``),
    ``model.safetensors``, ``predictions.safetensors`` (inputs and what the model makes of them),
    ``test_model.py`` (which says whether the source gives those predictions) and ``README.md``.

    Random layers draw from torch's generator, also those with a seed. Losses and metrics that
    layers add are left out.

    Args:
        model: A built model or layer. What it does is recorded while it runs once on stand-in
            tensors: branches of a subclass's ``call`` that aren't taken are not in the source.
        path: The folder, made if it isn't there. In one that is, other files stay.
        inputs: Arrays to record predictions for; None draws some.
        overwrite: Whether files that are there are replaced.
        check: Whether to run the test, in a process of its own.

    Returns:
        The folder.

    Raises:
        RuntimeError: the model isn't built.
        FailedTestError: the test, which was asked for, failed.
        ValueError: something in the model has no form as torch source: texts, modules of other
            libraries, computations that depend on values.
        FileExistsError: a file is there and ``overwrite`` is off.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> folder = TemporaryDirectory()
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="out")])
        >>> written = keras.export.eject(model, Path(folder.name) / "out")
        >>> "self.out = nn.Linear(4, 2)" in (written / "model.py").read_text()
        True
        >>> folder.cleanup()
    """
    if not isinstance(model, Layer):
        raise kind_error("eject", "model", model, "a layer or model of torchkeras")
    if not model.built:
        raise moment_error(model, "isn't built", "Call it on data, or call build(input_shape).")
    folder = Path(path)
    for name in FILES:
        files.check_free("eject", folder / name, overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    arrays = draw_inputs(model) if inputs is None else inputs
    source = Source(model, arrays)
    given, found, drawn = _predictions(model, arrays)
    gives_sparse = any(output.is_sparse for output in found.values())
    contents: dict[str, str] = {
        "model.py": laid_out(source.text()),
        "test_model.py": laid_out(texts.test(source.inputs, gives_sparse, drawn)),
        "README.md": texts.readme(source.root.name, source.inputs),
    }
    recorded = {**dict(zip(source.inputs, given, strict=True)), **found}
    with files.replacing_within(folder) as written:
        for name, text in contents.items():
            (written / name).write_text(text, encoding="utf-8")
        _save(source.state(), written / "model.safetensors")
        _save(recorded, written / "predictions.safetensors")
    if check:
        _check(folder)
    return folder


def _predictions(model: Layer, arrays: Any) -> tuple[list[Tensor], dict[str, Tensor], list[int]]:
    """The inputs as tensors, the outputs by number, and which of these are drawn anew each time."""
    given = [torch.as_tensor(array) for array in nested.flatten(arrays)]
    structure = nested.pack_sequence_as(arrays, given)
    outputs, again = _outputs(model, structure), _outputs(model, structure)
    pairs = enumerate(zip(outputs, again, strict=True))
    drawn = [number for number, (one, other) in pairs if not _is_close(one, other)]
    return given, {f"output:{number}": leaf for number, leaf in enumerate(outputs)}, drawn


def _outputs(model: Layer, inputs: Any) -> list[Tensor]:
    """What a model makes of inputs in inference; what it goes on from another time stays."""
    states = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with torch.no_grad():
        outputs = model(inputs, training=False)
        for name, buffer in model.named_buffers():
            buffer.copy_(states.get(name, buffer))
    return [leaf for leaf in nested.flatten(outputs) if isinstance(leaf, Tensor)]


def _is_close(one: Tensor, other: Tensor) -> bool:
    one, other = (tensor.to_dense() if tensor.is_sparse else tensor for tensor in (one, other))
    if one.shape != other.shape:
        return False
    return bool(torch.isclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True).all())


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    dense = {key: t.to_dense() if t.is_sparse else t for key, t in tensors.items()}
    safetensors.write(dense, path, {"format": "pt"})


def _check(folder: Path) -> None:
    """Run the test that was written, where nothing but torch and safetensors is needed."""
    command = [sys.executable, "-c", texts.RUN_TEST]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip()[-2000:]
        if done.returncode < 0:
            said = f"{said}\nThe test was ended by signal {-done.returncode}.".strip()
        raise FailedTestError(
            f"eject: the source in {str(folder)!r} doesn't give the predictions of the model; "
            f"expected them to within 1e-4:\n{said}"
        )


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, Layer)


def _is_model(module: nn.Module) -> bool:
    return hasattr(module, "functional_class")


def _replacement(module: nn.Module) -> nn.Module | None:
    """The module of torch that stands for a whole layer."""
    if not isinstance(module, Dropout) or not module.rate:
        return None
    shared = module.shared_axes()
    if shared is None:
        return None
    return SharedDropout(module.rate, shared) if shared else nn.Dropout(module.rate)


class Source:
    """The source of a model.

    Attributes:
        root: The class of the model.
        inputs: Names of what its ``forward`` takes.
    """

    def __init__(self, model: Layer, arrays: Any) -> None:
        self.model = model
        check_no_texts(model, arrays)
        symbols = getattr(model, "inputs", None)
        examples = model._remembered_inputs() if symbols else (arrays,)
        inline: set[str] = set()
        while True:
            self._write(examples, inline)
            if not self.writer.clashes:
                return
            inline |= self.writer.clashes

    def _write(self, examples: tuple[Any, ...], inline: set[str]) -> None:
        traces = _traces(self.model, *examples)
        use_plain_modules(traces, knows_lengths=bool(getattr(self.model, "inputs", None)))
        use_recurrent_modules(traces)
        owners = {**traces.training.owners, **traces.inference.owners}
        self.sources = Sources(set(texts.TAKEN))
        self.sources.write_function = self._function
        constructors = Constructors(self.sources)
        self.writer = Writer(owners, constructors, self.sources.taken, inline)
        unit = Architect(traces, _is_model, _replacement, inline).root()
        self.root = self.writer.write(unit, texts.title(self.model))
        self.inputs = self.writer.names_of_inputs

    def _function(self, name: str, function: Callable) -> str:
        """An activation as a function of torch's."""
        layer = _Activation(function)
        layer.built = True
        unit = Architect(_traces(layer, torch.zeros(2, 3)), _is_model, _replacement, set()).root()
        return self.writer.function(unit, name)

    def state(self) -> dict[str, Tensor]:
        """Weights and constants by the name they have in the source."""
        found: dict[str, Tensor] = {}
        for name, owner in self.root.state.items():
            if isinstance(owner, nn.Module):
                found.update(
                    {f"{name}.{k}": v for k, v in owner.state_dict(keep_vars=True).items()}
                )
            else:
                found[name] = owner
        return found

    def ties(self) -> list[tuple[str, str]]:
        """Names of weights that are one, each with the first name it has."""
        first: dict[int, str] = {}
        pairs = []
        for name, tensor in self.state().items():
            if isinstance(tensor, nn.Parameter):
                known = first.setdefault(id(tensor), name)
                pairs += [(name, known)] if known != name else []
        return pairs

    def text(self) -> str:
        """The whole of ``model.py``."""
        classes = [self.writer.source(w) for w in reversed(self.writer.classes)]
        return texts.module(
            self.root.name, classes, self.sources.text(), self.sources.imports, self.ties()
        )


def _traces(model: Layer, *examples: Any) -> Traces:
    return Traces(
        trace(model, *examples, is_layer=_is_layer, training=True),
        trace(model, *examples, is_layer=_is_layer, training=False),
    )


class _Activation(Layer):
    """An activation as a layer, to be recorded."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function

    def call(self, x: Tensor) -> Tensor:
        return self.function(x)
