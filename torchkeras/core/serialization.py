"""Objects as dictionaries and back, in Keras 3's form.

``{"module", "class_name", "config", "registered_name"}`` for objects; markers such as
``{"class_name": "__numpy__", ...}`` for values that JSON lacks. Reading looks classes up in the
registry and never imports or runs anything that the data names.
"""

import base64
import contextlib
import inspect
import marshal
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from torchkeras.core import notices, registry, scopes
from torchkeras.core.checks import argument_error, describe, kind_error

PLAIN_TYPES = (str, int, float, bool, types.NoneType)


# --- Writing


def serialize_keras_object(obj: Any) -> Any:
    """``obj`` as data that JSON can hold.

    Args:
        obj: A Keras object (anything with ``get_config``), a function, a tensor, an array, a
            number type, or lists, tuples and dictionaries of these.

    Raises:
        TypeError: ``obj`` is of a kind that has no such form.

    Source: Keras 3 ``saving.serialize_keras_object``.

    Example:
        >>> serialize_keras_object([1, slice(0, 2), np.float32(0.5)])[2]
        0.5
    """
    return _serialize(obj, plain_names=False)


def serialize_value(value: Any) -> Any:
    """``serialize_keras_object``, but a built-in function is its plain name, as in configs."""
    return _serialize(value, plain_names=True)


def _serialize(obj: Any, plain_names: bool) -> Any:
    if isinstance(obj, PLAIN_TYPES) and type(obj) in PLAIN_TYPES:
        return obj
    if isinstance(obj, (list, tuple)):
        items = [_serialize(item, plain_names) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _serialize_object(obj)
    if isinstance(obj, Mapping):
        return {key: _serialize(value, plain_names) for key, value in obj.items()}
    if isinstance(obj, types.LambdaType) and obj.__name__ == "<lambda>":
        return _serialize_lambda(obj)
    if callable(obj) and hasattr(obj, "__name__") and not isinstance(obj, torch.dtype):
        return _serialize_function(obj, plain_names)
    marker = _serialize_marker(obj)
    if marker is None:
        raise kind_error(
            "serialize_keras_object", "obj", obj,
            f"a serializable object, not {type(obj).__name__}",
            "Cannot serialize object: give its class a get_config() method.",
        )  # fmt: skip
    return marker


def _serialize_object(obj: Any) -> dict[str, Any]:
    module, class_name = registry.class_path(type(obj))
    serialized = {
        "module": module,
        "class_name": class_name,
        "config": _config_of(obj),
        "registered_name": _registered_name(type(obj)),
    }
    if getattr(obj, "get_build_config", None):
        build_config = obj.get_build_config()
        if build_config is not None:
            serialized["build_config"] = serialize_value(build_config)
    if getattr(obj, "get_compile_config", None):
        compile_config = obj.get_compile_config()
        if compile_config is not None:
            serialized["compile_config"] = compile_config
    _note_sharing(obj, serialized)
    return serialized


def _config_of(obj: Any) -> Any:
    """The configuration of ``obj``; a user's class may leave objects in it, as Keras lets it."""
    if registry.is_built_in(type(obj)):
        return obj.get_config()
    try:
        return _serialize(obj.get_config(), plain_names=False)
    except TypeError as error:
        raise TypeError(
            f"{describe(obj)}: its configuration can't be written. {error} Or let get_config() of "
            "the class give plain data, and from_config() take it."
        ) from error


def _note_sharing(obj: Any, serialized: dict[str, Any]) -> None:
    """Number the dictionaries of an object that is written a second time."""
    shared = scopes.local.shared_configs
    if shared is None:
        return
    if id(obj) not in shared:
        shared[id(obj)] = (obj, serialized)  # holds the object, lest its id be given away
    else:
        serialized["shared_object_id"] = shared[id(obj)][1]["shared_object_id"] = id(obj)


def _registered_name(cls: type) -> str | None:
    if registry.is_built_in(cls):
        return registry.written_name(cls)
    return get_registered_name(cls)


def _serialize_function(function: Callable, plain_names: bool) -> Any:
    if hasattr(function, "written_form"):  # Keras has no function for it
        return function.written_form
    name = registry.function_name(function)
    if name is not None and plain_names:
        return name
    if inspect.isclass(function):
        module, class_name = registry.class_path(function)
        return {
            "module": module,
            "class_name": class_name,
            "config": class_name,
            "registered_name": _registered_name(function),
        }
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name or get_registered_name(function),
        "registered_name": "function",
    }


def serialize_function(value: Any) -> Any:
    """``value`` as Keras's Lambda layer keeps it: named functions by name, lambdas as bytecode."""
    if isinstance(value, types.LambdaType) and value.__name__ == "<lambda>":
        code, defaults, closure = _dump_own_code(value)
        inner = {"code": code, "defaults": defaults, "closure": closure}
        return {"class_name": "__lambda__", "config": inner}
    return serialize_keras_object(value)


def _serialize_lambda(function: types.FunctionType) -> dict[str, Any]:
    notices.warn(
        "A lambda is written as the bytecode of this Python version, which another process only "
        "reads back with safe_mode=False. Use a named function registered by "
        "@keras.saving.register_keras_serializable() instead."
    )
    return {"class_name": "__lambda__", "config": {"value": list(_dump_own_code(function))}}


