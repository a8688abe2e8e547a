"""Built-in classes and functions by name, and the users' own beside them.

Data never names code: a class name in a file or a configuration is a key of these tables. The
``module`` of a serialized object only tells which room's table is meant, whichever generation of
Keras wrote it.
"""

import contextlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from torchkeras.core import generations, scopes
from torchkeras.core.checks import argument_error, kind_error, nearest
from torchkeras.core.naming import to_snake_case

# Keras's path of the rooms whose name differs from it; the others are "keras.<room>".
_ROOM_OF_MODULE = {
    "torchkeras.core.seeds": "random",
    "torchkeras.core.policies": "dtype_policies",
    "torchkeras.optimizers.schedules": "optimizers.schedules",
    "torchkeras.core": "",
    "torchkeras.models": "",
    "torchkeras.tracer": "",
}
# Classes whose path in files isn't that of their room: Keras doesn't publish them, or elsewhere.
_FEATURES = "keras.src.layers.preprocessing.feature_space"
_WRITTEN_PATHS = {
    "Functional": "keras.src.models.functional",
    **dict.fromkeys(("LayerScale", "StochasticDepth"), "keras.src.applications.convnext"),
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
    **dict.fromkeys(("Cross", "Feature", "TFDConcat", "TFDIdentity"), _FEATURES),
}
# Rooms whose classes a configuration may name; the others (callbacks, ...) only do things.
_SERIALIZABLE_ROOMS = (
    "",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "quantizers",
    "random",
    "dtype_policies",
    "distillation",
    "experimental",
    "utils",
    "applications",
)
_ROOT = re.compile(
    r"^(tensorflow\.python\.keras|tensorflow\.keras|keras\.api\._v[12]\.keras|keras\._tf_keras\.keras"
    r"|tf_keras\.src|tf_keras|keras\.src\.backend\.\w+|keras\.src|keras\.api|keras|torchkeras)"
    r"(?:\.|$)"
)

_DEEPEST = 150  # objects and containers of a configuration within each other
_SIGNS_OF_DAMAGE = (
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    RuntimeError,
)

_classes: dict[str, dict[str, type]] = {}  # room -> class name -> class
_spellings: dict[str, dict[str, Any]] = {}  # room -> any accepted name -> class or function
_functions: dict[str, dict[str, Callable]] = {}  # room -> function name -> function
_function_names: dict[Callable, str] = {}
_markers: dict[str, Callable[[Any], Any]] = {}  # "__lambda__" and the like -> how they are read


def register(cls: type) -> None:
    """Enter a class defined in torchkeras under its own name; other classes are left out."""
    if not is_built_in(cls) or cls.__name__.startswith("_"):
        return
    room = room_of(cls)
    _classes.setdefault(room, {})[cls.__name__] = cls
    spellings = _spellings.setdefault(room, {})
    spellings[cls.__name__] = cls
    for name in (to_snake_case(cls.__name__), cls.__name__.lower()):
        spellings.setdefault(name, cls)


def register_function(
    room: str, name: str, function: Callable, aliases: Iterable[str] = ()
) -> Callable:
    """Enter ``function`` under ``name`` and ``aliases`` in a room such as ``"activations"``.

    A function wins over a class whose name in snake case is the same.
    """
    room = room_key(room)
    _functions.setdefault(room, {})[name] = function
    spellings = _spellings.setdefault(room, {})
    for spelling in (name, *aliases):
        spellings[spelling] = function
    _function_names.setdefault(function, name)
    return function


def register_markers(markers: Mapping[str, Callable[[Any], Any]]) -> None:
    """Enter how values are read that are no objects but stand in a dictionary as one would."""
    _markers.update(markers)


def is_built_in(cls: type) -> bool:
    """Whether ``cls`` is defined in torchkeras."""
    return cls.__module__.split(".")[0] == "torchkeras"


def room_of(cls: type) -> str:
    """Room of a built-in class: its Keras path without ``keras.``; ``""`` for the top level."""
    module = cls.__module__
    for prefix, room in _ROOM_OF_MODULE.items():
        if module == prefix or module.startswith(prefix + "."):
            return room
    return module.split(".")[1] if "." in module else ""


def room_key(path: str) -> str:
    """Room meant by a module path of any generation of Keras, or by a room's own name.

    Example:
        >>> room_key("keras.src.layers.core.dense"), room_key("tensorflow.keras.optimizers")
        ('layers', 'optimizers')
    """
    rest = _ROOT.sub("", path or "")
    if "schedules" in rest or "learning_rate_schedule" in rest:
        return "optimizers.schedules"
    first = rest.split(".")[0]
    return first if first in _SERIALIZABLE_ROOMS else ""


def is_keras_path(path: Any) -> bool:
    """Whether a module path is one of Keras's or ours."""
    return isinstance(path, str) and _ROOT.match(path) is not None


