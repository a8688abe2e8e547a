"""Tensors, variables and what describes them: the names at the top of ``tf``."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import Composite, over_values
from torchkeras_shim.parts import assignable
from torchkeras_shim.printing import described
from torchkeras_shim.rowwise import check_apart
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import Sizes, as_sizes
from torchkeras_shim.text import Texts, as_texts

from tensorflow import dtypes
from tensorflow.slices import Scattering
from torchkeras import ops
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import NAMES, standardize_dtype, torch_dtype
from torchkeras.core.variable import Variable as KerasVariable
from torchkeras.tracer import KerasTensor


def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Any:
    """``value`` as a tensor; texts as a NumPy array of objects.

    Args:
        value: A number, array, tensor, variable or nested list of them.
        dtype: Number type; None keeps an array's own and makes Python's numbers int32, float32 and
            complex128.
        dtype_hint: A type that is taken if ``value`` has none of its own and fits it.
        name: Accepted.
    """
    if isinstance(value, Sizes):
        value = value.tensor()
    if isinstance(value, IndexedSlices):
        value = value.to_dense()
    if dtype is dtypes.string or is_text(value):
        return _texts(value, dtype)
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if dtype is None and isinstance(_first(value), complex) and not hasattr(value, "dtype"):
        dtype = torch.complex128
    tensor = ops.convert_to_tensor(value, dtype=dtype)
    if dtype is None and dtype_hint is not None and not hasattr(value, "dtype"):
        fits = dtype_hint is not dtypes.string and _fits(tensor, torch_dtype(dtype_hint))
        return ops.convert_to_tensor(value, dtype=dtype_hint) if fits else tensor
    return tensor


def _texts(value: Any, dtype: Any) -> Texts:
    """Texts as what they are.

    Raises:
        TypeError: they aren't texts, or shall be numbers.
    """
    if dtype not in (None, dtypes.string):
        raise kind_error("tf.convert_to_tensor", "value", value, f"numbers, of type {dtype}")
    texts = as_texts(value)
    if texts.size and not isinstance(texts.flat[0], (str, bytes, np.ndarray)):
        raise kind_error("tf.convert_to_tensor", "value", value, "texts")
    return texts


def _fits(tensor: Any, dtype: torch.dtype) -> bool:
    """Whether numbers without a type of their own keep their values in ``dtype``."""
    return _fits_floats(dtype) or not tensor.is_floating_point()


def _fits_floats(dtype: torch.dtype) -> bool:
    return dtype.is_floating_point or dtype.is_complex


def _first(value: Any) -> Any:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value


def is_text(value: Any) -> bool:
    """Whether ``value`` is a string, or an array or nested list of them."""
    value = _first(value)
    if isinstance(value, (str, bytes)):
        return True
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "OSU"


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Any:
    """A tensor of ``value``; one number fills a ``shape``, several are laid out in it.

    Raises:
        TypeError: floating numbers are to be whole ones.
        ValueError: there are not as many values as ``shape`` says.
    """
    is_float = isinstance(_first(value), float) and not hasattr(value, "dtype")
    if is_float and dtype not in (None, dtypes.string) and not _fits_floats(torch_dtype(dtype)):
        raise kind_error("tf.constant", "value", value, f"whole numbers, of type {dtype}")
    result = convert_to_tensor(value, dtype)
    if shape is None:
        return result
    shape = as_sizes(shape)
    if isinstance(result, Tensor) and result.numel() == 1:
        return result.reshape(()).expand(shape).clone()
    if isinstance(result, Texts) and result.size == 1:
        return as_texts(np.full(shape, result.item(), dtype=object))
    if result.shape != shape and math.prod(result.shape) != math.prod(shape):
        raise argument_error("tf.constant", "shape", shape, f"a shape of {result.size} values")
    return result.reshape(shape)


class Variable(Scattering, KerasVariable):
    """A value that can be assigned to.

    Args:
        initial_value: A number, array, tensor or a function that gives one.
        trainable: Whether tapes watch it and optimizers change it; None means that they do.
        validate_shape, caching_device, variable_def, import_scope: Settings of TensorFlow's
            graphs; accepted.
        name: A name, behind which those of the enclosing scopes and ":0" are read; None is
            "Variable".
        dtype: Number type; None takes that of the value.
        constraint: A function that optimizers apply after each step.
        synchronization, aggregation: As in ``keras.Variable``.
        shape: Shape to check the value against.

    ``use_locking`` of the methods changes nothing here: torch changes a value as a whole.

    Source: ``tf.Variable``.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = "auto",
        aggregation: Any = "none",
        shape: Any = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        if initial_value is None:
            raise argument_error("tf.Variable", "initial_value", None, "a value to begin with")
        value = initial_value() if callable(initial_value) else initial_value
        value = convert_to_tensor(value, dtype)
        if shape is not None and not TensorShape(shape).is_compatible_with(value.shape):
            raise argument_error(
                "tf.Variable", "shape", tuple(shape), f"that of the value, {tuple(value.shape)}"
            )
        super().__init__(
            value,
            trainable=trainable is not False,
            name="Variable" if name is None else name.replace("/", "_"),
            aggregation=str(getattr(aggregation, "value", aggregation)).lower(),
        )
        self.constraint = constraint

    @property
    def name(self) -> str:
        """Scopes, name and ":0", as in ``"outer/weight:0"``."""
        path = self.__dict__.get("path")
        return self.__dict__["_name"] if path is None else f"{path}:0"

    @name.setter
    def name(self, name: str) -> None:
        self.__dict__["_name"] = name

    @property
    def shape(self) -> TensorShape:
        """Lengths of the axes."""
        return TensorShape(self.tensor.shape)

    @property
    def dtype(self) -> torch.dtype:
        """Number type, which equals its name, too."""
        return torch_dtype(super().dtype)

    def __repr__(self) -> str:
        return (
            f"<tf.Variable {self.name!r} shape={tuple(self.shape)} "
            f"dtype={NAMES[self.value.dtype]}, numpy={described(self.value)}>"
        )

    def get_shape(self) -> TensorShape:
        """Lengths of the axes."""
        return self.shape

    def __getitem__(self, index: Any) -> Tensor:
        return assignable(self, index, self.value[index])

    def read_value(self) -> Tensor:
        """The value as a tensor."""
        return self.value

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> "Variable | None":
        """Take over ``value``; give the variable back, unless not ``read_value``."""
        check_apart("tf.Variable.assign")
        changed = super().assign(_plain(value))
        return changed if read_value else None

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> "Variable | None":
        """Add ``delta``; give the variable back, unless not ``read_value``."""
        changed = super().assign_add(_plain(delta))
        return changed if read_value else None

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> "Variable | None":
        """Subtract ``delta``; give the variable back, unless not ``read_value``."""
        changed = super().assign_sub(_plain(delta))
        return changed if read_value else None


