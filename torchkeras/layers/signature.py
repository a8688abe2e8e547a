"""What a layer's ``call`` and ``build`` take, read once per class."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

# Names that `forward` itself takes and `call` may lack.
_TRAINING = "training"
_STAND_IN = "_layer_"


def also_named(**names: str) -> Callable[[Callable], Callable]:
    """Decorator: arguments may be given by keyword under the names of another release, too.

    Args:
        **names: The other name of an argument, by which it goes on under its own.

    Example:
        >>> @also_named(inputs="sequences")
        ... def double(sequences):
        ...     return 2 * sequences
        >>> double(inputs=3)
        6
    """

    def decorate(method: Callable) -> Callable:
        @functools.wraps(method)
        def renamed(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                for other, own in names.items():
                    value = kwargs.pop(other, None)
                    if value is not None:
                        kwargs[own] = value
            return method(*args, **kwargs)

        signature = inspect.signature(method)
        others = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=None) for n in names]
        listed = list(signature.parameters.values())
        at_end = listed.pop() if listed[-1].kind is inspect.Parameter.VAR_KEYWORD else None
        listed = [*listed, *others, *([at_end] if at_end else [])]
        renamed.__signature__ = signature.replace(parameters=listed)
        renamed.also_named = names
        return renamed

    return decorate


def own_parameters(function: Callable) -> list[inspect.Parameter]:
    """Parameters of a method without ``self`` and without what ``also_named`` added."""
    others = getattr(function, "also_named", ())
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [parameter for parameter in parameters if parameter.name not in others]


class CallSignature:
    """The arguments of a ``call`` method.

    Attributes:
        names: Named arguments in order, without ``self``.
        defaults: Default by name.
        takes_training: Whether ``training`` is one of them (or would be taken as an option).
        training_default: Its default, None if it has none.
        first: Name of the first argument, None if there is none.
        masks: Names of the mask arguments, by the name of the argument they belong to.
    """

    def __init__(self, call: Callable) -> None:
        parameters = own_parameters(call)
        self.parameters = parameters
        kinds = inspect.Parameter
        named = [p for p in parameters if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)]
        self.names = [p.name for p in named]
        self.defaults = {p.name: p.default for p in named if p.default is not p.empty}
        self.has_options = any(p.kind is kinds.VAR_KEYWORD for p in parameters)
        self.has_varargs = any(p.kind is kinds.VAR_POSITIONAL for p in parameters)
        self.takes_training = _TRAINING in self.names
        self.training_default = self.defaults.get(_TRAINING)
        self.first = self.names[0] if self.names and self.names[0] != _TRAINING else None
        self.positional = [
            p.name for p in named if p.kind is not kinds.KEYWORD_ONLY and p.name != _TRAINING
        ]
        if _TRAINING in self.names and not self._training_is_last_or_keyword(named):
            self.positional = self.names[: self.names.index(_TRAINING)]
        self.keywords = [n for n in self.names if n not in self.positional and n != _TRAINING]
        self.masks = self._mask_names()

    def _training_is_last_or_keyword(self, named: list[inspect.Parameter]) -> bool:
        after = self.names[self.names.index(_TRAINING) + 1 :]
        return not after or all(
            p.kind is p.KEYWORD_ONLY for p in named if p.name in (*after, _TRAINING)
        )

    def _mask_names(self) -> dict[str, str]:
        masks = {name: f"{name}_mask" for name in self.names if f"{name}_mask" in self.names}
        if "mask" in self.names and self.first and self.first not in masks:
            masks[self.first] = "mask"
        return masks

    def bind(self, args: tuple, kwargs: dict) -> dict[str, Any]:
        """Arguments by name; those left at their default are left out."""
        bound = {}
        for name, value in [*zip(self.positional, args, strict=False), *kwargs.items()]:
            if name not in self.defaults or value is not self.defaults[name]:
                bound[name] = value
        extra = args[len(self.positional) :]
        if extra:
            bound["*"] = extra
        return bound


def replaced(call: Callable, signature: CallSignature) -> Callable:
    """A function set as one layer's ``call``, which need not spell out what has a default."""
    first = [name for name in signature.positional if name not in signature.defaults]
    rest = signature.positional[len(first) :]

    @functools.wraps(call)
    def called(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(signature.positional):
            return call(*args, **kwargs)
        given = {
            name: value
            for name, value in zip(rest, args[len(first) :], strict=False)
            if value is not signature.defaults[name]
        }
        return call(*args[: len(first)], **given, **kwargs)

    return called


@functools.cache
def signature_of(call: Callable) -> CallSignature:
    """The signature of a ``call`` function."""
    return CallSignature(call)


@functools.cache
def argument_names(function: Callable) -> tuple[str, ...]:
    """Named arguments of a method, without ``self``."""
    parameters = own_parameters(function)
    return tuple(p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))


def make_forward(call: Callable, class_name: str) -> Callable:
    """A ``forward`` with the arguments of ``call``, which hands them to ``Layer._enter_call``.

    Torch reads the arguments off ``forward`` (``torch.fx`` and ``torch.export`` do), so it has to
    spell them out; hence it is put together from their names, as ``dataclasses`` does.
    """
    signature = signature_of(call)
    spelled, keywords = [], []
    namespace: dict[str, Any] = {}
    star = False
    for parameter in signature.parameters:
        name, text = parameter.name, parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            text, star = f"*{name}", True
        elif parameter.kind is parameter.VAR_KEYWORD:
            if not signature.takes_training:
                spelled.append(("" if star else "*, ") + f"{_TRAINING}=None")
            text = f"**{name}"
        elif parameter.kind is parameter.KEYWORD_ONLY and not star:
            text, star = f"*, {name}", True
        if name == _TRAINING:
            text = text + "=None"
        elif parameter.default is not parameter.empty:
            namespace[f"{_STAND_IN}{name}"] = parameter.default
            text = f"{text}={_STAND_IN}{name}"
        spelled.append(text)
    if not signature.takes_training and not signature.has_options:
        spelled.append(f"{_TRAINING}=None" if star else f"*, {_TRAINING}=None")
    args = "".join(f"{name}, " for name in signature.positional)
    keywords = [f"{name!r}: {name}" for name in signature.keywords]
    for parameter in signature.parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += f"*{parameter.name}, "
        elif parameter.kind is parameter.VAR_KEYWORD:
            keywords.append(f"**{parameter.name}")
    source = (
        f"def forward(self, {', '.join(spelled)}):\n"
        f"    return self._enter_call(({args}), {{{', '.join(keywords)}}}, {_TRAINING})\n"
    )
    exec(source, namespace)  # names only: identifiers that Python itself has parsed
    forward = namespace["forward"]
    forward.__qualname__ = f"{class_name}.forward"
    forward.__module__ = call.__module__
    forward.__doc__ = call.__doc__
    others = getattr(call, "also_named", None)
    return also_named(**others)(forward) if others else forward