def class_path(cls: type) -> tuple[str | None, str]:
    """Module and class name under which ``cls`` is written to files.

    Built-in classes have Keras's public path; a user's class its Python module, or None if that
    is ``__main__``.
    """
    if not is_built_in(cls):
        module = cls.__module__
        return (None if module in ("__main__", "builtins") else module), cls.__name__
    if cls.__name__ in _WRITTEN_PATHS:
        return _WRITTEN_PATHS[cls.__name__], cls.__name__
    room = room_of(cls)
    return (f"keras.{room}" if room else "keras"), cls.__name__


def written_name(cls: type) -> str | None:
    """What files give as the registered name of a built-in class."""
    return cls.__name__ if cls.__name__ in _WRITTEN_PATHS else None


def function_name(function: Any) -> str | None:
    """Name of a built-in function in its room; None for other callables."""
    try:
        return _function_names.get(function)
    except TypeError:  # an unhashable callable is none of ours
        return None


def names(room: str) -> list[str]:
    """Every name that ``get`` accepts in a room."""
    return sorted(_spellings.get(room_key(room), {}))


def find(name: str, room: str, aliases: Mapping[str, Any] | None = None) -> Any:
    """Class or function called ``name``, custom or of ``room``; None if there is none."""
    custom = scopes.custom_objects()
    if name in custom:
        return custom[name]
    spellings = _spellings.get(room_key(room), {})
    for spelling in (name, name.lower()):
        if aliases and spelling in aliases:
            target = aliases[spelling]
            return spellings.get(target) if isinstance(target, str) else target
        if spelling in spellings:
            return spellings[spelling]
    renamed = generations.CLASS_NAMES.get(name)
    return spellings.get(renamed) if renamed else None


