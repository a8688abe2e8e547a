"""Subjects of ``influence`` for layers: arguments of constructors, and arguments of calls.

A family's ``ARGUMENTS`` in ``rows/`` is a list of ``constructed(...)`` and ``called(...)``.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from influence import Subject, argument_names
from parity import as_leaves
from row import Row

import torchkeras
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.signature import own_parameters

# ``test_arguments`` tries these on every class at once, by name.
OPTIONS = set(LayerOptions.__annotations__)

# Changes that suit every class with such an argument; a table names only what is special.
COMMON = {
    "activation": "softsign",
    "activity_regularizer": "l2",
    "data_format": "channels_first",
    "seed": 1,
    "use_bias": False,
    "units": 2,
    "filters": 2,
}
ENDINGS = {"_initializer": "random_uniform", "_regularizer": "l2", "_constraint": "non_neg"}


def everything(row: Row) -> Callable[[Any], list[Any]]:
    """What can be seen of a layer on the inputs of ``row``: an outcome for ``Subject``.

    Two calls in training (so that state shows) and one in inference, the mask of its output,
    its losses, its weights before and after, what their constraints make of them, and which of
    them are trained.
    """

    def outcome(layer: Any) -> list[Any]:
        seen = [_visible(layer(row.tensors(), **row.options))]
        seen.append([_constrained(weight) for weight in layer.weights])
        for training in (True, True, False):
            options = {"training": training} if _takes(layer, "training") else {}
            seen.append(_visible(layer(row.tensors(), **row.options, **options)))
            seen.append([float(loss.detach()) for loss in layer.losses])
        seen.append([torch.as_tensor(weight.numpy()) for weight in layer.weights])
        seen.append([weight.name for weight in layer.trainable_weights])
        return seen

    return outcome


def _takes(layer: Any, argument: str) -> bool:
    return argument in inspect.signature(layer.call).parameters


def _visible(outputs: Any) -> list[Any]:
    leaves = as_leaves(outputs)
    masks = [getattr(leaf, "_keras_mask", None) for leaf in leaves]
    return [leaf.detach() if torch.is_tensor(leaf) else leaf for leaf in leaves] + masks


def _constrained(weight: Any) -> torch.Tensor:
    value = torch.as_tensor(weight.numpy()) * 3.0 - 1.0
    return value if weight.constraint is None else weight.constraint(value).detach()


def constructed(name: str, changes: dict[str, Any], base: dict[str, Any], row: Row) -> Subject:
    """A layer class with a change for each argument of its constructor.

    Args:
        name: Name of the class in ``layers``.
        changes: Another value, or a ``Change``, for each argument but ``OPTIONS`` and those that
            ``COMMON`` and ``ENDINGS`` know.
        base: Arguments it is made with otherwise.
        row: Inputs and call options to try it on; its own arguments aren't used.
    """
    cls = getattr(torchkeras.layers, name)
    usual = {argument: _usual(argument) for argument in sorted(constructor_arguments(cls))}
    usual = {argument: value for argument, value in usual.items() if value is not None}
    return Subject(cls, {**usual, **changes}, base, outcome=everything(row))


def _usual(argument: str) -> Any:
    """The change that suits every class with such an argument, if there is one."""
    if argument in COMMON:
        return COMMON[argument]
    return next((value for end, value in ENDINGS.items() if argument.endswith(end)), None)


def called(row: Row, changes: dict[str, Any], **base: Any) -> Subject:
    """The call of a layer, with a change for each of its arguments after the first.

    Args:
        row: The layer, and the inputs it is called on.
        changes: Another value, or a ``Change``, for each argument of ``call``.
        base: Arguments it is called with otherwise.
    """
    cls = getattr(torchkeras.layers, row.name)

    def call(**arguments: Any) -> list[Any]:
        layer = row.layer()
        outputs = [_visible(layer(row.tensors(), **arguments)) for _ in range(2)]
        return [outputs, [torch.as_tensor(weight.numpy()) for weight in layer.weights]]

    call.__name__ = call.__qualname__ = f"{row.name}.call"
    parameters = list(inspect.signature(cls.call).parameters.values())[2:]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.layer_class = cls  # type: ignore[attr-defined]
    return Subject(call, changes, base)


def wanting(subjects: list[Subject], without: dict[tuple[str, str], str]) -> list[str]:
    """Arguments of public layers that have neither a change nor a reason to have none.

    ``without`` has keys ``("LSTM", "unroll")`` for constructors, ``("LSTM.call", "mask")`` for
    calls.
    """
    made: dict[type, set[str]] = {}
    tried: dict[type, set[str]] = {}
    for subject in subjects:
        if inspect.isclass(subject.made):
            made.setdefault(subject.made, set()).update(subject.changes)
        else:
            tried.setdefault(subject.made.layer_class, set()).update(subject.changes)
    missing = []
    for cls in public_layers():
        name = cls.__name__
        for argument in constructor_arguments(cls) - made.get(cls, set()):
            if (name, argument) not in without:
                missing.append(f"{name}({argument})")
        for argument in call_arguments(cls) - tried.get(cls, set()):
            if (f"{name}.call", argument) not in without:
                missing.append(f"{name}.call({argument})")
    return sorted(missing)


def public_layers() -> list[type]:
    """Each public layer class once, under its own name."""
    return [
        value
        for name, value in vars(torchkeras.layers).items()
        if isinstance(value, type)
        and issubclass(value, torchkeras.layers.Layer)
        and value.__name__ == name
    ]


def constructor_arguments(cls: type) -> set[str]:
    """Names of its own arguments, without what every layer takes."""
    if cls is torchkeras.layers.Layer:
        return set()
    names = {name for name in argument_names(cls) if not name.startswith("*")}
    return names - OPTIONS - {"args", "kwargs"}


def call_arguments(cls: type) -> set[str]:
    """Names of the arguments of its call, without the inputs and without second names."""
    parameters = own_parameters(cls.call)[1:]
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {p.name for p in parameters if p.kind not in variadic}
