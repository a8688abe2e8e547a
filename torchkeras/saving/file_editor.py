"""``KerasFileEditor``: look into a file of weights, change it and write it anew."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.saving import files, hdf5, hdf5_writer, keras_archive, versions, weights

_SUFFIX = ".weights.h5"
_VARIABLES = "vars"


class Console:
    """Where the editor prints."""

    def print(self, text: str = "") -> None:
        """Print a line."""
        sys.stdout.write(f"{text}\n")


class KerasFileEditor:
    """The weights of a ``.keras`` or ``.weights.h5`` file, to be looked at and changed.

    Nothing of the file is executed, and no model is made of it.

    Args:
        filepath: The file.

    Attributes:
        weights_dict: Groups and arrays by name, as they lie in the file.
        object_metadata: Attributes of the groups that have some, by path.
        config: The model's configuration; None in files of weights.
        metadata: The release and date of a ``.keras`` file; None in others.
        model: None.

    Raises:
        ValueError: another suffix, or the file is damaged or hostile.

    Source: Keras 3 ``saving.KerasFileEditor``.
    """

    def __init__(self, filepath: str | os.PathLike) -> None:
        self.filepath = os.fspath(filepath)
        self.metadata: dict[str, Any] | None = None
        self.config: dict[str, Any] | None = None
        self.model = None
        self.console = Console()
        self.object_metadata: dict[str, dict[str, Any]] = {}
        if not self.filepath.endswith((".keras", _SUFFIX)):
            raise argument_error(
                "KerasFileEditor", "filepath", self.filepath,
                f"a path that ends in .keras or {_SUFFIX}", "Invalid filename.",
            )  # fmt: skip
        versions.of_one(self.filepath, self._read)
        self.console.print(f"Keras model file '{self.filepath}'")
        if self.metadata is not None:
            version, date = (self.metadata.get(k) for k in ("keras_version", "date_saved"))
            self.console.print(f"Saved with Keras {version} - date: {date}")

    def _read(self) -> None:
        if self.filepath.endswith(_SUFFIX):
            with hdf5.open_group(self.filepath) as root:
                self.weights_dict = self._taken(root)
            return
        with keras_archive.Archive(self.filepath) as archive, archive.weights() as root:
            self.config = archive.config()
            self.metadata = archive.metadata()
            self.weights_dict = self._taken(root)

    def _taken(self, root: Any) -> dict[str, Any]:
        """The groups and arrays below ``root``; a group that is met twice is taken once."""
        found: dict[str, Any] = {}
        self.object_metadata.clear()
        seen = set()
        stack = [] if root is None else [(root, "", found)]
        while stack:
            group, path, target = stack.pop()
            if group.identity in seen:
                raise hdf5.refuse(group.path, "a group within itself, or in two places")
            seen.add(group.identity)
            self._note(group, path)
            for name in group:
                inner = group[name]
                if not isinstance(inner, hdf5.Group):
                    target[name] = inner.read()
                elif name == _VARIABLES:
                    self._note(inner, path)
                    target.update({key: inner[key].read() for key in inner.arrays()})
                else:
                    target[name] = {}
                    stack.append((inner, f"{path}/{name}", target[name]))
        return _without_empty(found)

    def _note(self, group: hdf5.Group, path: str) -> None:
        attributes = group.attributes
        if len(attributes) > 0:
            noted = {name: attributes[name] for name in attributes}
            self.object_metadata.setdefault(path, {}).update(noted)

    # Looking

    def summary(self) -> None:
        """Print the groups and arrays."""
        self.console.print("Weights structure")
        for line in _tree(self.weights_dict, self.object_metadata, ""):
            self.console.print(f"  {line}")

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Hold the file against a model, and print what differs.

        Returns:
            ``"status"`` (``"success"`` or ``"error"``), ``"error_count"``, the number of
            differences, and ``"match_count"``, that of equal weights.
        """
        self.console.print("Running comparison")
        expected = expected_weights(reference_model)
        errors, matches = 0, 0
        for line, is_match in _differences(self.weights_dict, expected, ""):
            errors, matches = errors + (not is_match), matches + is_match
            if line:
                self.console.print(line)
        self.console.print("-" * 21)
        if errors:
            self.console.print(
                f"Found {errors} error{'s' * (errors > 1)}: saved file is not compatible with the "
                "reference model"
            )
        else:
            self.console.print(
                "Comparison successful: saved file is compatible with the reference model"
            )
            self.console.print(f"    Found {matches} matching weight{'s' * (matches > 1)}")
        status = "error" if errors else "success"
        return {"status": status, "error_count": errors, "match_count": matches}

    # Changing

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name.

        Args:
            object_name: Its name or path, such as ``"layers/dense_2"``.
            new_name: The last part of its new path.

        Raises:
            ValueError: there is no such object, or several of that name.
        """
        if "/" in new_name:
            raise argument_error("rename_object", "new_name", new_name, "a name, not a full path")

        def rename(holder: dict[str, Any], name: str) -> None:
            holder[new_name] = holder.pop(name)

        self._edit(object_name, rename)

    def delete_object(self, object_name: str) -> None:
        """Remove an object, and what is below it.

        Raises:
            ValueError: there is no such object, or several of that name.
        """
        self._edit(object_name, lambda holder, name: holder.pop(name))

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Add an object.

        Args:
            object_path: Its path, such as ``"layers/dense_2"``.
            weights: Arrays by name, such as ``{"0": kernel, "1": bias}``.

        Raises:
            ValueError: the path's beginning isn't there, or ``weights`` is no dict.
        """
        _check_weights("add_object", weights)
        folder, _, name = object_path.rpartition("/")
        holder = self._holder(folder.split("/") if folder else [], object_path)
        holder[name] = weights

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove one weight of an object.

        Raises:
            ValueError: there is no such object or weight.
        """

        def delete(holder: dict[str, Any], name: str) -> None:
            if weight_name not in holder[name]:
                raise argument_error(
                    "delete_weight", "weight_name", weight_name,
                    f"one of {sorted(holder[name])}, the weights of {object_name}",
                    f"Weight {weight_name} not found in object {object_name}.",
                )  # fmt: skip
            holder[name].pop(weight_name)

        self._edit(object_name, delete)

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Add weights to an object that is there.

        Args:
            object_name: Its name or path.
            weights: Arrays by name.

        Raises:
            ValueError: there is no such object, or ``weights`` is no dict.
        """
        _check_weights("add_weights", weights)
        self._edit(object_name, lambda holder, name: holder[name].update(weights))

    def _holder(self, parts: list[str], path: str) -> dict[str, Any]:
        holder: Any = self.weights_dict
        for part in parts:
            holder = holder.get(part) if isinstance(holder, dict) else None
        if not isinstance(holder, dict):
            raise argument_error(
                "KerasFileEditor", "path", path, "one of the file", f"Path '{path}' not found."
            )
        return holder

    def _edit(self, name: str, change: Callable[[dict[str, Any], str], Any]) -> None:
        """Do ``change`` to the object of that name or path, given what holds it and its name."""
        if "/" in name:
            *parts, last = name.split("/")
            holder = self._holder(parts, name)
            holders = [holder] if last in holder else []
        else:
            last = name
            holders = [group for group in _groups(self.weights_dict) if name in group]
        if len(holders) != 1:
            raise argument_error(
                "KerasFileEditor", "object", name, "the name or path of one object",
                f"Path '{name}' not found in model."
                if not holders
                else f"Name '{name}' occurs more than once in the model; pass a complete path.",
            )  # fmt: skip
        change(holders[0], last)

    # Writing

    def save(self, filepath: str | os.PathLike) -> None:
        """Write the weights to a ``.weights.h5`` file.

        Raises:
            ValueError: another suffix.
        """
        path = Path(filepath)
        if not path.name.endswith(_SUFFIX):
            raise argument_error(
                "save", "filepath", str(filepath), f"a path that ends in {_SUFFIX}",
                "Invalid `filepath` argument.",
            )  # fmt: skip
        with files.replacing(path) as temporary, hdf5_writer.Writer(temporary) as writer:
            for place, group in _places(self.weights_dict):
                values = {k: v for k, v in group.items() if not isinstance(v, dict)}
                if values:
                    writer.write(place.strip("/"), values)
                    writer.note(f"{place}/{_VARIABLES}", self.object_metadata.get(place, {}))

    def resave_weights(self, filepath: str | os.PathLike) -> None:
        """``save`` under another name."""
        self.save(filepath)


