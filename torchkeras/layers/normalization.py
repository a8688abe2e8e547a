"""Normalization by moments of the batch, of the sample, or of groups of channels."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error, kind_error, known_size
from torchkeras.core.typing import ConstraintLike, InitializerLike, RegularizerLike, Shape
from torchkeras.distribution import current_group
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.shapes import SameShape
from torchkeras.nn import norm


class Normalizing(SameShape, Layer):
    """What normalizations with ``gamma`` and ``beta`` share.

    Args:
        center: Whether ``beta`` is added.
        scale: Whether ``gamma`` is multiplied with.
        beta_*, gamma_*: Initializer, regularizer and constraint of each weight (see ``Layer``).
    """

    supports_masking = True

    def __init__(
        self,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.center = center
        self.scale = scale
        self.weight_rules("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.weight_rules("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)

    def adopt_affine(self) -> None:
        """Show the weight and bias of ``self.norm`` as ``gamma`` and ``beta``."""
        self.gamma = self.beta = None
        if self.norm.weight is not None:
            self.adopt_weight("gamma", "norm.weight")
        if self.norm.bias is not None:
            self.adopt_weight("beta", "norm.bias")

    def call(self, inputs: Tensor) -> Tensor:
        return self.norm(inputs)

    def check_axes(self, shape: Shape, axes: Sequence[int]) -> None:
        """Raise a ValueError unless ``shape`` has these axes."""
        for axis in axes:
            if not -len(shape) <= axis < len(shape):
                raise argument_error(
                    self,
                    "axis",
                    axis,
                    f"an axis of the input shape {tuple(shape)}",
                    f"Axis {axis} is out of bounds for input shape {tuple(shape)}.",
                )


class BatchNormalization(Normalizing):
    """Normalizes each channel by the batch's mean and variance in training, else by moving ones.

    ``y = (x - mean) / sqrt(variance + epsilon) * gamma + beta``, and in training
    ``moving = moving * momentum + batch * (1 - momentum)`` with the biased variance. While
    ``trainable`` is False, it always infers.

    Args:
        axis: The axis of the channels.
        momentum: How much of the moving moments stays, in [0, 1].
        epsilon: Added to the variance.
        center: Whether ``beta`` is added.
        scale: Whether ``gamma`` is multiplied with.
        *_initializer, *_regularizer, *_constraint: For each weight (see ``Layer``).
        renorm: Whether to correct towards the moving moments in training too.
        renorm_clipping: Bounds "rmin", "rmax" and "dmax" of that correction.
        renorm_momentum: Momentum of the moments that the correction refers to.
        synchronized: Whether the batch is that of all processes together.

    Shape:
        inputs: Any, with a known length of ``axis``.
        mask: The shape of ``x`` without its last axis; False elements have no part in the moments.

    Weights:
        gamma, beta, moving_mean, moving_variance: ``(channels,)``; with ``renorm`` also
            moving_stddev, renorm_mean and renorm_stddev.

    Raises:
        ValueError: the input has no such axis, its length is unknown or has changed, the mask has
            another rank, or ``renorm_clipping`` has other keys or contradicting values.

    Source: Ioffe and Szegedy 2015; Keras 3 ``BatchNormalization``.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        moving_mean_initializer: InitializerLike = "zeros",
        moving_variance_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **options,
        )
        if isinstance(axis, (list, tuple)):  # tf.keras 2 writes [3]
            if len(axis) != 1:
                raise argument_error(self, "axis", axis, "one axis")
            axis = axis[0]
        self.axis = int(axis)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.weight_rules("moving_mean", moving_mean_initializer)
        self.weight_rules("moving_variance", moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = self._checked_clipping(renorm_clipping)
        self.renorm_momentum = renorm_momentum
        self.synchronized = synchronized

    def _checked_clipping(self, clipping: Mapping[str, float] | None) -> dict[str, float] | None:
        if clipping is None:
            return None
        clipping = dict(clipping)
        rmin, rmax, dmax = (clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if (
            set(clipping) - {"rmin", "rmax", "dmax"}
            or (rmin is not None and rmax is not None and rmax < rmin)
            or (dmax is not None and dmax < 0)
        ):
            raise argument_error(
                self, "renorm_clipping", clipping, "keys rmin <= rmax and dmax, 0 or more"
            )
        return clipping

    def build(self, input_shape: Shape) -> None:
        self.check_axes(input_shape, (self.axis,))
        channels = known_size(self, input_shape, self.axis)
        axis = self.axis if self.axis < 0 else self.axis - len(input_shape)
        options = {
            "axis": axis if axis == -1 else axis + len(input_shape),
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "scale": self.scale,
            "center": self.center,
            "synchronized": self.synchronized,
            **self.factory,
        }
        if self.renorm:
            bounds = self.renorm_clipping or {}
            self.norm = norm.BatchRenorm(channels, self.renorm_momentum, **bounds, **options)
        else:
            self.norm = norm.MaskedBatchNorm(channels, **options)
        self.adopt_affine()
        self.adopt_weight("moving_mean", "norm.running_mean", trainable=False)
        self.adopt_weight("moving_variance", "norm.running_var", trainable=False)
        if self.renorm:
            self._adopt_corrections()
        if self.synchronized:
            for variable in self._created_weights:
                if not variable.born_trainable:  # the same on all processes at any time
                    variable.synchronization = "on_write"
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def _adopt_corrections(self) -> None:
        def stddev(shape: Shape, dtype: object = None) -> Tensor:
            return torch.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

        for name, path, initializer in (
            ("moving_stddev", "norm.running_stddev", stddev),
            ("renorm_mean", "norm.correction_mean", self.moving_mean_initializer),
            ("renorm_stddev", "norm.correction_stddev", stddev),
        ):
            self.adopt_weight(name, path, trainable=False, initializer=initializer)

    def call(
        self, inputs: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        if isinstance(mask, bool):  # Keras takes `training` as the second argument
            mask, training = None, mask
        if mask is not None and mask.ndim != inputs.ndim - 1:
            raise argument_error(
                self,
                "mask shape",
                tuple(mask.shape),
                f"the input's {tuple(inputs.shape)} without the last axis",
                "The mask provided should be one dimension less than the inputs.",
            )
        training = bool(training) and self.trainable
        if self.synchronized:
            return self.norm(inputs, mask, training, not current_group().is_idle)
        return self.norm(inputs, mask, training)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_axes(input_shape, (self.axis,))
        return tuple(input_shape)


class SyncBatchNormalization(BatchNormalization):
    """``BatchNormalization(synchronized=True)``: the batch is that of all processes together.

    Source: tf.keras 2 ``experimental.SyncBatchNormalization``.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        moving_mean_initializer: InitializerLike = "zeros",
        moving_variance_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            axis,
            momentum,
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            moving_mean_initializer,
            moving_variance_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            synchronized=True,
            **options,
        )


class OverAxes(Normalizing):
    """What normalizations over chosen axes of each sample share.

    Args:
        axis: The axis, or several, over which the moments are taken.
        epsilon: Added to the variance.
        center, scale, beta_*, gamma_*: See ``Normalizing``.
    """

    kind: type = norm.LayerNorm

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **options,
        )
        if not isinstance(axis, (int, list, tuple)):
            raise kind_error(self, "axis", axis, "an integer or a list of integers")
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes, in the order that the weights have."""
        return (self.axis,) if isinstance(self.axis, int) else tuple(sorted(self.axis))

    def build(self, input_shape: Shape) -> None:
        self.check_axes(input_shape, self.axes)
        shape = tuple(known_size(self, input_shape, axis) for axis in self.axes)
        self.norm = self.kind(
            shape, self.axes, self.epsilon, self.scale, self.center, **self.factory
        )
        self.adopt_affine()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_axes(input_shape, self.axes)
        return tuple(input_shape)


class LayerNormalization(OverAxes):
    """Normalizes each sample by its mean and variance over the given axes.

    ``y = (x - mean) / sqrt(variance + epsilon) * gamma + beta``

    Args:
        axis: The axis, or several, over which the moments are taken.
        epsilon: Added to the variance.
        center: Whether ``beta`` is added.
        scale: Whether ``gamma`` is multiplied with.
        beta_*, gamma_*: Initializer, regularizer and constraint of each weight (see ``Layer``).
        rms_scaling: Only divide by the standard deviation and multiply by ``gamma``; deprecated in
            Keras in favour of ``RMSNormalization``.

    Weights:
        gamma, beta: the lengths of the axes.

    Raises:
        ValueError: the input has no such axis, or its length is unknown.
        TypeError: ``axis`` is of another kind.

    Source: Ba, Kiros and Hinton 2016; Keras 3 ``LayerNormalization``.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        *,
        rms_scaling: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            axis,
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **options,
        )
        self.rms_scaling = rms_scaling

    def build(self, input_shape: Shape) -> None:
        if not self.rms_scaling:
            super().build(input_shape)
            return
        self.check_axes(input_shape, self.axes)
        shape = tuple(known_size(self, input_shape, axis) for axis in self.axes)
        self.norm = norm.VarianceNorm(shape, self.axes, self.epsilon, True, False, **self.factory)
        self.adopt_affine()


class GroupNormalization(Normalizing):
    """Normalizes each sample by the moments of blocks of neighbouring channels.

    Args:
        groups: Number of blocks, which divides the channels; -1 makes each channel one.
        axis: The axis of the channels.
        epsilon: Added to the variance.
        center: Whether ``beta`` is added.
        scale: Whether ``gamma`` is multiplied with.
        beta_*, gamma_*: Initializer, regularizer and constraint of each weight (see ``Layer``).

    Weights:
        gamma, beta: ``(channels,)``.

    Raises:
        ValueError: the number of channels is unknown, has changed, or is no multiple of ``groups``.

    Source: Wu and He 2018; Keras 3 ``GroupNormalization``; ``torch.nn.GroupNorm``.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **options,
        )
        self.groups = groups
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        self.check_axes(input_shape, (self.axis,))
        channels = known_size(self, input_shape, self.axis)
        groups = channels if self.groups == -1 else self.groups
        if groups < 1 or channels % groups:
            raise argument_error(
                self,
                "groups",
                self.groups,
                f"a divisor of the number of channels ({channels}, axis {self.axis} of "
                f"{tuple(input_shape)})",
            )
        self.norm = norm.GroupNorm(
            groups, channels, self.axis, self.epsilon, self.scale, self.center, **self.factory
        )
        self.adopt_affine()
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})


