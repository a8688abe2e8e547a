"""Vectors for integers."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import ConstraintLike, InitializerLike, RegularizerLike, Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.fresh import has_hooks
from torchkeras.layers.lookups import Int4Lookup, Int8Lookup
from torchkeras.layers.lora import adapted_weight
from torchkeras.layers.quantized import Quantizable
from torchkeras.tracer import KerasTensor


class Embedding(Quantizable, Layer):
    """Looks up a learned vector for each integer.

    Args:
        input_dim: Number of vectors; inputs are in [0, input_dim).
        output_dim: Length of a vector.
        embeddings_*: Initializer, regularizer and constraint of the weight (see ``Layer``).
        mask_zero: Whether 0 is padding, to be masked in the layers that follow.
        weights: Vectors to begin with, ``(input_dim, output_dim)`` or a list of that.
        lora_rank, lora_alpha, quantization_config: See ``Quantizable``.
        activity_regularizer: Penalty on the vectors looked up (tf.keras).
        input_length: Number of integers in a sample, which gives the input's shape (tf.keras).
        sparse: Whether the vectors come as a sparse tensor, without their zeros (tf.keras).

    Shape:
        inputs: integers (floats are rounded towards 0), any shape.
        output: the same with ``output_dim`` at the end.

    Weights:
        embeddings: ``(input_dim, output_dim)``.

    Raises:
        ValueError: ``input_dim`` or ``output_dim`` is below 1, or ``sparse`` comes with
            ``mask_zero``.

    Source: Keras 3 ``Embedding``; ``torch.nn.Embedding``.

    Example:
        >>> keras.layers.Embedding(10, 4)(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 3, 4])
    """

    supports_masking = True
    adapted, adapted_module = "embeddings", "embedding"
    embeddings = adapted_weight("embeddings")
    schemes = {"int8": Int8Lookup(), "int4": Int4Lookup()}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: InitializerLike = "uniform",
        embeddings_regularizer: RegularizerLike = None,
        embeddings_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        *,
        activity_regularizer: RegularizerLike = None,
        input_length: int | None = None,
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        if weights is not None and not isinstance(weights, (list, tuple)):
            weights = [weights]
        if input_length is not None:
            options.setdefault("input_shape", (input_length,))
        super().__init__(activity_regularizer=activity_regularizer, weights=weights, **options)
        self.keep_lora(lora_rank, lora_alpha)
        self.keep_quantization(quantization_config)
        for argument, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(value, int) or value < 1:
                raise argument_error(self, argument, value, "an integer, 1 or more")
        if sparse and mask_zero:
            raise argument_error(
                self, "sparse", sparse, "False beside mask_zero: sparse vectors have no mask"
            )
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.weight_rules(
            "embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint
        )
        self.mask_zero = mask_zero
        self.sparse = bool(sparse)
        self._passes_mask_only = not mask_zero

    def build(self, input_shape: Shape | None = None) -> None:
        weight = torch.empty(self.input_dim, self.output_dim, **self.factory)
        self.embedding = nn.Embedding(self.input_dim, self.output_dim, _weight=weight)
        self.adopt_weight("embeddings", "embedding.weight")
        self.build_parts()

    def call(self, inputs: Tensor) -> Tensor:
        inputs = inputs if inputs.dtype in (torch.int32, torch.int64) else inputs.to(torch.int32)
        y = _looked_up(self.embedding, inputs)
        if self.lora_enabled:
            small = F.embedding(inputs, self.lora_embeddings_a.value)
            scale = self.lora_alpha / self.lora_rank
            y = y + torch.matmul(small, self.lora_embeddings_b.value).to(y.dtype) * scale
        return y.to_sparse() if self.sparse else y

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if isinstance(inputs, np.ndarray):
            inputs = torch.as_tensor(inputs)
        return inputs != 0 if self.mask_zero else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for symbolic integers, without recording the call."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        return KerasTensor(shape, self.compute_dtype, sparse=self.sparse)

    def quantized_build(self, embeddings_shape: Shape, mode: str, config: Any = None) -> None:
        """See ``Quantizable``; the shape is ``(input_dim, output_dim)``."""
        super().quantized_build(embeddings_shape, mode, config)

    def _converted_input(self, value: Any) -> Any:
        """Integers that come as floats become integers before a mixed policy could round them."""
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value = value.astype(np.int32)
        elif isinstance(value, Tensor) and value.is_floating_point():
            value = value.to(torch.int32)
        return super()._converted_input(value)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("input_length", None)  # said by the shape
        if not self.sparse:
            config.pop("sparse", None)
        return config


def _looked_up(table: nn.Embedding, indices: Tensor) -> Tensor:
    """``table(indices)``; on a CPU by a function with the same derivative in less time."""
    if not is_plain_table(table) or not torch.is_grad_enabled() or torch.compiler.is_compiling():
        return table(indices)
    weight = table.weight
    is_own = type(weight) is nn.Parameter and weight.dtype is torch.float32
    if not (is_own and weight.is_cpu and weight.requires_grad):
        return table(indices)
    if indices.dim() == 1:
        return weight.index_select(0, indices)
    rows = weight.index_select(0, indices.reshape(-1))
    return rows.view(*indices.shape, weight.shape[1])


def is_plain_table(table: Any) -> bool:
    """Whether a module does nothing but look up vectors, and nobody looks on."""
    return type(table) is nn.Embedding and not table.sparse and not has_hooks(table)