def expected_weights(model: Any) -> dict[str, Any]:
    """What a file of ``model`` holds: groups and arrays by name."""
    found: dict[str, Any] = {}
    for place, owner in weights.places(model):
        values = weights.own_values(owner)
        if values:
            holder = found
            for part in filter(None, place.split("/")):
                holder = holder.setdefault(part, {})
            holder.update(values)
    return found


def _check_weights(owner: str, values: Any) -> None:
    if not isinstance(values, dict):
        raise argument_error(
            owner, "weights", type(values).__name__, "a dict of arrays by name",
            "Argument `weights` should be a dict.",
        )  # fmt: skip


def _groups(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (found for _, found in _places(group))


def _places(group: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Paths and groups, the root under ``""`` first."""
    stack = [(path, group)]
    while stack:
        place, found = stack.pop()
        yield place, found
        below = [(f"{place}/{k}", v) for k, v in found.items() if isinstance(v, dict)]
        stack += reversed(below)


def _without_empty(group: dict[str, Any]) -> dict[str, Any]:
    """``group`` without the groups in which there is no array."""
    found = {k: _without_empty(v) if isinstance(v, dict) else v for k, v in group.items()}
    return {k: v for k, v in found.items() if not isinstance(v, dict) or v}


def _differences(file: Any, model: Any, path: str) -> Iterator[tuple[str, bool]]:
    """A line for each difference, and nothing for each equal weight, with whether it is one."""
    for name in [*model, *(name for name in file if name not in model)]:
        inner = f"{path}/{name}"
        kind = "Object" if isinstance(model.get(name, file.get(name)), dict) else "Weight"
        if name not in file:
            yield f"...{kind} {inner} present in reference model, missing from saved file", False
        elif name not in model:
            yield f"...{kind} {inner} present in saved file, missing from reference model", False
        elif isinstance(model[name], dict) and isinstance(file[name], dict):
            yield from _differences(file[name], model[name], inner)
        elif tuple(np.shape(model[name])) != tuple(np.shape(file[name])):
            there, here = tuple(np.shape(model[name])), tuple(np.shape(file[name]))
            yield (
                (
                    f"...Weight shape mismatch for {inner}: {there} in reference model, {here} in "
                    "saved file"
                ),
                False,
            )
        else:
            yield "", True


def _tree(group: dict[str, Any], told: dict[str, dict[str, Any]], path: str) -> Iterator[str]:
    for number, (name, value) in enumerate(group.items()):
        is_last = number == len(group) - 1
        inner = f"{path}/{name}"
        branch = "└─ " if is_last else "├─ "
        if isinstance(value, dict):
            noted = told.get(inner, {}).get("name")
            yield f"{branch}{name}" + (f" ('{noted}')" if noted else "")
            below = "    " if is_last else "│   "
            yield from (below + line for line in _tree(value, told, inner))
        else:
            dtype = str(value.dtype).removeprefix("torch.")
            yield f"{branch}{name}: shape={tuple(value.shape)}, dtype={dtype}"
