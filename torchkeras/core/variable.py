"""A Keras weight: one permanent handle on a torch parameter or buffer."""

import operator
import weakref
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras.core import keeping, naming, scopes
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import NAMES, standardize_dtype, torch_dtype
from torchkeras.core.layout import IDENTITY, Layout
from torchkeras.core.stored import Stored

_AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")


class Store(nn.Module):
    """The owner of a variable that stands alone, or whose owner is gone."""


class Variable:
    """A weight as Keras shows it, whatever torch module stores it.

    The handle knows the owner and the name of the parameter, and how one lies in the other. It
    resolves to a tensor at each use, so it stays right when the owner is moved, copied, sharded or
    loaded. It compares by identity; torch functions, operators and NumPy take it as a tensor.

    It holds the owner's tables of parameters and buffers. An owner that holds its handles, as
    layers do (``holds_variables``), is not held in turn, so that both are freed at once.

    Args:
        initializer: A tensor, array or number; or, with ``shape``, a callable of shape and dtype.
        shape: Shape of the variable; needed when ``initializer`` is a callable.
        dtype: Number type; None takes that of the value, or ``floatx()``.
        trainable: Whether gradients are wanted.
        autocast: Whether a mixed policy's layer sees it in its compute dtype.
        aggregation: ``"none"``, ``"mean"``, ``"sum"`` or ``"only_first_replica"``: how copies on
            several processes are joined when it is assigned; kept for configuration.
        synchronization: Accepted for scripts written for tf.distribute; torch has one copy per
            process, so it changes nothing.
        name: Name, without slashes; None counts up ``variable``, ``variable_1``, ...
        layout: How the value lies in the tensor that is stored; None stores it as it is.
        device: Where to put it; None leaves a tensor where it is.

    Raises:
        ValueError: a callable without a shape, an unknown aggregation, or a name with a slash.

    Example:
        >>> v = Variable([1.0, 2.0], name="scale")
        >>> v.assign_add([1.0, 1.0]).numpy().tolist()
        [2.0, 3.0]
    """

    sharding: Any = None  # how processes share the tensor, set by training
    __array_priority__ = 1000  # as of tensors: arrays and NumPy's numbers leave operators to it

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Layout | None = None,
        device: Any = None,
    ) -> None:
        value = _initial_value(initializer, shape, dtype, device)
        store = Store()
        if layout is not None and not layout.is_identity:
            value = layout.from_keras(value).contiguous()
        _store_tensor(store, "value", value, trainable)
        self._attach(store, "value", layout or IDENTITY, name, trainable, autocast, aggregation)

    @classmethod
    def adopt(
        cls,
        module: nn.Module,
        key: str,
        layout: Layout = IDENTITY,
        name: str | None = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
    ) -> "Variable":
        """A handle on the parameter or buffer ``key`` that ``module`` already has."""
        variable = cls.__new__(cls)
        variable._attach(module, key, layout, name, trainable, autocast, aggregation)
        return variable

    def _attach(
        self,
        module: nn.Module,
        key: str,
        layout: Layout,
        name: str | None,
        trainable: bool,
        autocast: bool,
        aggregation: str | None,
    ) -> None:
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise argument_error("Variable", "name", name, "a string without '/'")
        if aggregation not in _AGGREGATIONS:
            raise argument_error(
                "Variable", "aggregation", aggregation, f"one of {_AGGREGATIONS[1:]}"
            )
        self.module = module
        self.key = key
        self.layout = layout
        self.name = name or naming.auto_name("variable")
        prefix = scopes.current_path()
        self.path = f"{prefix}/{self.name}" if prefix else self.name
        self.autocast = autocast
        self.aggregation = aggregation or "none"
        self.synchronization = "auto"
        self.regularizer = None
        self.constraint = None
        self.overwrite_with_gradient = False
        self._trainable = bool(trainable)

    # What is stored, and how Keras sees it.

    @property
    def module(self) -> nn.Module:
        """The owner; if it is gone, a ``Store`` that has its parameters and buffers."""
        module = self._module
        if type(module) is weakref.ref:
            module = module()
            if module is None:
                module = self._module = Store()
                module.__dict__.update(_parameters=self._parameters, _buffers=self._buffers)
        return module

    @module.setter
    def module(self, module: nn.Module) -> None:
        self._parameters, self._buffers = module._parameters, module._buffers
        self._module = _reference(module)

    @property
    def parameter(self) -> Tensor:
        """The tensor that the owner stores, in torch's layout."""
        key = self.key
        stored = self._parameters.get(key)
        if stored is None:
            stored = self._buffers.get(key)
        return getattr(self.module, key) if stored is None else stored

    @property
    def value(self) -> Tensor:
        """The tensor in Keras's layout; a view of the parameter where that is possible.

        Gradients with respect to it can be taken by ``torch.autograd.grad`` also when the layout
        isn't torch's own.
        """
        stored = self.parameter
        if self.sharding is not None:
            stored = self.sharding.gathered(stored)
        if self.layout.is_identity:
            return self._cast(stored)
        shown = self.layout.to_keras(stored)
        if not torch.compiler.is_compiling():
            shown = shown_by(self, shown)
        return self._cast(shown)

    def _cast(self, value: Tensor) -> Tensor:
        compute = scopes.local.compute_dtype
        if compute is None or not self.autocast or not value.is_floating_point():
            return value
        return value if value.dtype == compute else value.to(compute)

    @property
    def tensor(self) -> Tensor:
        """The plain tensor in Keras's layout, in the type it is stored in."""
        stored = self.parameter
        if self.sharding is not None:
            stored = self.sharding.gathered(stored)
        return self.layout.to_keras(stored)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in Keras's layout."""
        return self.layout.keras_shape(tuple(self.parameter.shape))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> str:
        """Name of the number type; under a mixed policy's layer, its compute dtype."""
        stored = self.parameter.dtype
        compute = scopes.local.compute_dtype
        if compute is not None and self.autocast and stored.is_floating_point:
            stored = compute
        return NAMES[stored]

    @property
    def device(self) -> torch.device:
        """Where the parameter lies."""
        return self.parameter.device

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to the parameter."""
        return self.parameter.requires_grad

    @property
    def trainable(self) -> bool:
        """Whether an optimizer should change the variable."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        stored = self.parameter
        if not stored.is_floating_point():
            return
        if self._trainable and self.key in self._buffers:
            tensor = self._buffers.pop(self.key)
            self._parameters[self.key] = nn.Parameter(tensor)
        elif isinstance(stored, nn.Parameter):
            stored.requires_grad_(self._trainable)

    # Change.

    def assign(self, value: Any) -> "Variable":
        """Take over ``value``, of the same shape, cast to this type.

        Raises:
            ValueError: the shapes differ.
        """
        if isinstance(value, Variable):
            value = value.tensor
        elif isinstance(value, Stored):
            if scopes.local.plan is not None:
                scopes.local.plan.add(self, value)
                return self
            value = value.read()
        stored = self.parameter
        value = as_tensor(value, stored.dtype, stored.device)
        if tuple(value.shape) != self.shape:
            raise ValueError(
                f'Variable "{self.path}": value has shape {tuple(value.shape)}; the shape of the '
                f"target variable and the shape of the target value in `variable.assign(value)` "
                f"must match, so expected {self.shape}."
            )
        if scopes.local.stateless is not None:
            scopes.local.stateless.add_update((self, value))
        elif not scopes.local.shape_run:
            value = self.layout.from_keras(value.detach())
            if self.sharding is not None:
                value = self.sharding.scattered(value, stored)
            if scopes.local.plan is not None:
                scopes.local.plan.about_to_change(self)
            keeping.about_to_change((stored,))
            with torch.no_grad():
                stored.copy_(value)
        return self

    def assign_add(self, value: Any) -> "Variable":
        """Add ``value``."""
        return self.assign(self.tensor + as_tensor(value, self.parameter.dtype, self.device))

    def assign_sub(self, value: Any) -> "Variable":
        """Subtract ``value``."""
        return self.assign(self.tensor - as_tensor(value, self.parameter.dtype, self.device))

    # As a tensor.

    def numpy(self) -> np.ndarray | np.generic:
        """A NumPy copy in Keras's layout, of one number a NumPy scalar.

        A sharded parameter is gathered first.
        """
        tensor = self.tensor.detach()
        if hasattr(tensor, "full_tensor"):
            tensor = tensor.full_tensor()
        tensor = tensor.cpu()
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        copied = tensor.contiguous()  # torch turns axes several times as fast as NumPy
        shares = copied.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()
        return (copied.clone() if shares else copied).numpy(force=True)[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = np.asarray(self.numpy())
        return array if dtype is None else array.astype(dtype)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if function in _GRADIENT_FUNCTIONS:
            return _GRADIENT_FUNCTIONS[function](*args, **(kwargs or {}))
        args = tuple([_resolve(arg) for arg in args])
        if kwargs:
            kwargs = {key: _resolve(arg) for key, arg in kwargs.items()}
            return function(*args, **kwargs)
        return function(*args)

    def __getattr__(self, name: str) -> Any:
        # Tensor methods such as v.sum() and v.to("cuda"); private names never.
        if name.startswith("_") or not hasattr(Tensor, name):
            raise AttributeError(f"'Variable' object has no attribute '{name}'")
        return getattr(self.value, name)

    def __getitem__(self, index: Any) -> Tensor:
        return self.value[_resolve(index)]

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Any:
        return iter(self.value)

    def __int__(self) -> int:
        return int(self._scalar("int"))

    def __float__(self) -> float:
        return float(self._scalar("float"))

    def __bool__(self) -> bool:
        return bool(self._scalar("bool"))

    def __index__(self) -> int:
        return self._scalar("index").__index__()

    def _scalar(self, kind: str) -> Tensor:
        if self.parameter.numel() != 1:
            raise TypeError(
                f'Variable "{self.path}": shape is {self.shape}; only scalar arrays can be '
                f"converted to a Python {kind}."
            )
        return self.tensor.detach().reshape(())

    def __round__(self, ndigits: int | None = None) -> Tensor:
        return torch.round(self.value, decimals=ndigits or 0)

    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        if isinstance(other, Variable) or other is None or isinstance(other, (str, type)):
            return self is other
        value = self.value
        return value == as_operand(_resolve(other), value.dtype, value.device)

    def __ne__(self, other: Any) -> Any:
        if isinstance(other, Variable) or other is None or isinstance(other, (str, type)):
            return self is not other
        value = self.value
        return value != as_operand(_resolve(other), value.dtype, value.device)

    def __repr__(self) -> str:
        return (
            f"<Variable path={self.path}, shape={self.shape}, dtype={NAMES[self.parameter.dtype]}, "
            f"value={self.numpy()}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_module": self.module}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._module = _reference(self._module)


def _reference(module: nn.Module) -> Any:
    """``module``, or a weak reference to it if it holds its variables."""
    return weakref.ref(module) if getattr(module, "holds_variables", False) else module


def _operator(name: str) -> Any:
    function = getattr(operator, name)

    def operate(self: Variable) -> Any:
        return function(self.value)

    operate.__name__ = name
    operate.__doc__ = f"``Tensor.{name}`` of the value."
    return operate


def _promoting(name: str) -> Any:
    """An operator that takes NumPy arrays and lists on the other side too."""
    is_reflected = not hasattr(operator, name)
    own = name.replace("__r", "__", 1) if is_reflected else name
    # The compiler knows these functions, and of the methods only those that nobody has replaced.
    function = torch.matmul if own == "__matmul__" else getattr(operator, own)

    def operate(self: Variable, other: Any) -> Any:
        value = self.value
        other = as_operand(_resolve(other), value.dtype, value.device)
        if not is_reflected:
            return function(value, other)
        # NumPy's numbers would make an array of it.
        return function(other.item() if isinstance(other, np.generic) else other, value)

    operate.__name__ = name
    operate.__doc__ = f"``Tensor.{name}`` of the value."
    return operate


for _name in ("neg", "pos", "abs", "invert"):
    setattr(Variable, f"__{_name}__", _operator(f"__{_name}__"))
for _name in (
    *("lt", "le", "gt", "ge", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv"),
    *("floordiv", "rfloordiv", "mod", "rmod", "pow", "rpow", "matmul", "rmatmul"),
    *("and", "rand", "or", "ror", "xor", "rxor"),
):
    setattr(Variable, f"__{_name}__", _promoting(f"__{_name}__"))


def _resolve(value: Any) -> Any:
    """``value`` with the Variables in it, also inside lists and tuples, as tensors."""
    kind = type(value)
    if isinstance(value, Variable):
        return value.value
    if kind is list or kind is tuple:
        return kind([_resolve(item) for item in value])
    return value


def as_tensor(value: Any, dtype: torch.dtype, device: Any) -> Tensor:
    """``value`` as a tensor of this type and device."""
    if isinstance(value, Variable):
        value = value.tensor
    if isinstance(value, Tensor):
        return value if value.dtype == dtype and value.device == device else value.to(device, dtype)
    if isinstance(value, np.ndarray) and (
        not value.flags.writeable or min((0, *value.strides)) < 0
    ):
        value = value.copy()
    if isinstance(value, (list, tuple)) and any(isinstance(v, (Tensor, Variable)) for v in value):
        return torch.stack([as_tensor(item, dtype, device) for item in value])
    return torch.as_tensor(value, dtype=dtype, device=device)


def as_operand(value: Any, dtype: torch.dtype, device: Any) -> Any:
    """The other side of an operator: lists, tuples and arrays as tensors, anything else as is.

    They take the tensor's type; floats beside whole numbers stay floats, of type ``floatx()``.
    """
    if not isinstance(value, (list, tuple, np.ndarray)):
        return value
    if not (dtype.is_floating_point or dtype.is_complex) and _holds_floats(value):
        dtype = torch_dtype(None)
    return as_tensor(value, dtype, device)


def _holds_floats(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_floats(item) for item in value)
    if isinstance(value, Tensor):
        return value.is_floating_point()
    return np.asarray(value).dtype.kind == "f"


def _initial_value(initializer: Any, shape: Any, dtype: Any, device: Any) -> Tensor:
    if callable(initializer) and not isinstance(initializer, (Tensor, Variable)):
        if shape is None:
            raise argument_error(
                "Variable", "shape", None, "a shape, since the initializer is a callable"
            )
        value = initializer(tuple(shape), dtype=standardize_dtype(dtype))
    else:
        value = initializer
        if isinstance(value, Variable):
            value = value.tensor
    if dtype is None and (
        isinstance(value, float) or not isinstance(value, (Tensor, np.ndarray, np.generic))
    ):
        dtype = _python_dtype(value)
    if not isinstance(value, Tensor):
        value = torch.as_tensor(
            np.array(value), dtype=None if dtype is None else torch_dtype(dtype), device=device
        )
    value = value.detach().to(
        device=device, dtype=None if dtype is None else torch_dtype(dtype), copy=True
    )
    if shape is not None and tuple(value.shape) != tuple(shape):
        value = value.expand(tuple(shape)).clone()
    return value.contiguous()


def _python_dtype(value: Any) -> str:
    """Type of Python numbers: floats are ``floatx()``, integers int32, truth values bool."""
    kind = np.asarray(value).dtype.kind
    return {"f": standardize_dtype(None), "i": "int32", "b": "bool"}.get(kind) or standardize_dtype(
        np.asarray(value).dtype
    )


def _store_tensor(module: nn.Module, key: str, value: Tensor, trainable: bool) -> None:
    """Register ``value`` as a parameter, or as a buffer if it isn't to be trained."""
    if trainable and (value.is_floating_point() or value.is_complex()):
        module._parameters[key] = nn.Parameter(value)
    else:
        module._buffers[key] = value


class ShownTensor(Tensor):
    """A parameter in Keras's layout that remembers the variable it shows.

    It behaves as the plain tensor in every function but ``torch.autograd.grad``, which
    differentiates the parameter itself and gives the gradient in Keras's layout.
    """

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if function in _GRADIENT_FUNCTIONS:
            return _GRADIENT_FUNCTIONS[function](*args, **(kwargs or {}))
        with torch._C.DisableTorchFunctionSubclass():
            result = function(*args, **(kwargs or {}))
        return result


def shown_by(variable: Variable, shown: Tensor) -> Tensor:
    """``shown`` as a tensor that leads ``torch.autograd.grad`` back to ``variable``.

    A tensor without values, as in a run that asks for shapes, stays what it is.
    """
    if type(shown) is not Tensor:
        return shown
    tensor = shown.as_subclass(ShownTensor)
    tensor.__dict__["variable"] = variable
    return tensor


def _differentiable(item: Any) -> tuple[Any, Variable | None]:
    """What torch differentiates with respect to ``item``, and the variable it belongs to."""
    if isinstance(item, ShownTensor) and "variable" in item.__dict__:
        item = item.__dict__["variable"]
    if isinstance(item, Variable):
        return item.parameter, item
    return item, None


def _grad(outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> tuple[Tensor | None, ...]:
    """``torch.autograd.grad`` with respect to Variables, in Keras's layout."""
    single = isinstance(inputs, (Tensor, Variable))
    pairs = [_differentiable(item) for item in ([inputs] if single else inputs)]
    outputs = outputs if isinstance(outputs, (Tensor, Variable)) else list(outputs)
    gradients = torch.autograd.grad(
        _resolve(outputs), [tensor for tensor, _ in pairs], *args, **kwargs
    )
    return tuple(
        gradient if variable is None or gradient is None else variable.layout.to_keras(gradient)
        for gradient, (_, variable) in zip(gradients, pairs, strict=True)
    )


def _read_grad(shown: Any) -> Tensor | None:
    """``variable.value.grad``: the gradient of the parameter, in Keras's layout."""
    parameter, variable = _differentiable(shown)
    if parameter is shown:  # computed from a shown tensor, so it has none
        return None
    return None if parameter.grad is None else variable.layout.to_keras(parameter.grad)


_GRADIENT_FUNCTIONS = {torch.autograd.grad: _grad, Tensor.grad.__get__: _read_grad}
