"""Which target, weight, loss and metric belongs to which output of a model."""

from collections.abc import Iterable, Mapping
from typing import Any

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, nearest


class Outputs:
    """The outputs of a model in one row, and the names they go by.

    Args:
        y_pred: Outputs as the model gives them: a tensor, or lists, tuples and dicts of them.
        output_names: Names that the model has for them, in order; None if it has none.

    Attributes:
        number: How many there are.
        paths: Keys and positions that lead to each.
        names: Name of each, or None.
    """

    def __init__(self, y_pred: Any, output_names: Iterable[str] | None = None) -> None:
        self._structure = nested.map_leaves(lambda _: None, y_pred)
        pairs = nested.flatten_with_path(y_pred)
        self.paths = [path for path, _ in pairs]
        self.number = len(pairs)
        given = list(output_names or ())
        given = given if len(given) == self.number else [None] * self.number
        self.names = [_name(path, name) for path, name in zip(self.paths, given, strict=True)]

    def same_structure(self, y_pred: Any) -> bool:
        """Whether ``y_pred`` has as many outputs, in the same places."""
        return [path for path, _ in nested.flatten_with_path(y_pred)] == self.paths

    def match(self, given: Any, argument: str, repeats: bool = False) -> list[Any]:
        """What ``given`` has for each output: an entry, a list of entries, or None.

        Args:
            given: One entry for all outputs; a list with one for each; or a dict by name; nested
                like the outputs if need be.
            argument: Name of the argument, for errors.
            repeats: Whether a flat list that isn't one per output is meant for each of them.

        Raises:
            ValueError: a name or a number of entries doesn't fit the outputs.
        """
        if self.number == 1:
            self._check_names(given, argument)
            entries = nested.flatten(given)
            return [entries[0] if len(entries) == 1 else entries]
        found: dict[tuple, Any] = {}
        self._match_level(given, self._structure, (), found, argument, repeats)
        return [found.get(path) for path in self.paths]

    def _check_names(self, given: Any, argument: str) -> None:
        """A dict for a single output may have but one key; which, matters if names are known."""
        if isinstance(given, Mapping) and len(given) > 1:
            raise self._unknown(next(k for k in given if k not in self.names), argument)
        if isinstance(given, Mapping) and self.names[0] is not None:
            for key in given:
                if key not in (self.names[0], *self.paths[0]):
                    raise self._unknown(key, argument)

    def _match_level(
        self, given: Any, structure: Any, path: tuple, found: dict, argument: str, repeats: bool
    ) -> None:
        if structure is None:
            found[path] = given
        elif isinstance(given, Mapping):
            self._match_names(given, structure, path, found, argument, repeats)
        elif not isinstance(given, (list, tuple)):
            for inner in self._below(path):
                found[inner] = given
        elif len(given) == len(structure):
            for (key, child), entry in zip(nested.children(structure), given, strict=True):
                self._match_level(entry, child, (*path, key), found, argument, repeats)
        elif len(given) == len(self._below(path)) and not any(map(nested.is_nested, given)):
            found.update(zip(self._below(path), given, strict=True))
        elif repeats and not any(map(nested.is_nested, given)):
            for inner in self._below(path):
                found[inner] = list(given)
        else:
            raise argument_error(
                "compile",
                argument,
                f"a list of {len(given)}",
                f"one entry for each of the {len(self._below(path))} outputs",
                f"The outputs are {self.describe()}.",
            )

    def _match_names(
        self, given: Any, structure: Any, path: tuple, found: dict, argument: str, repeats: bool
    ) -> None:
        children = dict(nested.children(structure))
        for key, entry in given.items():
            if key in children:
                inner = (*path, key)
                self._match_level(entry, children[key], inner, found, argument, repeats)
            elif key in self.names:
                found[self.paths[self.names.index(key)]] = entry
            else:
                raise self._unknown(key, argument)

    def _below(self, path: tuple) -> list[tuple]:
        return [inner for inner in self.paths if inner[: len(path)] == path]

    def _names_are_keys(self, values: Mapping[Any, Any]) -> bool:
        """Whether each output has a name, and each entry of ``values`` is for one output."""
        return None not in self.names and not any(map(nested.is_nested, values.values()))

    def _unknown(self, key: Any, argument: str, owner: str = "compile") -> ValueError:
        names = [name for name in self.names if name is not None]
        return argument_error(
            owner,
            f"a key of {argument}",
            key,
            f"the name of an output: {self.describe()}",
            nearest(key, names),
        )

    def describe(self) -> str:
        """The outputs' names, or where they are."""
        return ", ".join(
            str(name) if name is not None else "/".join(map(str, path)) or "the output"
            for name, path in zip(self.names, self.paths, strict=True)
        )

    def row(self, y_pred: Any) -> list[Any]:
        """The outputs of one call, in order."""
        return [y_pred] if self.paths == [()] else nested.flatten(y_pred)

    def align(self, values: Any, argument: str, wanted: list[int] | None = None) -> list[Any]:
        """Targets or weights in the order of the outputs, None where there is none.

        Args:
            values: One array, a list in the order of the outputs or a dict by their names.
            argument: ``"y"`` or ``"sample_weight"``, for errors.
            wanted: Places of the outputs that need one; fewer values than outputs are for these.

        Raises:
            ValueError: values and outputs don't correspond.
        """
        if values is None:
            return [None] * self.number
        if self.number > 1 and isinstance(values, Mapping) and set(values) <= set(self.names):
            return [values.get(name) for name in self.names]
        if self.number > 1 and isinstance(values, Mapping) and self._names_are_keys(values):
            unknown = next(key for key in values if key not in self.names)
            raise self._unknown(unknown, argument, "fit")
        leaves = nested.flatten(values)
        if len(leaves) == self.number:
            return leaves
        if wanted is not None and len(leaves) == len(wanted):
            row: list[Any] = [None] * self.number
            for place, leaf in zip(wanted, leaves, strict=True):
                row[place] = leaf
            return row
        if argument == "sample_weight" and len(leaves) == 1:
            return leaves * self.number
        raise argument_error(
            "fit",
            argument,
            sorted(values) if isinstance(values, Mapping) else f"{len(leaves)} array(s)",
            f"one for each of the outputs, {self.describe()}",
            "y_true and y_pred have different structures.",
        )


def _name(path: tuple, given: str | None) -> str | None:
    """Name of an output: its keys, or the model's name for it where a position would stand."""
    if path and isinstance(path[-1], str):
        return "/".join(map(str, path))
    if given is None:
        return None
    return "/".join(map(str, (*path[:-1], given)))