def _serialize_marker(obj: Any) -> Any:
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, (np.ndarray, torch.Tensor)):
        kind = "__numpy__" if isinstance(obj, np.ndarray) else "__tensor__"
        data = obj if isinstance(obj, np.ndarray) else obj.detach().cpu().float()
        if isinstance(obj, torch.Tensor) and not obj.is_floating_point():
            data = obj.detach().cpu()
        dtype = str(obj.dtype).removeprefix("torch.")
        return {"class_name": kind, "config": {"value": data.tolist(), "dtype": dtype}}
    if isinstance(obj, (torch.dtype, np.dtype)):
        return str(obj).removeprefix("torch.")
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        bounds = {key: serialize_value(getattr(obj, key)) for key in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": bounds}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, PLAIN_TYPES):  # a subclass of a plain type, such as an enumeration's member
        return next(kind(obj) for kind in (str, bool, int, float) if isinstance(obj, kind))
    return None


# --- Reading


def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool = True,
    **options: Any,
) -> Any:
    """What ``serialize_keras_object`` was given.

    Args:
        config: Data as it gave them; objects are given back as they are.
        custom_objects: Classes and functions by the name they have in ``config``.
        safe_mode: False lets bytecode of lambdas in ``config`` become functions: only for data
            whose author may run code on this machine.
        **options: ``module_objects`` and ``printable_module_name`` of Keras 2.

    Raises:
        TypeError: a class or function that is neither Keras's own nor custom, or an unknown option.
        ValueError: a lambda while ``safe_mode`` is on.

    Source: Keras 3 ``saving.deserialize_keras_object``.
    """
    more = options.pop("module_objects", None) or {}
    room = options.pop("printable_module_name", "")
    if options:
        raise kind_error("deserialize_keras_object", "options", sorted(options), "none of these")
    objects = {**more, **(custom_objects or {})}
    with contextlib.ExitStack() as stack:
        if objects:
            stack.enter_context(scopes.custom_objects_scope(objects))
        if not safe_mode:
            stack.enter_context(SafeModeScope(False))
        return _deserialize(config, f"{room}s" if room in ("layer", "optimizer") else "")


def deserialize_value(value: Any) -> Any:
    """``deserialize_keras_object`` within what is in force.

    A plain ``{"class_name", "config"}`` of Keras 2, without a module, is left to whoever takes it,
    since only they know its room.
    """
    is_older = isinstance(value, dict) and "class_name" in value and "module" not in value
    if is_older and value["class_name"] not in _MARKERS:
        return value
    return _deserialize(value)


def _deserialize(config: Any, room: str = "") -> Any:
    if isinstance(config, (list, tuple)):
        with registry.one_deeper():
            items = [deserialize_value(item) for item in config]
        return tuple(items) if isinstance(config, tuple) else items
    if not isinstance(config, dict):
        return config
    class_name = config.get("class_name")
    if not isinstance(class_name, str) or "config" not in config:
        with registry.one_deeper():
            return {key: deserialize_value(value) for key, value in config.items()}
    return registry.from_dict(config, room)


def _array(config: dict[str, Any]) -> np.ndarray:
    return np.asarray(config["value"], dtype=np.dtype(config["dtype"]))


def _tensor(config: dict[str, Any]) -> torch.Tensor:
    dtype = getattr(torch, str(config["dtype"]), None)
    if not isinstance(dtype, torch.dtype):
        raise argument_error("deserialize", "dtype", config["dtype"], "the name of a number type")
    return torch.tensor(config["value"], dtype=dtype)


def _lambda(config: dict[str, Any]) -> Callable:
    if "value" in config:
        return load_code(*config["value"])
    return load_code(config["code"], config.get("defaults"), config.get("closure"))


_MARKERS: dict[str, Callable[[Any], Any]] = {
    "__numpy__": _array,
    "__tensor__": _tensor,
    "__bytes__": lambda config: config["value"].encode("utf-8"),
    "__slice__": lambda config: slice(
        *(deserialize_value(config.get(key)) for key in ("start", "stop", "step"))
    ),
    "__ellipsis__": lambda config: Ellipsis,
    "__tuple__": lambda config: tuple(deserialize_value(item) for item in config["value"]),
    "__typespec__": lambda config: None,
    "__lambda__": _lambda,
}
registry.register_markers(_MARKERS)


# --- Bytecode


def in_safe_mode() -> bool:
    """Whether configurations may not bring code; True unless the caller said otherwise."""
    return scopes.local.safe_mode is not False


class SafeModeScope:
    """Forbid (``True``) or allow (``False``) bytecode of lambdas in what is read inside."""

    def __init__(self, safe_mode: bool = True) -> None:
        self.safe_mode = safe_mode

    def __enter__(self) -> None:
        self.previous = scopes.local.safe_mode
        scopes.local.safe_mode = self.safe_mode

    def __exit__(self, *exc: object) -> None:
        scopes.local.safe_mode = self.previous


