"""What is told of a file: what it holds, and what of it goes where on a model."""

import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from torchkeras.core.naming import printable

# What is beside weights in a file, by the beginning of the paths of its arrays.
_BESIDE = {
    "optimizer/": "optimizer",
    "optimizer_weights/": "optimizer",
    "metrics/": "metrics",
    "keras_api/metrics/": "metrics",  # of a SavedModel
    "_all_variables/": "exported program",  # those of its graph, once more
}


class Array(NamedTuple):
    """An array of a file.

    Attributes:
        path: Where it lies in the file.
        shape: Its shape.
        dtype: Its type.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str


class Report:
    """What a file holds.

    Attributes:
        path: The file.
        format: What kind of file it is.
        versions: Releases that wrote it, and the date, as far as it tells.
        model: Class, name and layers (class, name) of the model; None in files of weights.
        compile: Arguments of ``compile``; None if there are none.
        arrays: Every array.
        assets: Other members, such as vocabularies, with their sizes in bytes.
        onto: Class and name of the model that it was held against; None if there is none.
        optimizer: Name of the optimizer of that model; None if it has none that is built.
        mapped: ``(variable, array, shape)`` of what goes where, weights before the optimizer's.
        of_optimizer: How many of those are the optimizer's.
        missing: Weights of the model that the file has nothing for, with their shapes.
        left: Arrays of the file that nothing takes.
        problems: What doesn't fit, or why the model can't be rebuilt.
    """

    def __init__(self, path: str | os.PathLike, format: str) -> None:
        self.path = os.fspath(path)
        self.format = format
        self.versions: dict[str, Any] = {}
        self.model: dict[str, Any] | None = None
        self.compile: dict[str, Any] | None = None
        self.arrays: list[Array] = []
        self.assets: dict[str, int] = {}
        self.onto: str | None = None
        self.optimizer: str | None = None
        self.mapped: list[tuple[str, str, tuple[int, ...]]] = []
        self.of_optimizer = 0
        self.missing: list[tuple[str, tuple[int, ...]]] = []
        self.left: list[Array] = []
        self.problems: list[str] = []

    @property
    def fits(self) -> bool:
        """Whether every weight has its array and every array its place.

        Arrays of an optimizer and of metrics may be left over: the model needn't have any.
        """
        left = [array for array in self.left if part_beside_weights(array.path) is None]
        return not (self.problems or self.missing or left)

    def placed(self) -> str:
        """How many arrays have a place, in words."""
        number = len(self.mapped) - self.of_optimizer
        of_optimizer = f" and {self.of_optimizer} of the optimizer" if self.of_optimizer else ""
        return f"{_arrays(number)} of weights{of_optimizer}"

    def without_optimizer(self) -> None:
        """Count the optimizer's arrays among what is left over."""
        weights_alone = self.mapped[: len(self.mapped) - self.of_optimizer]
        dropped = {array for _, array, _ in self.mapped[len(weights_alone) :]}
        self.mapped, self.of_optimizer = weights_alone, 0
        self.left += [array for array in self.arrays if array.path in dropped]

    def unplaced(self) -> Iterator[str]:
        """A line for each weight and array without a counterpart; those beside are counted."""
        yield from (f"missing: {name} {shape}" for name, shape in self.missing)
        parts: dict[str, int] = {}
        for array in self.left:
            part = part_beside_weights(array.path)
            if part is None:
                yield f"left over: {array.path} {array.shape}"
            else:
                parts[part] = parts.get(part, 0) + 1
        yield from (f"left over: {_arrays(count)} of the {part}" for part, count in parts.items())

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        found = dict(vars(self))
        for name in ("arrays", "left"):
            found[name] = [array._asdict() for array in found[name]]
        return found

    def to_json(self, **options: Any) -> str:
        """All of it as JSON text.

        Args:
            **options: Of ``json.dumps``, such as ``indent``.
        """
        return json.dumps(self.as_dict(), default=str, **options)

    def __str__(self) -> str:
        return printable("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.path}: {self.format}"
        for name, value in self.versions.items():
            yield f"  {name}: {value}"
        if self.model is not None:
            yield f"  model: {self.model['class']} {self.model['name'] or ''}".rstrip()
            for layer in self.model["layers"]:
                yield f"    {layer['class']} {layer['name'] or ''}".rstrip()
        if self.compile is not None:
            yield f"  compile: {json.dumps(self.compile, default=str)[:200]}"
        yield f"  arrays: {len(self.arrays)}"
        targets = {array: variable for variable, array, _ in self.mapped}
        for array in self.arrays:
            where = f" -> {targets[array.path]}" if array.path in targets else ""
            yield f"    {array.path} {array.shape} {array.dtype}{where}"
        for name, size in self.assets.items():
            yield f"  asset: {name}, {size} bytes"
        if self.onto is not None:
            yield f"  onto {self.onto}: {self.placed()} have a place"
            yield from (f"    {line}" for line in self.unplaced())
            if self.optimizer is not None and self.arrays and not self.of_optimizer:
                yield f"    nothing for the optimizer {self.optimizer}"
        yield from (f"  problem: {problem}" for problem in self.problems)


def _arrays(count: int) -> str:
    return f"{count} array{'s' * (count != 1)}"


def part_beside_weights(path: str) -> str | None:
    """``"optimizer"`` or ``"metrics"`` for an array of theirs, in any format; None for a weight."""
    if "/.OPTIMIZER_SLOT/" in path:
        return "optimizer"
    place = path.lstrip("/")
    return next((part for start, part in _BESIDE.items() if place.startswith(start)), None)
