"""Values and calls of torch functions as Python expressions."""

import dataclasses
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import fx, nn
from torch.nn import functional as F


class Expression(NamedTuple):
    """Source of an expression, and how tightly it binds (see ``ATOM``)."""

    text: str
    tightness: int

    def within(self, tightness: int) -> str:
        """The source, in brackets where an operator that binds so tightly is beside it."""
        return self.text if self.tightness >= tightness else f"({self.text})"


ATOM, POWER, UNARY, PRODUCT, SUM, SHIFT, AND, XOR, OR, COMPARISON, CHOICE = range(20, 9, -1)

_BINARY = {
    "pow": ("**", POWER), "mul": ("*", PRODUCT), "truediv": ("/", PRODUCT),
    "floordiv": ("//", PRODUCT), "mod": ("%", PRODUCT), "matmul": ("@", PRODUCT), "add": ("+", SUM),
    "sub": ("-", SUM), "lshift": ("<<", SHIFT), "rshift": (">>", SHIFT), "and_": ("&", AND),
    "xor": ("^", XOR), "or_": ("|", OR), "eq": ("==", COMPARISON), "ne": ("!=", COMPARISON),
    "lt": ("<", COMPARISON), "le": ("<=", COMPARISON), "gt": (">", COMPARISON),
    "ge": (">=", COMPARISON),
}  # fmt: skip
# Methods of tensors that are operators when they get one tensor or number more.
_METHODS = {
    **{name: name for name in ("mul", "add", "sub", "eq", "ne", "lt", "le", "gt", "ge")},
    "div": "truediv", "matmul": "matmul", "__lshift__": "lshift", "__rshift__": "rshift",
    "pow": "pow",
}  # fmt: skip
_FUNCTIONS = {
    torch.add: "add", torch.sub: "sub", torch.mul: "mul", torch.div: "truediv",
    torch.matmul: "matmul",
}  # fmt: skip
_REFLECTED = {"__rdiv__": "truediv", "__rsub__": "sub", "__rpow__": "pow"}
_OPPOSITE = {"add": "sub", "sub": "add"}
_UNARY = {"neg": "-", "invert": "~"}
_HOMES = {
    "torch": torch, "F": F, "torch.linalg": torch.linalg, "torch.fft": torch.fft,
    "torch.special": torch.special, "nn.init": nn.init,
}  # fmt: skip
# Defaults of functions that aren't written in Python.
_DEFAULTS = {
    "approximate": "none", "enable_gqa": False, "keepdim": False, "attn_mask": None,
    "dropout_p": 0.0, "is_causal": False, "device": None,
}  # fmt: skip
# Arguments that are clearer by name, and the place of the first of them.
_NAMED = {
    F.scaled_dot_product_attention: (3, ("attn_mask", "dropout_p", "is_causal")),
    **dict.fromkeys((torch.sum, torch.mean, torch.amax, torch.amin), (2, ("keepdim",))),
}
_REDUCTIONS = {"mean", "sum", "amax", "amin"}
_RENAMED = {"_threshold": "threshold", "log_sigmoid": "logsigmoid"}


class Unwritable(ValueError):
    """Something has no form as source code."""


class Choice(NamedTuple):
    """A number that differs between training and inference."""

    training: Any
    inference: Any


def value(given: Any, node: Callable[[fx.Node], Expression]) -> Expression:
    """A constant, a structure of them, or a node of a graph.

    Raises:
        Unwritable: it is none of these.
    """
    if isinstance(given, fx.Node):
        return node(given)
    if given is None or given is Ellipsis or isinstance(given, (bool, str)):
        return Expression("..." if given is Ellipsis else literal(given), ATOM)
    if isinstance(given, (int, float)):
        return number(given)
    if isinstance(given, (torch.dtype, torch.memory_format, torch.layout)):
        return Expression(str(given), ATOM)
    if isinstance(given, torch.device):
        return Expression(f"torch.device({literal(str(given))})", ATOM)
    if isinstance(given, complex):
        parts = ", ".join(number(part).text for part in (given.real, given.imag))
        return Expression(f"complex({parts})", ATOM)
    if isinstance(given, Choice):
        both = [constant(part).text for part in given]
        return Expression(f"{both[0]} if self.training else {both[1]}", CHOICE)
    if isinstance(given, dict):
        items = (f"{value(k, node).text}: {value(v, node).text}" for k, v in given.items())
        return Expression(f"{{{', '.join(items)}}}", ATOM)
    if isinstance(given, slice):
        parts = ["None" if p is None else value(p, node).text for p in _parts(given)]
        return Expression(f"slice({', '.join(parts)})", ATOM)
    if isinstance(given, (list, tuple)):
        return _sequence([value(item, node).text for item in given], isinstance(given, list))
    raise Unwritable(f"a value of {type(given).__name__}")