def enable_unsafe_deserialization() -> None:
    """Allow bytecode of lambdas in what this thread reads from now on."""
    scopes.local.safe_mode = False


def deserialize_function(config: Any, kind: str | None = None) -> Any:
    """What ``serialize_function`` was given.

    Args:
        config: What it gave; or, of Keras 2, a name or ``[code, defaults, closure]``.
        kind: Keras 2's word for it: ``"function"``, ``"lambda"`` or ``"raw"``.

    Raises:
        ValueError: bytecode in safe mode.
        TypeError: a function that isn't known.
    """
    if kind == "lambda":
        return load_code(*config)
    if kind == "function":
        config = {"class_name": "function", "config": config}
        return registry.from_dict(config)
    return deserialize_value(config)


def dump_code(function: types.FunctionType) -> tuple[str, Any, Any]:
    """Bytecode (base64), defaults and closure of a Python function, as Keras writes them."""
    code = base64.b64encode(marshal.dumps(function.__code__)).decode("ascii")
    closure = function.__closure__
    cells = tuple(cell.cell_contents for cell in closure) if closure else None
    return code, function.__defaults__, cells


# What this process wrote itself: bytecode in base64 to the code and the names it sees.
_own_code: dict[str, tuple[types.CodeType, dict[str, Any]]] = {}


def _dump_own_code(function: types.FunctionType) -> tuple[str, Any, Any]:
    dumped = dump_code(function)
    _own_code[dumped[0]] = function.__code__, function.__globals__
    return dumped


def load_code(code: str, defaults: Any = None, closure: Any = None) -> Callable:
    """Function of the bytecode that ``dump_code`` gave, on the same version of Python.

    What this process wrote itself it may read again: its own code, not the file's, goes into the
    function.

    Raises:
        ValueError: safe mode is on, which it is unless the caller turned it off.
    """
    own = _own_code.get(code) if isinstance(code, str) else None
    if own is None and in_safe_mode():
        raise argument_error(
            "deserialize", "config", "__lambda__", "no Python code in what is loaded",
            "It contains a `lambda`, whose bytecode may do anything on this machine. If you trust "
            "its author, pass safe_mode=False to the loading function, or call "
            "keras.config.enable_unsafe_deserialization().",
        )  # fmt: skip
    if own is not None:
        compiled, names = own
    else:
        compiled = marshal.loads(base64.b64decode(code))
        names = {"__builtins__": __builtins__, "torch": torch, "np": np, "numpy": np}
    cells = tuple(types.CellType(value) for value in closure) if closure else None
    defaults = tuple(deserialize_value(value) for value in defaults) if defaults else None
    return types.FunctionType(compiled, names, compiled.co_name, defaults, cells)


# --- Names of the users' objects


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Any], Any]:
    """Decorator that makes a class or function known to loading under ``package>name``.

    Args:
        package: Prefix that keeps names of different projects apart.
        name: Name within the package; None is the object's own.

    Raises:
        ValueError: a class without ``get_config``.

    Source: Keras 3 ``saving.register_keras_serializable``.
    """

    def decorate(obj: Any) -> Any:
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise argument_error(
                obj, "class", obj.__name__, "a class with a get_config() method",
                "Cannot register a class that does not have a get_config() method.",
            )  # fmt: skip
        registered_name = f"{package}>{name if name is not None else obj.__name__}"
        scopes.global_custom_objects[registered_name] = obj
        _registered_names[obj] = registered_name
        return obj

    return decorate


_registered_names: dict[Any, str] = {}


def get_registered_name(obj: Any) -> str:
    """``package>name`` of a registered class or function; else its own name."""
    return _registered_names.get(obj, obj.__name__)


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The class or function registered or passed under ``name``; None if there is none."""
    for objects in (custom_objects or {}, scopes.custom_objects(), module_objects or {}):
        if name in objects:
            return objects[name]
    return None


class CustomObjectScope:
    """Make classes and functions known by name to what is read inside.

    Args:
        custom_objects: The objects by name.

    Source: Keras 3 ``saving.CustomObjectScope``.

    Example:
        >>> with CustomObjectScope({"twice": lambda x: 2 * x}):
        ...     get_registered_object("twice")(4)
        8
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> "CustomObjectScope":
        scopes.local.custom_objects.append(self.custom_objects)
        return self

    def __exit__(self, *exc: object) -> None:
        scopes.local.custom_objects.pop()


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """The process's own dictionary of custom objects; entries may be added to it."""
    return scopes.global_custom_objects


@contextlib.contextmanager
def sharing_scope() -> Iterator[None]:
    """Let objects that one configuration mentions several times be read as one object inside.

    A scope within another belongs to the outer one.
    """
    previous = scopes.local.shared_objects
    scopes.local.shared_objects = {} if previous is None else previous
    try:
        yield
    finally:
        scopes.local.shared_objects = previous


@contextlib.contextmanager
def numbering_scope() -> Iterator[None]:
    """Give a number to objects that are written several times inside."""
    previous, scopes.local.shared_configs = scopes.local.shared_configs, {}
    try:
        yield
    finally:
        scopes.local.shared_configs = previous
