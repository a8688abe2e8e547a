"""What a layer demands of its inputs' shapes."""

from typing import Any

from torchkeras.core.checks import argument_error, describe
from torchkeras.core.typing import Shape


class InputSpec:
    """Demands on one input.

    Args:
        dtype: Number type, for information.
        shape: The exact shape, None where any size will do.
        ndim: Number of axes.
        max_ndim, min_ndim: Limits on the number of axes.
        axes: Mapping from axis to its length (None: any).
        allow_last_axis_squeeze: Whether a last axis of length 1 may be missing or surplus.
        name: Name of the input, for information.
        optional: Whether None is taken.

    Raises:
        TypeError: ``axes`` isn't a mapping of integers.
        ValueError: ``axes`` names one beyond the number of axes.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Shape | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (TypeError, ValueError, AttributeError):
            raise TypeError(
                f"InputSpec: axes is {axes!r}; expected a mapping from integer axes to lengths."
            ) from None
        limit = self.ndim if self.ndim is not None else self.max_ndim
        if self.axes and limit is not None and max(self.axes) >= limit:
            raise argument_error("InputSpec", "axes", axes, f"axes below {limit}")
        # What is checked at each call, as short as it can be.
        self.fixed = self._fixed_sizes()

    def _fixed_sizes(self) -> tuple[tuple[int, int], ...]:
        fixed = {axis: size for axis, size in self.axes.items() if size is not None}
        if self.shape is not None:
            fixed.update({i: size for i, size in enumerate(self.shape) if size is not None})
        return tuple(fixed.items())

    def fits(self, shape: Shape) -> bool:
        """Whether ``shape`` meets the demands."""
        if self.allow_last_axis_squeeze and self.shape is not None:
            return self._fits_squeezed(shape)
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            return False
        if self.min_ndim is not None and rank < self.min_ndim:
            return False
        if self.max_ndim is not None and rank > self.max_ndim:
            return False
        for axis, size in self.fixed:
            if shape[axis] != size and shape[axis] is not None:
                return False
        return True

    def _fits_squeezed(self, shape: Shape) -> bool:
        """A last axis of length 1 doesn't count, and only common axes are compared, as in Keras."""
        wanted = self.shape[:-1] if self.shape[-1:] == (1,) else self.shape
        shape = shape[:-1] if tuple(shape[-1:]) == (1,) else shape
        return all(a == b or None in (a, b) for a, b in zip(shape, wanted, strict=False))

    def check(self, shape: Shape, owner: Any) -> None:
        """Raise a ValueError unless ``shape`` meets the demands."""
        if self.fits(shape):
            return
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            wanted = f"expected ndim={self.ndim}, found ndim={rank}"
        elif self.min_ndim is not None and rank < self.min_ndim:
            wanted = f"expected min_ndim={self.min_ndim}, found ndim={rank}"
        elif self.max_ndim is not None and rank > self.max_ndim:
            wanted = f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        else:
            axis, size = next((a, s) for a, s in self.fixed if shape[a] not in (s, None))
            wanted = f"expected axis {axis} of input shape to have value {size}, got {shape[axis]}"
        raise ValueError(
            f"{describe(owner)}: the input is incompatible with the layer: {wanted}. "
            f"Full shape received: {tuple(shape)}"
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "InputSpec":
        """An object made from what ``get_config`` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        shown = {k: v for k, v in self.get_config().items() if v not in (None, {}, False)}
        return f"InputSpec({', '.join(f'{key}={value}' for key, value in shown.items())})"