def _plain(value: Any) -> Any:
    return value.tensor() if isinstance(value, Sizes) else value


class IndexedSlices:
    """Rows of a tensor by number; there is nothing in the others.

    Args:
        values: ``(n, ...)`` the rows.
        indices: ``(n,)`` their numbers.
        dense_shape: Lengths of the whole tensor's axes.

    Source: ``tf.IndexedSlices``.

    Example:
        >>> IndexedSlices([[1.0]], [1], [2, 1]).to_dense().tolist()
        [[0.0], [1.0]]
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values = convert_to_tensor(values)
        self.indices = convert_to_tensor(indices)
        self.dense_shape = None if dense_shape is None else convert_to_tensor(dense_shape)

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.values.dtype

    @property
    def shape(self) -> TensorShape:
        """Lengths of the whole tensor's axes, the first None if unknown."""
        if self.dense_shape is None:
            return TensorShape((None, *self.values.shape[1:]))
        return TensorShape(as_sizes(self.dense_shape))

    def to_dense(self) -> Tensor:
        """The whole tensor; rows with the same number add up.

        Raises:
            ValueError: ``dense_shape`` isn't given.
        """
        if self.dense_shape is None:
            raise argument_error("tf.IndexedSlices", "dense_shape", None, "the lengths of the axes")
        zeros = self.values.new_zeros(as_sizes(self.dense_shape))
        return zeros.index_add(0, self.indices.long(), self.values)


class TensorSpec:
    """Shape and type of tensors, without a value.

    Args:
        shape: Lengths of the axes, None where any will do; None as a whole for any shape.
        dtype: Number type, or ``tf.string``.
        name: A name.
    """

    def __init__(self, shape: Any = None, dtype: Any = torch.float32, name: Any = None) -> None:
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype = dtypes.as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> "TensorSpec":
        """The description of a tensor, of a symbolic one or of an array."""
        return cls(np.shape(tensor) if is_text(tensor) else tensor.shape, _dtype(tensor), name)

    def batched(self, size: int | None) -> "TensorSpec":
        """The description of ``size`` such tensors along a new first axis."""
        return TensorSpec(None if self.shape is None else (size, *self.shape), self.dtype)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor, or another description, fits this one."""
        dtype = other.dtype if isinstance(other, TensorSpec) else _dtype(other)
        if dtype != self.dtype:
            return False
        return self.shape is None or self.shape.is_compatible_with(other.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        name = getattr(self.dtype, "name", None) or NAMES[self.dtype]
        return f"TensorSpec(shape={self.shape}, dtype=tf.{name}, name={self.name!r})"


def _dtype(tensor: Any) -> Any:
    return dtypes.string if is_text(tensor) else dtypes.as_dtype(tensor.dtype)


def type_spec_from_value(value: Any) -> TensorSpec:
    """The description of a tensor."""
    return TensorSpec.from_tensor(value)


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a tensor, a symbolic one or a variable."""
    return isinstance(x, (Tensor, KerasTensor, KerasVariable, Composite, Texts))


