"""No argument of a method is decoration: methods as subjects of ``influence``.

A ``Method`` is called like a function, on an object that is made anew for each call.
``missing_methods`` lists the public methods of a room's classes that no table has.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from influence import Subject, argument_names, public_objects


class Method:
    """A method as a function of its arguments.

    Args:
        cls: The class whose method it is.
        name: Its name.
        make: Makes the object; None calls the method of the class.
        seen: From the object and what the call gave to numbers; None is what the call gave.
    """

    def __init__(
        self,
        cls: type,
        name: str,
        make: Callable[[], Any] | None = None,
        seen: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self.cls, self.name, self.make, self.seen = cls, name, make, seen
        self.function = function_of(cls, name)
        self.__name__ = f"{cls.__name__}.{name}"
        self.__signature__ = signature_of(cls, name)

    def __call__(self, *places: Any, **arguments: Any) -> Any:
        owner = self.cls if self.make is None else self.make()
        result = getattr(owner, self.name)(*places, **arguments)
        return result if self.seen is None else self.seen(owner, result)


def function_of(cls: type, name: str) -> Callable:
    """The function behind a method, class method or static method."""
    found = inspect.getattr_static(cls, name)
    return getattr(found, "__func__", found)


def signature_of(cls: type, name: str) -> inspect.Signature:
    """A method's arguments, without the object."""
    signature = inspect.signature(function_of(cls, name))
    if isinstance(inspect.getattr_static(cls, name), staticmethod):
        return signature
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def public_methods(cls: type) -> dict[str, Callable]:
    """Public methods with arguments that classes of this library give to ``cls``."""
    found = {}
    for base in cls.__mro__:
        if not base.__module__.startswith("torchkeras."):
            continue
        for name, value in vars(base).items():
            if name in found or (name.startswith("_") and name != "__call__"):
                continue
            function = getattr(value, "__func__", value)
            if inspect.isfunction(function) and signature_of(base, name).parameters:
                found[name] = function
    return found


def missing_methods(
    rooms: Iterable[Any],
    subjects: Iterable[Subject],
    without: Mapping[Any, str],
    elsewhere: Iterable[str] = (),
) -> list[str]:
    """Arguments of public methods that have neither a change nor a reason to have none.

    A method that several classes share has to be changed in one of them.

    Args:
        rooms: Modules, for their public classes, or classes.
        subjects: The changes, of ``Method``.
        without: Reasons, by the name of a method, by ``"Class.method"`` or by
            ``(method, argument)``.
        elsewhere: Modules whose classes another table has.
    """
    changes: dict[Callable, set[str]] = {}
    for subject in subjects:  # a function may serve as a method too
        function = getattr(subject.made, "function", subject.made)
        changes.setdefault(function, set()).update(subject.changes)
    wanting = []
    for cls in _classes(rooms):
        for name, function in public_methods(cls).items():
            full_name = function.__qualname__
            if function.__module__ in elsewhere or name in without or full_name in without:
                continue
            for argument in argument_names(Method(cls, name)):
                if argument not in changes.get(function, ()) and (name, argument) not in without:
                    wanting.append(f"{full_name}({argument})")
    return list(dict.fromkeys(wanting))


def _classes(rooms: Iterable[Any]) -> list[type]:
    found = []
    for room in rooms:
        values = [room] if isinstance(room, type) else [v for _, v in public_objects(room).values()]
        found += [value for value in values if isinstance(value, type)]
    return found
