"""``tf.saved_model.load``: variables and functions from a folder, without the code they came of."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from tensorflow.module import Module
from tensorflow.saved_model.options import LoadOptions
from tensorflow.saved_model.programs import Program
from tensorflow.saved_model.writing import DESCRIPTION, FORMAT, VARIABLES
from tensorflow.tensors import TensorSpec, Variable, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.saving.api import IN_FOLDER, load_model
from torchkeras.saving.files import check_folder, damaged

# How reading tells that the description isn't what ``save`` writes.
_SIGNS_OF_DAMAGE = (
    LookupError, AttributeError, TypeError, RecursionError, json.JSONDecodeError,
    UnicodeDecodeError, safetensors.SafetensorError,
)  # fmt: skip
_OF_TENSORFLOW = ("saved_model.pb", "saved_model.pbtxt")


def contains_saved_model(export_dir: str | os.PathLike) -> bool:
    """Whether a folder was written by ``save``, or by a Keras model's own."""
    return any(Path(export_dir, name).is_file() for name in (DESCRIPTION, IN_FOLDER))


def load(
    export_dir: str | os.PathLike, tags: Any = None, options: LoadOptions | None = None
) -> Any:
    """The object that ``save`` wrote: its variables, functions and signatures.

    Of a folder that ``model.save`` wrote, the Keras model.

    Nothing is run but torch's operations on tensors, and nothing is unpickled.

    Args:
        export_dir: The folder.
        tags: Accepted; there is one graph.
        options: See ``LoadOptions``.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it was written by TensorFlow itself, or is damaged.

    Source: ``tf.saved_model.load``.
    """
    folder = Path(export_dir)
    if not contains_saved_model(folder):
        if any((folder / name).exists() for name in _OF_TENSORFLOW):
            raise argument_error(
                "tf.saved_model.load", "export_dir", str(folder), "a folder written on torch",
                "TensorFlow's own can't run here: save the model there as .keras, or its weights "
                "as .weights.h5.",
            )  # fmt: skip
        raise FileNotFoundError(
            f"tf.saved_model.load: there is no SavedModel in {str(folder)!r}; expected a folder "
            f"with {DESCRIPTION}, which tf.saved_model.save writes."
        )
    if (folder / IN_FOLDER).is_file():
        return load_model(folder)
    check_folder(folder)
    try:
        return _loaded(folder, json.loads((folder / DESCRIPTION).read_bytes()))
    except _SIGNS_OF_DAMAGE as error:
        raise damaged(
            f"SavedModel {folder}", f"{type(error).__name__}: {str(error)[:200]}",
            "what tf.saved_model.save writes",
        ) from error  # fmt: skip


def _loaded(folder: Path, told: dict[str, Any]) -> Any:
    """The object that a description tells of."""
    if told.get("format") != FORMAT:
        raise argument_error(
            "tf.saved_model.load", "format", told.get("format"), repr(FORMAT),
            "A newer version of torchkeras may have written it.",
        )  # fmt: skip
    tensors = safetensors.torch.load_file(str(folder / VARIABLES))
    variables = [
        Variable(
            tensors[f"variable.{n}"],
            trainable=entry["trainable"],
            name=entry["name"].removesuffix(":0"),
        )
        for n, entry in enumerate(told["variables"])
    ]
    reader = _Reader(told, variables, tensors)
    root = reader.object(0)
    if isinstance(root, Loaded):
        vars(root)["_signatures"] = {
            name: Signature(name, entry, reader.program(entry))
            for name, entry in told["signatures"].items()
        }
    return root


class Loaded(Module):
    """An object that was loaded.

    Attributes:
        signatures: The functions to serve, by name.
        variables, trainable_variables: Its variables.
    """

    def __init__(self, functions: dict[str, Any], own: Sequence[Variable]) -> None:
        super().__init__("loaded")
        self._own = list(own)
        vars(self)["_signatures"] = {}
        vars(self).update({k: v for k, v in functions.items() if k != "__call__"})
        self._call_function = functions.get("__call__")

    @property
    def signatures(self) -> dict[str, "Signature"]:
        """The functions to serve, by name."""
        return vars(self)["_signatures"]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._call_function is None:
            raise TypeError(
                "The loaded object is not callable: its __call__ was no tf.function. It has "
                f"{sorted(k for k, v in vars(self).items() if isinstance(v, LoadedFunction))} and "
                f"signatures {sorted(self.signatures)}."
            )
        return self._call_function(*args, **kwargs)


class _Reader:
    """Makes objects and functions of what the file tells."""

    def __init__(
        self, told: dict[str, Any], variables: Sequence[Variable], tensors: dict[str, Tensor]
    ) -> None:
        self._told = told
        self._variables = variables
        self._tensors = tensors
        self._made: dict[int, Any] = {}

    def object(self, number: int) -> Any:
        """The object of a number."""
        if number not in self._made:
            node = self._told["nodes"][number]
            if "variable" in node:
                self._made[number] = self._variables[node["variable"]]
            elif "list" in node:
                self._made[number] = [self.object(part) for part in node["list"]]
            elif "dict" in node:
                self._made[number] = {k: self.object(part) for k, part in node["dict"].items()}
            else:
                self._made[number] = self._loaded(number, node)
                for name, part in node["children"].items():
                    setattr(self._made[number], name, self.object(part))
        return self._made[number]

    def _loaded(self, number: int, node: dict[str, Any]) -> Loaded:
        functions = {
            name: LoadedFunction(name, [(entry, self.program(entry)) for entry in entries])
            for name, entries in self._told["functions"].get(str(number), {}).items()
        }
        return Loaded(functions, [self._variables[place] for place in node["variables"]])

    def program(self, entry: dict[str, Any]) -> Program:
        """The computation of a way of calling."""
        told = entry["program"]
        prefix = f"{told['prefix']}."
        kept = {k.removeprefix(prefix): v for k, v in self._tensors.items() if k.startswith(prefix)}
        return Program(told, self._variables, kept)