def constant(given: Any) -> Expression:
    """A value without nodes."""

    def refuse(node: fx.Node) -> Expression:
        raise Unwritable(f"the result of {node.name}")

    return value(given, refuse)


def literal(given: Any) -> str:
    """A text in double quotes; other constants as Python shows them."""
    if not isinstance(given, str):
        return repr(given)
    text = ascii(given)
    return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text


def number(given: float) -> Expression:
    """A number, those that have no literal included."""
    if isinstance(given, float) and not math.isfinite(given):
        return Expression(f'float("{given}")', ATOM)
    whole = round(1 / given) if isinstance(given, float) and 1e-4 < given < 1 else 0
    if whole and 1 / whole == given and len(repr(given)) > 10:
        return Expression(f"1 / {whole}", PRODUCT)
    text = repr(int(given)) if isinstance(given, int) else repr(float(given))
    return Expression(text, UNARY if given < 0 or text[0] == "-" else ATOM)


def _sequence(items: list[str], is_list: bool) -> Expression:
    if is_list:
        return Expression(f"[{', '.join(items)}]", ATOM)
    return Expression(f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})", ATOM)


def _parts(given: slice) -> list[Any]:
    parts = [given.start, given.stop]
    return parts if given.step is None else [*parts, given.step]


def call(name: str, args: list[Expression], kwargs: dict[str, Expression]) -> Expression:
    """A call of what ``name`` says."""
    given = [arg.text for arg in args] + [f"{key}={arg.text}" for key, arg in kwargs.items()]
    return Expression(f"{name}({', '.join(given)})", ATOM)


def function_call(
    target: Callable,
    args: tuple,
    kwargs: dict[str, Any],
    node: Callable[[fx.Node], Expression],
    named: Callable[[Callable], str] | None = None,
) -> Expression:
    """A call of a function of torch or of Python's operators.

    Args:
        target: The function.
        args, kwargs: What it is given.
        node: Writes a node among that.
        named: Tells what source calls a function; None knows torch's alone.

    Raises:
        Unwritable: the function is another.
    """
    name = getattr(target, "__name__", "")
    of_operator = getattr(operator, name, None) is target
    if target is getattr:
        return Expression(f"{value(args[0], node).within(ATOM)}.{plain(args[1])}", ATOM)
    if of_operator and name == "getitem":
        return Expression(f"{value(args[0], node).within(ATOM)}[{_index(args[1], node)}]", ATOM)
    if of_operator and name in _BINARY:
        return binary(name, args, node)
    if of_operator and name in _UNARY:
        return Expression(_UNARY[name] + value(args[0], node).within(UNARY), UNARY)
    if of_operator and name == "abs":
        return call("abs", [value(args[0], node)], {})
    if len(args) == 2 and not kwargs and target in _FUNCTIONS:
        return binary(_FUNCTIONS[target], args, node)
    args, kwargs = _by_name(target, args, kwargs)
    if name in _REDUCTIONS:
        args = _one_axis(args)
    kwargs = without_defaults(target, kwargs)
    written = {plain(key): value(arg, node) for key, arg in kwargs.items()}
    own = (named or function_name)(target)
    return call(own, [value(arg, node) for arg in args], written)


def method_call(
    name: str, args: tuple, kwargs: dict[str, Any], node: Callable[[fx.Node], Expression]
) -> Expression:
    """A call of a tensor's method, as an operator where there is one."""
    if len(args) == 2 and not kwargs:
        if name in _METHODS:
            return binary(_METHODS[name], args, node)
        if name in _REFLECTED:
            return binary(_REFLECTED[name], args[::-1], node)
    if name == "neg" and len(args) == 1:
        return Expression("-" + value(args[0], node).within(UNARY), UNARY)
    if name in _REDUCTIONS:
        args = _one_axis(args)
    kwargs = {key: arg for key, arg in kwargs.items() if _DEFAULTS.get(key, ...) != arg}
    written = {plain(key): value(arg, node) for key, arg in kwargs.items()}
    owner = value(args[0], node).within(ATOM)
    return call(f"{owner}.{plain(name)}", [value(arg, node) for arg in args[1:]], written)


