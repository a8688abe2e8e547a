"""How a Keras weight lies in a torch parameter: linear bijections."""

import math

from torch import Tensor


class Layout:
    """The identity, and the base of all layouts.

    A layout maps the tensor that a torch module stores to the one that Keras shows, and back. Both
    directions only rearrange elements, so arithmetic that works element by element may be done on
    either side.
    """

    is_identity = True

    def to_keras(self, stored: Tensor) -> Tensor:
        """The tensor as Keras shows it."""
        return stored

    def from_keras(self, shown: Tensor) -> Tensor:
        """The tensor as the torch module stores it."""
        return shown

    def in_order(self, stored: Tensor) -> Tensor:
        """``stored`` in a shape whose elements, counted along the last axis first, are Keras's.

        Where that is possible it shares the memory of ``stored``.
        """
        return self.to_keras(stored)

    def keras_shape(self, stored_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Keras's shape of a tensor stored with ``stored_shape``."""
        return tuple(stored_shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


IDENTITY = Layout()


class Permuted(Layout):
    """Axes in another order: ``shown = stored.permute(axes)``."""

    is_identity = False

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = tuple(axes)
        self.inverse = tuple(self.axes.index(axis) for axis in range(len(self.axes)))

    def to_keras(self, stored: Tensor) -> Tensor:
        return stored.permute(self.axes)

    def from_keras(self, shown: Tensor) -> Tensor:
        return shown.permute(self.inverse)

    def keras_shape(self, stored_shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(stored_shape[axis] for axis in self.axes)

    def __repr__(self) -> str:
        return f"Permuted({self.axes})"


class Reshaped(Layout):
    """The same elements in order, under another shape, then with axes permuted.

    ``shown = stored.permute(axes).reshape(shape)``; ``axes`` None keeps their order.
    """

    is_identity = False

    def __init__(
        self,
        shape: tuple[int, ...],
        stored_shape: tuple[int, ...],
        axes: tuple[int, ...] | None = None,
    ) -> None:
        if math.prod(shape) != math.prod(stored_shape):
            raise ValueError(
                f"Reshaped: shape is {tuple(shape)}; expected the size of {tuple(stored_shape)}."
            )
        self.shape = tuple(shape)
        self.permuted = Permuted(axes or tuple(range(len(stored_shape))))
        self.between = self.permuted.keras_shape(tuple(stored_shape))

    def to_keras(self, stored: Tensor) -> Tensor:
        return self.permuted.to_keras(stored).reshape(self.shape)

    def in_order(self, stored: Tensor) -> Tensor:
        return self.permuted.to_keras(stored)

    def from_keras(self, shown: Tensor) -> Tensor:
        return self.permuted.from_keras(shown.reshape(self.between))

    def keras_shape(self, stored_shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.shape

    def __repr__(self) -> str:
        return f"Reshaped({self.shape}, {self.permuted!r})"