class LoadedFunction:
    """A function that was loaded, in the ways of calling it that were saved.

    Args:
        name: Its name.
        ways: Each way, with its computation.
    """

    def __init__(self, name: str, ways: list[tuple[dict[str, Any], Program]]) -> None:
        self.__name__ = name
        self._ways = ways

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for entry, program in self._ways:
            tensors = self._matched(entry["arguments"], args, kwargs)
            if tensors is not None:
                return _filled(entry["results"], program(tensors))
        raise argument_error(
            f"Loaded function {self.__name__}", "arguments", (*args, kwargs),
            " or ".join(str(_shown(entry["arguments"])) for entry, _ in self._ways),
            "Could not find matching concrete function to call loaded from the SavedModel. Save it "
            "with an input_signature that has None for lengths that differ.",
        )  # fmt: skip

    @staticmethod
    def _matched(expected: dict[str, Any], args: tuple, kwargs: dict[str, Any]) -> Any:
        """The tensors among the arguments; None if they don't fit."""
        names = list(expected)
        if len(args) > len(names) or not set(kwargs) <= set(names[len(args) :]):
            return None
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        tensors: list[Tensor] = []
        for name, wanted in expected.items():
            if name not in given:
                if any(True for _ in _specs(wanted)):
                    return None
            elif not _fits(wanted, given[name], tensors):
                return None
        return tensors


class Signature:
    """A function to serve: takes tensors by name and gives tensors by name.

    Args:
        name: Its name.
        entry: What the file tells of it.
        program: Its computation.
    """

    def __init__(self, name: str, entry: dict[str, Any], program: Program) -> None:
        self.__name__ = self.name = name
        specs = [spec for wanted in entry["arguments"].values() for spec in _specs(wanted)]
        pairs = zip(entry["names"], specs, strict=True)
        self._specs = {n: TensorSpec(s.shape, s.dtype, n) for n, s in pairs}
        self._results = entry["results"]["dict"]
        self._program = program

    @property
    def structured_input_signature(self) -> tuple[tuple[()], dict[str, TensorSpec]]:
        """The arguments: none by position, these by name."""
        return (), self._specs

    @property
    def structured_outputs(self) -> dict[str, None]:
        """The names of the results; their shapes are known when they are there."""
        return dict.fromkeys(self._results)

    @property
    def inputs(self) -> list[TensorSpec]:
        """The arguments' descriptions."""
        return list(self._specs.values())

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The results by name.

        Raises:
            TypeError: arguments are missing or unknown.
        """
        given = {**dict(zip(self._specs, args, strict=False)), **kwargs}
        if set(given) != set(self._specs) or len(args) > len(self._specs):
            raise TypeError(
                f"Signature {self.name!r} takes {sorted(self._specs)}; given are {sorted(given)}."
            )
        tensors = []
        for name, spec in self._specs.items():
            has_type = hasattr(given[name], "dtype")
            value = convert_to_tensor(given[name], dtype=None if has_type else spec.dtype)
            if not spec.is_compatible_with(value):
                raise argument_error(
                    f"Signature {self.name!r}", name, TensorSpec.from_tensor(value), spec
                )
            tensors.append(value)
        found = self._program(tensors)
        return {name: found[entry["out"]] for name, entry in self._results.items()}


def _specs(wanted: dict[str, Any]) -> list[TensorSpec]:
    """The specs in a structure, in the order in which tensors are handed over."""
    ((kind, content),) = wanted.items()
    if kind == "spec":
        return [TensorSpec(*content)]
    if kind == "value":
        return []
    parts = [content[key] for key in sorted(content)] if kind == "dict" else content
    return [spec for part in parts for spec in _specs(part)]


def _shown(expected: dict[str, Any]) -> dict[str, Any]:
    return {name: _specs(wanted) or wanted.get("value") for name, wanted in expected.items()}


def _fits(wanted: dict[str, Any], value: Any, tensors: list[Tensor]) -> bool:
    """Whether ``value`` is like ``wanted``; its tensors are added to ``tensors``."""
    ((kind, content),) = wanted.items()
    if kind == "spec":
        spec = TensorSpec(*content)
        if nested.is_nested(value) and not isinstance(value, (list, tuple)):
            return False
        tensor = convert_to_tensor(value, dtype=None if hasattr(value, "dtype") else spec.dtype)
        tensors.append(tensor)
        return isinstance(tensor, Tensor) and spec.is_compatible_with(tensor)
    if kind == "value":
        return type(value) is type(content) and value == content
    if kind == "dict":
        return (
            isinstance(value, dict)
            and set(value) == set(content)
            and all(_fits(content[key], value[key], tensors) for key in sorted(content))
        )
    return (
        isinstance(value, (list, tuple))
        and len(value) == len(content)
        and all(_fits(part, item, tensors) for part, item in zip(content, value, strict=True))
    )


def _filled(template: dict[str, Any], outputs: list[Any]) -> Any:
    """Results in the structure that the function gave."""
    ((kind, content),) = template.items()
    if kind == "out":
        return outputs[content]
    if kind == "value":
        return content
    if kind == "dict":
        return {name: _filled(part, outputs) for name, part in content.items()}
    parts = [_filled(part, outputs) for part in content]
    return tuple(parts) if kind == "tuple" else parts
