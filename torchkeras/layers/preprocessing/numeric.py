"""Preparing numbers: scales and moments."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import settings
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import Shape
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.preprocessing.adapted import PreprocessingLayer
from torchkeras.layers.preprocessing.adapting import as_numbers, batches_of
from torchkeras.layers.preprocessing.base import DataLayer
from torchkeras.layers.shapes import SameShape


class Rescaling(SameShape, DataLayer):
    """``x * scale + offset``, in the layer's float type.

    Args:
        scale: A number, or one for each channel.
        offset: A number, or one for each channel.

    Source: Keras 3 ``Rescaling``.

    Example:
        >>> keras.layers.Rescaling(1 / 255)(torch.tensor([0, 255]))
        tensor([0., 1.])
    """

    supports_masking = True

    def __init__(
        self,
        scale: float | Sequence[float],
        offset: float | Sequence[float] = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.scale = scale
        self.offset = offset

    def call(self, inputs: Tensor) -> Tensor:
        inputs = inputs.to(torch_dtype(self.compute_dtype))
        scaled = inputs * self._factor(self.scale, inputs)
        if isinstance(self.offset, (int, float)) and not self.offset:
            return scaled
        return scaled + self._factor(self.offset, inputs)

    def _factor(self, value: Any, x: Tensor) -> Any:
        if isinstance(value, (int, float)):
            return value
        if isinstance(value, (list, tuple)):
            value = [*value]  # a plain list, whatever holds it
        numbers = torch.as_tensor(value, dtype=x.dtype, device=x.device)
        if numbers.ndim and settings.image_data_format() == "channels_first":
            return numbers.reshape(*numbers.shape, *(1,) * (3 - numbers.ndim))
        return numbers


class Normalization(SameShape, PreprocessingLayer):
    """``(x - mean) / sqrt(variance)``, with moments given or found in data by ``adapt``.

    Args:
        axis: The axis, or several, along which moments differ; None takes them over all elements.
        mean, variance: Moments, if they are known, one for each position along ``axis``.
        invert: Whether to compute ``x * sqrt(variance) + mean`` instead.

    Weights:
        mean, variance: the lengths of the axes; count: ``()``, unused. None if they were given.

    Raises:
        ValueError: only one of the moments is given, their shapes differ or don't fit, or a length
            along ``axis`` is unknown.

    Source: Keras 3 ``Normalization``.

    Example:
        >>> layer = keras.layers.Normalization()
        >>> layer.adapt(np.array([[1.0], [3.0]]))
        >>> layer(torch.tensor([[1.0], [5.0]]))
        tensor([[-1.],
                [ 3.]])
    """

    supports_masking = True

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        axes = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.axis = axes
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        if (mean is None) != (variance is None):
            raise argument_error(
                self,
                "variance" if variance is None else "mean",
                None,
                "a value, since the other is given",
                "When setting values directly, both `mean` and `variance` must be set.",
            )
        if mean is not None and (
            np.shape(mean) != np.shape(variance) or len(np.shape(mean)) > len(axes)
        ):
            raise argument_error(
                self,
                "shapes of mean and variance",
                (np.shape(mean), np.shape(variance)),
                f"equal shapes of at most {len(axes)} axes",
            )

    def build(self, input_shape: Shape) -> None:
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise argument_error(
                self, "axis", self.axis, f"axes of the input shape {tuple(input_shape)}"
            )
        self.kept = tuple(sorted(axis % rank for axis in self.axis))
        self.reduced = tuple(axis for axis in range(rank) if axis not in self.kept)
        shape = tuple(input_shape[axis] for axis in self.kept)
        if None in shape:
            raise argument_error(
                self,
                "input shape",
                tuple(input_shape),
                f"known lengths of the axes {self.kept}",
                "All `axis` values to be kept must have a known shape.",
            )
        self.broadcast_shape = tuple(n if a in self.kept else 1 for a, n in enumerate(input_shape))
        self.shape = shape
        if self.input_mean is None:
            self.adapt_mean = self._moment("mean", shape, "zeros")
            self.adapt_variance = self._moment("variance", shape, "ones")
            self.count = self.add_weight(
                name="count", shape=(), dtype="int32", initializer="zeros", trainable=False
            )
        else:
            self.register_buffer("given_mean", self._given(self.input_mean), persistent=False)
            self.register_buffer(
                "given_variance", self._given(self.input_variance), persistent=False
            )

    def _moment(self, name: str, shape: Shape, initializer: str) -> Any:
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False)

    def _given(self, value: Any) -> Tensor:
        """A given moment, aligned with the last of the kept axes."""
        numbers = torch.as_tensor(np.asarray(value), dtype=torch_dtype(self.variable_dtype))
        shape = [1] * len(self.broadcast_shape)
        for place in range(1, numbers.ndim + 1):
            shape[self.kept[-place]] = numbers.shape[-place]
        return numbers.reshape(shape).expand(self.broadcast_shape).clone()

    @property
    def mean(self) -> Tensor | None:
        """The mean in force, in a shape that broadcasts; None before the layer is built."""
        return self._in_force("given_mean", "adapt_mean")

    @property
    def variance(self) -> Tensor | None:
        """The variance in force, in a shape that broadcasts; None before the layer is built."""
        return self._in_force("given_variance", "adapt_variance")

    def _in_force(self, given: str, adapted: str) -> Tensor | None:
        if not self.built:
            return None
        if self.input_mean is not None:
            return self._buffers[given]
        return getattr(self, adapted).tensor.reshape(self.broadcast_shape)

    def call(self, inputs: Tensor) -> Tensor:
        dtype = torch_dtype(self.compute_dtype)
        inputs = inputs.to(dtype)
        mean = self.mean.to(dtype)
        stddev = torch.sqrt(self.variance).to(dtype)
        if self.invert:
            return mean + inputs * torch.clamp(stddev, min=settings.epsilon())
        return (inputs - mean) / torch.clamp(stddev, min=settings.epsilon())

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take mean and variance from data.

        Args:
            data: An array or tensor, or batches of them: a dataset, a loader, a list, a generator;
                of a tuple, its first part is taken.
            batch_size: Accepted for tf.keras; arrays are read in one go.
            steps: Number of batches to take; None takes all.

        Raises:
            ValueError: there is no data, or its shape isn't the one that the layer was built for.
            TypeError: ``data`` is of another kind.
            RuntimeError: the moments were given to the constructor.
        """
        if self.input_mean is not None:
            raise moment_error(
                self,
                "mean and variance were given, so there is nothing to adapt",
                "Leave them out.",
            )
        self.reset_state()
        for batch in batches_of(self, data, steps):
            self.update_state(batch)
        if self._seen is None:
            raise argument_error(self, "data", data, "at least one batch", "adapt() received none.")
        self.finalize_state()
        self._is_adapted = True

    _seen: tuple[int, np.ndarray, np.ndarray] | None = None  # number of values, moments

    def update_state(self, data: Any) -> None:
        """Take one batch into account."""
        self.__dict__["_seen"] = self._joined(self._seen, self._moments(as_numbers(data)))

    def reset_state(self) -> None:
        """Forget the data seen so far; the moments in force stay."""
        self.__dict__["_seen"] = None

    def finalize_state(self) -> None:
        """Put the moments of the data seen in force, if there were any."""
        if self._seen is not None:
            _, mean, variance = self._seen
            self.adapt_mean.assign(mean.astype("float32"))
            self.adapt_variance.assign(variance.astype("float32"))

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["mean"], config["variance"] = _plain(self.input_mean), _plain(self.input_variance)
        return config

    def _moments(self, batch: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
        if not self.built:
            self.build((None, *batch.shape[1:]) if 0 in self._reduced_of(batch) else batch.shape)
        shape = tuple(batch.shape[axis] for axis in self.kept if axis < batch.ndim)
        if shape != self.shape:
            raise argument_error(
                self,
                "data shape",
                batch.shape,
                f"lengths {self.shape} along the axes {self.kept}",
                "adapt() is being called with data with an incompatible shape.",
            )
        numbers = batch.astype(np.float64)
        count = int(np.prod([batch.shape[axis] for axis in self.reduced]))
        return count, numbers.mean(axis=self.reduced), numbers.var(axis=self.reduced)

    def _reduced_of(self, batch: np.ndarray) -> set[int]:
        kept = {axis % batch.ndim for axis in self.axis if -batch.ndim <= axis < batch.ndim}
        return set(range(batch.ndim)) - kept

    def _joined(self, total: Any, part: Any) -> Any:
        """Moments of two sets of data together."""
        if total is None:
            return part
        count = total[0] + part[0]
        share = part[0] / count
        mean = total[1] * (1 - share) + part[1] * share
        variance = (total[2] + (total[1] - mean) ** 2) * (1 - share)
        variance = variance + (part[2] + (part[1] - mean) ** 2) * share
        return count, mean, variance


def _plain(value: Any) -> Any:
    """Numbers as lists, which configurations can hold."""
    return None if value is None else np.asarray(value).tolist()
