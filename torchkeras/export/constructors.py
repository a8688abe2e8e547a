"""Modules as the source that makes them."""

import dataclasses
import inspect
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, get_args

import torch
from torch import Tensor, nn

from torchkeras.export.expressions import (
    ATOM,
    Expression,
    Unwritable,
    call,
    constant,
    fields_of,
    function_name,
)
from torchkeras.export.sources import Sources
from torchkeras.nn.norm import BatchNorm, MaskedBatchNorm
from torchkeras.nn.pooling import PlaneMaxPool1d

# Arguments that the modules of torchkeras.nn keep in another form.
_KEPT: dict[str, Callable[[Any], Any]] = {
    "bias": lambda module: module.bias is not None and module.bias is not False,
    "scale": lambda module: module.weight is not None,
    "center": lambda module: module.bias is not None,
    "elementwise_affine": lambda module: module.weight is not None,
}
_OWN_KEPT: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("Einsum", "shape"): lambda module: tuple(module.weight.shape),
    ("Einsum", "bias_shape"): lambda module: (
        None if module.bias is None else tuple(module.bias.shape)
    ),
    ("Float8Product", "length"): lambda module: len(module.inputs_amax_history),
    ("Float8Product", "in_training"): lambda module: None,
    ("ConvLSTM", "channels"): lambda module: module.input_conv.in_channels,
    ("ConvLSTM", "bias"): lambda module: module.input_conv.bias is not None,
}
# Modules that torch has, too, if less fast.
_PLAIN: dict[type, type] = {PlaneMaxPool1d: nn.MaxPool1d}
# Arguments of torch's modules of windows: one number stands for the same along each axis.
_OF_WINDOWS = {"kernel_size", "stride", "padding", "dilation", "output_padding"}
_WITHOUT_STATE = (bool, int, float, str, type(None))


class Constructors:
    """Writes constructors, and notes what of ``torchkeras.nn`` they need.

    Args:
        sources: Where that is noted.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def of_module(
        self, module: nn.Module, is_given_more: bool = True, also: Collection[str] = ()
    ) -> Expression:
        """The call that makes a module like ``module``, its weights aside.

        Args:
            module: The module.
            is_given_more: Whether it is called with more than one tensor and the mode.
            also: Names of arguments that are written even where they have their defaults.

        Raises:
            Unwritable: its class is neither torch's nor of ``torchkeras.nn``.
        """
        kind = _PLAIN.get(type(module), type(module))
        if kind is MaskedBatchNorm and not (is_given_more or module.synchronized):
            kind = BatchNorm
        if kind in (nn.Sequential, nn.ModuleList):
            return self._container(module)
        if kind.__module__.startswith("torch.nn.modules.") and hasattr(nn, kind.__name__):
            name = f"nn.{kind.__name__}"
        else:
            name = self.sources.require(kind)
        positional, named = [], {}
        for place, parameter in enumerate(_parameters(kind)):
            given = self._argument(module, parameter)
            if given is parameter.empty:
                continue
            if parameter.name not in also and _equal(given, parameter.default):
                continue
            needed = not place or parameter.default is parameter.empty
            if needed and not named and parameter.kind is not parameter.KEYWORD_ONLY:
                positional.append(self.of_value(given))
            else:
                named[parameter.name] = self.of_value(given)
        return call(name, positional, named)

    @staticmethod
    def numbers(module: nn.Module) -> dict[str, Any]:
        """Those arguments of a module that are numbers where nothing else is said, and what they
        are."""
        kind = _PLAIN.get(type(module), type(module))
        return {
            parameter.name: getattr(module, parameter.name)
            for parameter in _parameters(kind)
            if type(parameter.default) in (int, float) and hasattr(module, parameter.name)
        }

    def _container(self, module: nn.Module) -> Expression:
        parts = {key: self.of_module(part) for key, part in module.named_children()}
        name = f"nn.{type(module).__name__}"
        if isinstance(module, nn.ModuleList):
            return Expression(f"{name}([{', '.join(part.text for part in parts.values())}])", ATOM)
        return Expression(self.in_order({key: part.text for key, part in parts.items()}), ATOM)

    def in_order(self, parts: dict[str, str]) -> str:
        """``nn.Sequential`` of what makes its parts, by name or number."""
        if all(key.isdigit() for key in parts):
            return f"nn.Sequential({', '.join(parts.values())})"
        self.sources.imports.add("from collections import OrderedDict")
        given = ", ".join(f"{key}={part}" for key, part in parts.items())
        return f"nn.Sequential({OrderedDict.__name__}({given}))"

    def _argument(self, module: nn.Module, parameter: inspect.Parameter) -> Any:
        """What ``module`` was given for a parameter; ``empty`` where that changes nothing."""
        name = parameter.name
        if name == "device":
            return parameter.empty
        if name == "dtype":
            dtypes = {t.dtype for t in module.parameters() if t.is_floating_point()}
            usual = dtypes <= {torch.float32}
            return parameter.empty if usual else next(iter(dtypes))
        keeper = _OWN_KEPT.get((type(module).__name__, name)) or _KEPT.get(name)
        if keeper is not None and not _takes_tensor(parameter):
            return keeper(module)
        if not hasattr(module, name):
            if name.startswith("_"):
                return parameter.empty
            raise Unwritable(f"{type(module).__name__}, which doesn't keep its {name}")
        given = getattr(module, name)
        if name == "normalized_shape" and len(given) == 1:
            return given[0]
        if name in _OF_WINDOWS and isinstance(given, tuple) and len(set(given)) == 1:
            given = given[0]
        if name == "stride" and given == _of_size(module):
            return parameter.default if parameter.default is None else given
        return given

    def of_value(self, given: Any) -> Expression:
        """A value that a module was made from.

        Raises:
            Unwritable: it isn't data, a function of torch or a dataclass of ``torchkeras.nn``.
        """
        if isinstance(given, Tensor):
            return _zeros(given)
        if dataclasses.is_dataclass(given) and not isinstance(given, type):
            name = self.sources.require(type(given))
            needed, others = fields_of(given)
            written = {key: self.of_value(field) for key, field in others.items()}
            return call(name, [self.of_value(field) for field in needed], written)
        if inspect.isroutine(given):
            return Expression(self.name_of_function(given), ATOM)
        if isinstance(given, (tuple, list)) and not all(
            isinstance(item, _WITHOUT_STATE) for item in given
        ):
            items = [self.of_value(item).text for item in given]
            text = ", ".join(items) + ("," if len(items) == 1 and isinstance(given, tuple) else "")
            return Expression(f"[{text}]" if isinstance(given, list) else f"({text})", ATOM)
        return constant(given)

    def name_of_function(self, function: Callable) -> str:
        """What source calls a function: torch's, or one written down beside the model."""
        try:
            return function_name(function)
        except Unwritable:
            return self.sources.require_function(function)