class RMSNormalization(SameShape, Layer):
    """``x / sqrt(mean(x ** 2) + epsilon) * scale``.

    Args:
        axis: The axis, or several, over which the mean is taken.
        epsilon: Added to the mean square.

    Weights:
        scale: the lengths of the axes.

    Source: Zhang and Sennrich 2019; Keras 3 ``RMSNormalization``.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-6,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        axes = (self.axis,) if isinstance(self.axis, int) else tuple(sorted(self.axis))
        shape = tuple(known_size(self, input_shape, axis) for axis in axes)
        self.norm = norm.RMSNorm(shape, axes, self.epsilon, **self.factory)
        self.adopt_weight("scale", "norm.weight")

    def call(self, x: Tensor) -> Tensor:
        return self.norm(x)


class UnitNormalization(SameShape, Layer):
    """Divides by the L2 norm.

    Args:
        axis: The axis, or several, over which the norm is taken.

    Raises:
        TypeError: ``axis`` is of another kind.

    Source: Keras 3 ``UnitNormalization``.
    """

    supports_masking = True

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        if not isinstance(axis, (int, list, tuple)):
            raise kind_error(self, "axis", axis, "an integer or a list of integers")
        self.axis = axis if isinstance(axis, int) else list(axis)

    def call(self, inputs: Tensor) -> Tensor:
        axes = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        # Faster than F.normalize, which expands the norms and divides.
        norms = torch.linalg.vector_norm(inputs, dim=axes, keepdim=True)
        return inputs * norms.clamp_min(1e-6).reciprocal()