def _one_axis(args: tuple) -> tuple:
    """Arguments of a reduction, one axis without brackets."""
    is_one = len(args) == 2 and isinstance(args[1], (tuple, list)) and len(args[1]) == 1
    return (args[0], args[1][0]) if is_one else args


def binary(name: str, args: tuple, node: Callable[[fx.Node], Expression]) -> Expression:
    """An operator between two operands."""
    left, right = args
    if name in _OPPOSITE and isinstance(right, (int, float)) and right < 0:
        name, right = _OPPOSITE[name], -right
    sign, tightness = _BINARY[name]
    left, right = value(left, node), value(right, node)
    closer = tightness + 1
    before = closer if name == "pow" or tightness == COMPARISON else tightness
    return Expression(f"{left.within(before)} {sign} {right.within(closer)}", tightness)


def _index(given: Any, node: Callable[[fx.Node], Expression]) -> str:
    if isinstance(given, tuple) and given:
        items = [_index_part(item, node) for item in given]
        return ", ".join(items) + ("," if len(items) == 1 else "")
    return _index_part(given, node)


def _index_part(given: Any, node: Callable[[fx.Node], Expression]) -> str:
    if not isinstance(given, slice):
        return value(given, node).text
    return ":".join("" if part is None else value(part, node).text for part in _parts(given))


def function_name(target: Callable) -> str:
    """How source calls a function: ``torch.relu``, ``F.gelu``.

    Raises:
        Unwritable: torch has no such function.
    """
    name = getattr(target, "__name__", "")
    for candidate in (name, _RENAMED.get(name, name), name.removeprefix("linalg_")):
        for home, module in _HOMES.items():
            if candidate and getattr(module, candidate, None) is target:
                return f"{home}.{plain(_RENAMED.get(candidate, candidate))}"
    raise Unwritable(f"the function {getattr(target, '__qualname__', target)}")


def plain(name: str) -> str:
    """``name``, which is an identifier."""
    if not str(name).isidentifier():
        raise Unwritable(f"the name {name!r}")
    return name


def _by_name(target: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """Arguments, by name where that is clearer, and one number for several that are equal."""
    if target in _NAMED:
        begin, names = _NAMED[target]
        kwargs = dict(zip(names, args[begin:], strict=False)) | kwargs
        size = (args[0].meta.get("shape") or (None,))[-1]
        if "scale" in kwargs and size and math.isclose(kwargs["scale"] or 0, size**-0.5):
            kwargs = {key: arg for key, arg in kwargs.items() if key != "scale"}
        return args[:begin], kwargs
    factors = kwargs.get("scale_factor")
    if target is F.interpolate and isinstance(factors, (tuple, list)) and len(set(factors)) == 1:
        factor = factors[0]
        kwargs = {**kwargs, "scale_factor": int(factor) if factor == int(factor) else factor}
    return args, kwargs


def without_defaults(target: Callable, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments but for those that say what is so anyway."""
    if target is F.pad and kwargs.get("value") == 0:
        kwargs = {key: arg for key, arg in kwargs.items() if key != "value"}
    if not inspect.isfunction(target):
        return {key: arg for key, arg in kwargs.items() if _DEFAULTS.get(key, ...) != arg}
    parameters = inspect.signature(target).parameters
    return {
        key: arg
        for key, arg in kwargs.items()
        if key not in parameters or arg is not parameters[key].default
    }


def fields_of(given: Any) -> tuple[list[Any], dict[str, Any]]:
    """The fields of a dataclass: those without defaults, and those that differ from them."""
    fields = [field for field in dataclasses.fields(given) if field.init]
    needed = [field.name for field in fields if field.default is dataclasses.MISSING]
    others = [field for field in fields if field.name not in needed]
    return [getattr(given, name) for name in needed], {
        field.name: getattr(given, field.name)
        for field in others
        if getattr(given, field.name) != field.default
    }