def _parameters(kind: type) -> list[inspect.Parameter]:
    """What a class takes, ``**factory`` handed on to its bases left out."""
    if issubclass(kind, nn.RNNBase):
        return _of_recurrent(kind)
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    by_name = {p.name: p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    others = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
    if others == "options":  # all that the base takes
        base = next(base for base in kind.__mro__[1:] if "__init__" in vars(base))
        rest = [p for p in _parameters(base) if p.name not in by_name]
        return [*by_name.values(), *(p.replace(kind=p.KEYWORD_ONLY) for p in rest)]
    if others is not None:
        empty = inspect.Parameter.empty
        for name in ("bias", "device", "dtype"):  # what bases take by name
            base = _base_parameter(kind, name)
            if base is not None and name not in by_name:
                by_name[name] = base.replace(
                    default=None if base.default is empty else base.default
                )
    return list(by_name.values())


def _of_recurrent(kind: type[nn.RNNBase]) -> list[inspect.Parameter]:
    """What torch's recurrent modules take; they don't say so themselves."""
    shared = list(inspect.signature(nn.RNNBase).parameters.values())[1:]
    own = inspect.Parameter("nonlinearity", inspect.Parameter.KEYWORD_ONLY, default="tanh")
    return [*shared, own] if kind is nn.RNN else shared


def _takes_tensor(parameter: inspect.Parameter) -> bool:
    """Whether a constructor is given a tensor or parameter, not told whether there is one."""
    kinds = get_args(parameter.annotation) or (parameter.annotation,)
    return any(isinstance(kind, type) and issubclass(kind, Tensor) for kind in kinds)


def _zeros(like: Tensor) -> Expression:
    """Zeros in place of a tensor, whose values come from the file of weights."""
    given = {} if like.dtype is torch.float32 else {"dtype": constant(like.dtype)}
    zeros = call("torch.zeros", [constant(tuple(like.shape))], given)
    return call("nn.Parameter", [zeros], {}) if isinstance(like, nn.Parameter) else zeros


def _base_parameter(kind: type, name: str) -> inspect.Parameter | None:
    for base in kind.__mro__[1:]:
        if "__init__" in vars(base):
            parameter = inspect.signature(base.__init__).parameters.get(name)
            if parameter is not None:
                return parameter
    return (
        inspect.Parameter("dtype", inspect.Parameter.KEYWORD_ONLY, default=None)
        if (name == "dtype")
        else None
    )


def _of_size(module: nn.Module) -> Any:
    size = getattr(module, "kernel_size", None)
    return size[0] if isinstance(size, tuple) and len(set(size)) == 1 else size


def _equal(given: Any, default: Any) -> bool:
    if default is inspect.Parameter.empty or isinstance(given, Tensor):
        return False
    if type(given) is bool or type(default) is bool:
        return given is default
    return given is default or bool(given == default)
