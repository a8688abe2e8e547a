"""Where data enters a model."""

from typing import Any

from torchkeras import tracer
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer
from torchkeras.tracer import KerasTensor


class InputLayer(Layer):
    """The layer behind ``Input``: it holds the shape and type of what is fed.

    Args:
        shape: Shape without the batch axis, None where a size is unknown.
        batch_size: Length of the batch axis; None if unknown.
        dtype: Number type; None is ``floatx()``.
        sparse, ragged: Kept for configuration; tensors in models are dense.
        batch_shape: Shape with the batch axis, instead of the two.
        input_tensor: A symbolic tensor to stand for the input.
        optional: Whether None may be fed.
        name: Name; None makes one up.
        input_shape: ``shape``, as tf.keras spells it.
        type_spec: Something with a ``shape`` (batch included) and a ``dtype`` to take them from.
        **options: ``batch_input_shape``: ``batch_shape``, as tf.keras spells it.

    Raises:
        ValueError: neither a shape nor a batch shape, or both; sparse and ragged at once.

    Source: Keras 3 ``InputLayer``.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        *,
        input_shape: Any = None,
        type_spec: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name)
        shape = shape if input_shape is None else input_shape
        batch_shape = options.pop("batch_input_shape", batch_shape)
        if type_spec is not None:
            batch_shape, dtype = tuple(type_spec.shape), dtype or type_spec.dtype
        if options:
            raise TypeError(f"InputLayer: Unrecognized keyword arguments: {list(options)}.")
        if sparse and ragged:
            raise argument_error(self, "ragged", ragged, "False, since sparse is True")
        if input_tensor is not None:
            batch_shape, shape = tuple(input_tensor.shape), None
            dtype = dtype or input_tensor.dtype
        if shape is not None and batch_shape is not None:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": You cannot pass both `shape` and '
                "`batch_shape` at the same time."
            )
        if shape is None and batch_shape is None:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": You must pass a `shape` argument, a shape '
                "without the batch axis, such as (28, 28)."
            )
        if batch_shape is None:
            batch_shape = (batch_size, *sizes_of(self, "shape", shape))
        self._batch_shape = sizes_of(self, "batch_shape", batch_shape)
        self._dtype_name = standardize_dtype(dtype)
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.optional = bool(optional)
        self.built = True
        symbol = (
            input_tensor
            if input_tensor is not None
            else KerasTensor(
                self._batch_shape, self._dtype_name, self.sparse, self.ragged, name=self.name
            )
        )
        tracer.record(self, (), {}, symbol)

    def call(self, *inputs: Any) -> Any:
        """The inputs as they are."""
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def batch_shape(self) -> Shape:
        """Shape with the batch axis."""
        return self._batch_shape

    @property
    def batch_size(self) -> int | None:
        """Length of the batch axis."""
        return self._batch_shape[0]

    @property
    def dtype(self) -> str:
        """Number type of the input."""
        return self._dtype_name

    @property
    def input(self) -> KerasTensor:
        """The symbolic input."""
        return self.output

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self._batch_shape,
            "dtype": self._dtype_name,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            **({"optional": True} if self.optional else {}),
        }


def sizes_of(owner: Any, argument: str, shape: Any) -> Shape:
    """``shape`` as a tuple of integers and None.

    Raises:
        ValueError: it isn't a shape.
    """
    if hasattr(shape, "as_list"):
        shape = shape.as_list()
    shape = (shape,) if isinstance(shape, int) else shape
    try:
        sizes = tuple(None if size is None else size.__index__() for size in shape)
    except (TypeError, AttributeError):
        raise argument_error(
            owner, argument, shape, "a tuple of integers and None", "Cannot convert to a shape."
        ) from None
    if any(size is not None and size < 0 for size in sizes):
        raise argument_error(owner, argument, sizes, "sizes of 0 or more")
    return sizes


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
    ragged: bool | None = None,
    type_spec: Any = None,
    **options: Any,
) -> Any:
    """A symbolic tensor for data to be fed: where a functional model begins.

    Args:
        shape: Shape without the batch axis, None where a size is unknown.
        batch_size: Length of the batch axis; None if unknown.
        dtype: Number type; None is ``floatx()``.
        sparse, ragged: Kept for configuration; tensors in models are dense.
        batch_shape: Shape with the batch axis, instead of ``shape`` and ``batch_size``.
        name: Name of the input.
        tensor: A symbolic tensor to use as the input.
        optional: Whether None may be fed.
        type_spec: Something with a ``shape`` (batch included) and a ``dtype`` to take them from.
        **options: ``input_shape``, ``batch_input_shape``: as in ``InputLayer``.

    Example:
        >>> Input((28, 28)).shape
        (None, 28, 28)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
        type_spec=type_spec,
        **options,
    )
    return layer.output
