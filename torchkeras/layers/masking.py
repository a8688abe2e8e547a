"""Layers that hand their inputs on: marked, penalized, or just as they are."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import regularizers
from torchkeras.core import nested
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import is_floating
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.shapes import SameShape
from torchkeras.tracer import KerasTensor


class Masking(SameShape, Layer):
    """Masks the steps at which all features equal a value, and sets them to 0.

    Args:
        mask_value: The value.

    Shape:
        inputs: ``(batch, steps, features)``; the mask is ``(batch, steps)``, False where masked.

    Source: Keras 3 ``Masking``.
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.mask_value = mask_value

    def call(self, inputs: Tensor) -> Tensor:
        return torch.where(self.compute_mask(inputs).unsqueeze(-1), inputs, 0)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if isinstance(inputs, np.ndarray):
            inputs = torch.as_tensor(inputs)
        return torch.any(inputs != self.mask_value, -1)


class Identity(Layer):
    """The inputs as they are.

    Source: Keras 3 ``Identity``.
    """

    supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def compute_output_spec(self, inputs: Any) -> Any:
        def spec(x: Any) -> KerasTensor:
            return KerasTensor(x.shape, self.compute_dtype if is_floating(x.dtype) else x.dtype)

        return nested.map_leaves(spec, inputs)


class ActivityRegularization(SameShape, Layer):
    """The inputs as they are, with a penalty of ``l1 * sum(|x|) + l2 * sum(x ** 2)`` per sample.

    Args:
        l1, l2: The two factors, 0 or more.

    Source: Keras 3 ``ActivityRegularization``.
    """

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **options)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Tensor) -> Tensor:
        return inputs

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)  # l1 and l2 say it
        return config
