"""Vectors for integers, and back."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import Unpack

from torchkeras.core import serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import is_floating, standardize_dtype, torch_dtype
from torchkeras.core.layout import Permuted
from torchkeras.core.typing import (
    ConstraintLike,
    DTypeLike,
    InitializerLike,
    RegularizerLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.embedding import Embedding
from torchkeras.layers.lookups import Int4Reversible, Int8Reversible
from torchkeras.tracer import KerasTensor
from torchkeras.tracer.graph import attach_mask


class ReversibleOptions(LayerOptions, total=False):
    """Options of embeddings that ``ReversibleEmbedding`` hands on.

    Keys:
        weights, lora_rank, lora_alpha, quantization_config: See ``Embedding``.
        activity_regularizer, input_length, sparse: See ``Embedding``.
    """

    activity_regularizer: RegularizerLike
    input_length: int | None
    sparse: bool
    lora_rank: int | None
    lora_alpha: float | None
    quantization_config: Any


class ReversibleEmbedding(Embedding):
    """``Embedding`` that also goes from vectors to a number for each integer: ``x @ table.T``.

    Args:
        input_dim: Number of vectors; integers are in [0, input_dim).
        output_dim: Length of a vector.
        tie_weights: Whether the way back multiplies with the same table; otherwise with a weight of
            its own.
        embeddings_*: Initializer, regularizer and constraint of the table (see ``Layer``).
        mask_zero: Whether 0 is padding, to be masked in the layers that follow.
        reverse_dtype: Number type of the way back; None is the compute dtype.
        logit_soft_cap: The way back gives ``tanh(y / cap) * cap``, in units of the result; None
            leaves it.
        **options: See ``ReversibleOptions``.

    Shape:
        inputs: integers of any shape; with ``reverse=True`` vectors ``(..., output_dim)``.
        output: the same with ``output_dim`` at the end; with ``reverse=True`` ``(..., input_dim)``.

    Weights:
        embeddings: ``(input_dim, output_dim)``.
        reverse_embeddings: ``(output_dim, input_dim)``, held transposed as ``reverse.weight``;
            only if the weights aren't tied.

    Raises:
        ValueError: ``input_dim``, ``output_dim`` or ``logit_soft_cap`` is out of range.

    Source: Press and Wolf 2016; Keras 3 ``ReversibleEmbedding``.

    Example:
        >>> layer = keras.layers.ReversibleEmbedding(10, 4)
        >>> vectors = layer(torch.tensor([[1, 2, 0]]))
        >>> layer(vectors, reverse=True).shape
        torch.Size([1, 3, 10])
    """

    schemes = {"int8": Int8Reversible(), "int4": Int4Reversible()}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: InitializerLike = "uniform",
        embeddings_regularizer: RegularizerLike = None,
        embeddings_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        reverse_dtype: DTypeLike = None,
        logit_soft_cap: float | None = None,
        **options: Unpack[ReversibleOptions],
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **options,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = None if reverse_dtype is None else standardize_dtype(reverse_dtype)
        if self.reverse_dtype is not None and not is_floating(self.reverse_dtype):
            raise argument_error(self, "reverse_dtype", reverse_dtype, "a floating type")
        if logit_soft_cap is not None and logit_soft_cap <= 0:
            raise argument_error(self, "logit_soft_cap", logit_soft_cap, "a number above 0")
        self.logit_soft_cap = logit_soft_cap
        self.autocast = False  # floats are integers, or vectors in their own type
        self._settle_call()

    def build(self, input_shape: Shape | None = None) -> None:
        if not self.tie_weights:
            self.reverse = nn.Linear(self.output_dim, self.input_dim, bias=False, **self.factory)
        super().build(input_shape)

    def build_parts(self) -> None:
        if not self.tie_weights:
            self.adopt_weight(
                "reverse_embeddings", "reverse.weight", layout=Permuted((1, 0)),
                initializer=self.embeddings_initializer,
            )  # fmt: skip
        super().build_parts()

    def call(self, inputs: Tensor, reverse: bool = False) -> Tensor:
        if reverse:
            return self._project(inputs)
        y = super().call(inputs).to(self._compute_dtype)
        return attach_mask(y, inputs != 0) if self.mask_zero else y

    def _project(self, x: Tensor) -> Tensor:
        dtype = self._compute_dtype if self.reverse_dtype is None else self._reverse_dtype
        with torch.autocast(x.device.type, enabled=False):
            y = self._product(x.to(dtype))
        if self.logit_soft_cap is not None:
            y = torch.tanh(y / self.logit_soft_cap) * self.logit_soft_cap
        return y

    @property
    def _reverse_dtype(self) -> torch.dtype:
        return torch_dtype(self.reverse_dtype)

    def _product(self, x: Tensor) -> Tensor:
        if self.tie_weights and self._is_quantized:
            return self.embedding.project(x)
        if self.tie_weights:
            return F.linear(x, self.merged().to(x.dtype))
        if self._is_quantized:
            return self.reverse(x)
        return F.linear(x, self.reverse.weight.to(x.dtype))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None for vectors, which are on their way back."""
        floating = str(inputs.dtype).rpartition(".")[2].startswith(("float", "bfloat"))
        return None if floating else super().compute_mask(inputs, mask)

    def compute_output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> KerasTensor:
        """Symbolic output: its type is ``reverse_dtype`` on the way back, if there is one."""
        dtype = self.reverse_dtype if reverse and self.reverse_dtype else self.compute_dtype
        return KerasTensor(self.compute_output_shape(tuple(inputs.shape), reverse), dtype)

    def _cast_outputs(self, y: Any) -> Any:
        return y

    def _converted_input(self, value: Any) -> Any:
        return Layer._converted_input(self, value)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("lora_rank", "lora_alpha", "quantization_config"):
            value = getattr(self, name)
            if value is not None:
                config[name] = serialization.serialize_value(value)
        return config

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        spec = super().variable_serialization_spec
        if not self.tie_weights:
            spec[None].append("reverse_embeddings")
            for mode, scheme in self.schemes.items():
                spec[mode] += scheme.reverse_variables
        return spec