def get(
    identifier: Any,
    room: str,
    kind: type | None = None,
    what: str = "object",
    aliases: Mapping[str, Any] | None = None,
) -> Any:
    """The object meant by a name, a configuration, a class, a callable or an object.

    Args:
        identifier: None gives None; a string is looked up among the custom objects, then in the
            room, as ``ClassName`` or ``snake_case``; a dictionary is deserialized; a class is
            called without arguments; a callable or an instance of ``kind`` is given back.
        room: Name of the room, such as ``"losses"``.
        kind: Class of objects that are accepted although they can't be called.
        what: What is looked for, in the words of an error.
        aliases: More names, with the name or the object that each one stands for.

    Raises:
        ValueError: there is no object of that name, or the dictionary is a lambda in safe mode.
        TypeError: ``identifier`` is of another kind, or a dictionary that names an unknown class.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return from_dict(identifier, room)
    if isinstance(identifier, str):
        found = find(identifier, room, aliases)
        if found is None:
            options = [*names(room), *(aliases or ()), *scopes.custom_objects()]
            raise ValueError(
                f"Could not interpret {what} identifier: {identifier!r}; expected the name of "
                f"{'an' if what[0] in 'aeiou' else 'a'} {what}. "
                + (nearest(identifier, options) or _own(identifier))
            )
        identifier = found
    if inspect.isclass(identifier):
        identifier = identifier()
    if callable(identifier) or (kind is not None and isinstance(identifier, kind)):
        return identifier
    raise kind_error(
        "get", "identifier", identifier, f"a name, configuration, callable or {what}",
        f"Could not interpret {what} identifier.",
    )  # fmt: skip


def _own(name: str) -> str:
    """What to do about a name that resembles none."""
    return (
        "One of your own has to be registered by @keras.saving.register_keras_serializable(), or "
        f"passed as custom_objects={{{name!r}: ...}}."
    )


def from_dict(config: dict[str, Any], room: str = "") -> Any:
    """Object of a serialized dictionary, of any generation.

    Args:
        config: ``{"class_name", "config"}`` with, since Keras 3, ``"module"``,
            ``"registered_name"`` and, where they were known, ``"build_config"`` and
            ``"compile_config"``, which are honoured; or a marker such as ``"__lambda__"``.
        room: Where to look first when the dictionary has no module.

    Raises:
        TypeError: the dictionary names no class known here, or isn't one.
        ValueError: a lambda in safe mode, or no object can be made of it.
    """
    if not isinstance(config, dict):
        raise kind_error("deserialize", "config", config, "a dictionary with a class_name")
    with one_deeper(config.get("class_name")):
        return _from_dict(config, room)


def _from_dict(config: dict[str, Any], room: str) -> Any:
    class_name = config.get("class_name")
    if "config" in config and isinstance(class_name, str) and class_name in _markers:
        return _markers[class_name](config["config"])
    shared, number = scopes.local.shared_objects, config.get("shared_object_id")
    if not isinstance(number, (int, str)):
        shared = None
    if shared is not None and number in shared:
        return shared[number]
    instance = _instance(config, room)
    if config.get("build_config") and not getattr(instance, "built", True):
        _rebuild(instance, config["build_config"])
    if config.get("compile_config") and hasattr(instance, "compile_from_config"):
        instance.compile_from_config(config["compile_config"])
    if shared is not None:
        shared[number] = instance
    return instance


@contextlib.contextmanager
def one_deeper(class_name: Any = None) -> Iterator[None]:
    """What is read inside lies one deeper in a configuration.

    Errors by which Python tells that data are of another form than those who read them took for
    granted become the one that is documented.

    Args:
        class_name: What the object is called that is read.

    Raises:
        ValueError: it lies deeper than anything honest does, or no object can be made of it.
    """
    if scopes.local.depth >= _DEEPEST:
        raise argument_error(
            "deserialize", "config", f"nested deeper than {_DEEPEST} levels", "fewer",
            "It is damaged or was made to do harm.",
        )  # fmt: skip
    scopes.local.depth += 1
    try:
        yield
    except _SIGNS_OF_DAMAGE as error:
        raise ValueError(
            f"deserialize: no {class_name or 'object'} can be made of this configuration "
            f"({type(error).__name__}: {error}); expected what get_config() gave."
        ) from error
    finally:
        scopes.local.depth -= 1


def _rebuild(instance: Any, build_config: dict[str, Any]) -> None:
    """Build as noted, unless Keras 2 noted the first of several shapes only; a call will do it."""
    parameters = list(inspect.signature(type(instance).build).parameters.values())[1:]
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if "input_shape" not in build_config or len(needed) <= 1:
        instance.build_from_config(build_config)


def _instance(config: dict[str, Any], room: str) -> Any:
    class_name = config.get("class_name")
    if not isinstance(class_name, str):
        raise kind_error("deserialize", "config", config, "a dictionary with a class_name")
    inner = config.get("config")
    if class_name == "function" or isinstance(inner, str):
        return _find_function(config, inner if isinstance(inner, str) else class_name, room)
    cls = find_class(config, room)
    inner = dict(inner or {})
    if is_built_in(cls):
        inner = generations.modernize(cls, inner)
    return cls.from_config(inner)


def find_class(config: dict[str, Any], room: str = "") -> type:
    """Class named by a serialized dictionary.

    A name of Keras's own (``module`` within Keras) means the built-in class; a registered or custom
    name means the user's; without a module (Keras 2) custom objects come first.

    Raises:
        TypeError: there is no such class.
    """
    class_name, module = config["class_name"], config.get("module")
    registered_name = config.get("registered_name")
    custom = scopes.custom_objects()
    built_in_first = is_keras_path(module)
    if built_in_first:
        found = _built_in_class(class_name, room_key(module), room)
        if found is not None:
            return found
    for name in (registered_name, class_name):
        if isinstance(name, str) and inspect.isclass(custom.get(name)):
            return custom[name]
    if not built_in_first and not isinstance(module, str) and registered_name in (None, class_name):
        found = _built_in_class(class_name, room_key(room), room)
        if found is not None:
            return found
    raise TypeError(_unknown("class", registered_name or class_name, module, room))


def _built_in_class(class_name: str, *rooms: str) -> type | None:
    """The class of that name in the first of ``rooms`` that has it, else the only one anywhere."""
    class_name = generations.CLASS_NAMES.get(class_name, class_name)
    order = [*rooms, "", "layers"] if any(rooms) else ["", "layers"]
    for room in order:
        found = _classes.get(room_key(room), {}).get(class_name)
        if found is not None and room_key(room) in _SERIALIZABLE_ROOMS:
            return found
    everywhere = [
        _classes[room][class_name]
        for room in _SERIALIZABLE_ROOMS
        if class_name in _classes.get(room, {})
    ]
    return everywhere[0] if len(everywhere) == 1 else None


def _find_function(config: dict[str, Any], name: str, room: str) -> Callable:
    custom = scopes.custom_objects()
    if callable(custom.get(name)):
        return custom[name]
    rooms = [room_key(config.get("module") or ""), room_key(room), *_SERIALIZABLE_ROOMS]
    for candidate in rooms:
        found = _functions.get(candidate, {}).get(name) or _spellings.get(candidate, {}).get(name)
        if found is not None and not inspect.isclass(found):
            return found
    raise TypeError(_unknown("function", name, config.get("module"), room))


def _unknown(kind: str, name: str, module: Any, room: str) -> str:
    options = [*scopes.custom_objects()]
    for candidate in _SERIALIZABLE_ROOMS:
        options += _classes.get(candidate, {}) if kind == "class" else _functions.get(candidate, {})
    where = f" of module {module!r}" if module else f" in {room!r}" if room else ""
    return (
        f"Could not locate {kind} {name!r}{where}: it is neither one of Keras's own nor a custom "
        f"object. Decorate your {kind} with @keras.saving.register_keras_serializable() and import "
        f"it before loading, or pass custom_objects={{{name!r}: ...}}. {nearest(name, options)}"
    ).rstrip()