def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether ``tensor`` stands for a value of a model that is being built."""
    return isinstance(tensor, KerasTensor)


def shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Lengths of the axes, as numbers; of a symbolic tensor, symbolic where unknown.

    Args:
        input: A tensor or anything that makes one.
        out_type: Number type of the result; None gives plain integers (see ``Sizes``).
        name: Accepted.
    """
    lengths = Sizes(ops.shape(input if is_tensor(input) else convert_to_tensor(input)))
    return (
        lengths if out_type in (None, torch.int32) else lengths.tensor().to(torch_dtype(out_type))
    )


def size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Number of elements, as an int32 tensor."""
    if isinstance(input, Composite):
        input = input if hasattr(input, "dense_shape") else input.flat_values
    return ops.convert_to_tensor(math.prod(shape(input)), dtype=out_type or torch.int32)


def rank(input: Any, name: str | None = None) -> Any:
    """Number of axes, as an int32 tensor."""
    known = input.shape if isinstance(input, Composite) else shape(input)
    return ops.convert_to_tensor(len(known), dtype="int32")


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """``x``, if it has this shape.

    Raises:
        ValueError: it has another.
    """
    if not TensorShape(shape).is_compatible_with(x.shape):
        raise argument_error("tf.ensure_shape", "shape", tuple(x.shape), f"{tuple(shape)}")
    return x


def _check_layout(where: str, layout: Any) -> None:
    if layout is not None:
        raise argument_error(
            f"tf.{where}",
            "layout",
            layout,
            "None",
            "Arrays over several devices: keras.distribution.",
        )


def zeros(
    shape: Any, dtype: Any = torch.float32, name: str | None = None, layout: Any = None
) -> Any:
    """Zeros, or empty texts; ``layout`` is None."""
    _check_layout("zeros", layout)
    if dtype is dtypes.string:
        return as_texts(np.full(as_sizes(shape), "", dtype=object))
    return ops.zeros(as_sizes(shape), dtype=dtype)


def ones(
    shape: Any, dtype: Any = torch.float32, name: str | None = None, layout: Any = None
) -> Any:
    """Ones; ``layout`` is None."""
    _check_layout("ones", layout)
    return ops.ones(as_sizes(shape), dtype=dtype)


def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """One value everywhere; ``layout`` is None.

    Raises:
        ValueError: ``value`` has axes.
    """
    _check_layout("fill", layout)
    value = convert_to_tensor(value)
    if value.ndim:
        raise argument_error("tf.fill", "value", value.tolist(), "one value")
    if isinstance(value, Texts):
        return as_texts(np.full(as_sizes(dims), value.item(), dtype=object))
    return ops.full(as_sizes(dims), value, dtype=value.dtype)


@over_values
def zeros_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """Zeros, or empty texts, in the shape of ``input``; ``layout`` is None."""
    _check_layout("zeros_like", layout)
    if dtype is dtypes.string or (dtype is None and is_text(input)):
        return zeros(np.shape(input), dtypes.string)
    return ops.zeros_like(input, dtype=dtype)


@over_values
def ones_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """Ones in the shape of ``input``; ``layout`` is None."""
    _check_layout("ones_like", layout)
    return ops.ones_like(input, dtype=dtype)


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Iterable[int] | None = None,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Any:
    """Ones on the diagonal and zeros elsewhere."""
    columns = None if num_columns is None else int(num_columns)
    result = ops.eye(int(num_rows), columns, dtype=dtype)
    return result if batch_shape is None else result.expand(*as_sizes(batch_shape), *result.shape)


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """Numbers from ``start`` up to ``limit``, ``delta`` apart; with one argument, from 0."""
    if limit is None:
        start, limit = 0, start
    values = [convert_to_tensor(value) for value in (start, limit, delta)]
    if dtype is None:
        dtype = next((v.dtype for v in values if v.is_floating_point()), None)
        dtype = dtype or next((v.dtype for v in values if v.dtype == torch.int64), torch.int32)
    return torch.arange(*(value.item() for value in values), dtype=torch_dtype(dtype))


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Any:
    """``num`` numbers from ``start`` to ``stop``, both included."""
    dtype = "float64" if isinstance(start, int) and isinstance(stop, int) else None
    return ops.linspace(start, stop, int(num), dtype=dtype, axis=axis)


@over_values
def identity(input: Any, name: str | None = None) -> Any:
    """A copy."""
    if is_text(input):
        return as_texts(np.array(input, dtype=object))
    return ops.copy(convert_to_tensor(input))


@over_values
def stop_gradient(input: Any, name: str | None = None) -> Any:
    """``input`` as a constant, for gradients."""
    return ops.stop_gradient(input)


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value as an array; None for a symbolic tensor.

    ``partial`` changes nothing here: a symbolic tensor's value isn't known in parts.
    """
    return None if is_symbolic_tensor(tensor) else np.asarray(tensor)


def dtype_name(dtype: Any) -> str:
    """A number type's name."""
    return standardize_dtype(dtype)
