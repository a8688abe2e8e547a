"""All variables of a model as nested dictionaries by their paths."""

from collections.abc import Iterator, Mapping
from typing import Any

from torchkeras import optimizers
from torchkeras.core.checks import argument_error, nearest

_FORMATS = {"backend_tensor": lambda v: v.value, "numpy_array": lambda v: v.numpy()}


class StateTrees:
    """The part of a model that gives and takes its variables as a tree."""

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """Values of the variables: those trained and not, the optimizer's and the metrics'.

        Args:
            value_format: ``"backend_tensor"`` or ``"numpy_array"``.

        Returns:
            A dict of the four groups, each nested by the parts of the variables' paths.

        Raises:
            ValueError: two variables of a group have one path, or another format.

        Source: Keras 3 ``Model.get_state_tree``.

        Example:
            >>> dense = keras.layers.Dense(2, name="dense")
            >>> model = keras.Sequential([keras.Input((3,)), dense], name="it")
            >>> model.get_state_tree("numpy_array")["trainable_variables"]["it"]["dense"]["bias"]
            array([0., 0.], dtype=float32)
        """
        if value_format not in _FORMATS:
            raise argument_error(
                "get_state_tree", "value_format", value_format, f"one of {list(_FORMATS)}"
            )
        value_of = _FORMATS[value_format]
        return {name: _tree(group, value_of) for name, group in self._groups()}

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Assign what ``get_state_tree`` gave, or parts of it.

        Args:
            state_tree: The groups that are to be set, by name.

        Raises:
            ValueError: a group or a variable that the model hasn't.

        Source: Keras 3 ``Model.set_state_tree``.
        """
        groups = dict(self._groups())
        for name, tree in state_tree.items():
            if name not in groups:
                raise argument_error(
                    "set_state_tree", "a key", name, f"one of {list(groups)}", nearest(name, groups)
                )
            variables = {_parts(v): v for v in groups[name]}
            for path, value in _leaves(tree, ()):
                if path not in variables:
                    raise argument_error(
                        "set_state_tree",
                        f"a path in {name}",
                        "/".join(path),
                        "that of a variable of the model",
                        nearest("/".join(path), map("/".join, variables)),
                    )
                variables[path].assign(value)

    def _groups(self) -> Iterator[tuple[str, list[Any]]]:
        optimizer = self.optimizer
        has_variables = isinstance(optimizer, optimizers.Optimizer) and optimizer.built
        yield "trainable_variables", self.trainable_variables
        yield "non_trainable_variables", self.non_trainable_variables
        yield "optimizer_variables", optimizer.variables if has_variables else []
        yield "metrics_variables", self.metrics_variables


def _parts(variable: Any) -> tuple[str, ...]:
    return tuple(variable.path.split("/"))


def _tree(variables: list[Any], value_of: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    seen: set[tuple[str, ...]] = set()
    for variable in variables:
        *above, name = path = _parts(variable)
        if path in seen:
            raise argument_error(
                "get_state_tree",
                "a path",
                variable.path,
                "a path for each variable of its own",
                "The following variable path is found twice in the model: give layers other names.",
            )
        seen.add(path)
        branch = tree
        for part in above:
            branch = branch.setdefault(part, {})
        branch[name] = value_of(variable)
    return tree


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(tree, Mapping):
        yield path, tree
        return
    for name, child in tree.items():
        yield from _leaves(child, (*path, name))
