"""Ways to hold tables of vectors in few bits (see ``torchkeras.layers.schemes``)."""

from typing import Any

from torch import Tensor, nn

from torchkeras.core.layout import IDENTITY, Permuted
from torchkeras.layers.schemes import (
    Int4,
    Scheme,
    Shown,
    Values,
    block_size_of,
    int4_levels,
    replace_module,
    show,
    shown_int4,
)
from torchkeras.nn.products import Affine
from torchkeras.nn.quantized import Int4Product, Int4Table, Int8Product, Int8Table
from torchkeras.quantizers import AbsMaxQuantizer, QuantizationConfig, pack_int4
from torchkeras.quantizers.quantizers import in_torch


class Int8Lookup(Scheme):
    """A table of int8 vectors."""

    mode = "int8"
    variables = ("embeddings", "embeddings_scale")

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        quantizer = QuantizationConfig.weight_quantizer_or_default(config, AbsMaxQuantizer(axis=-1))
        levels, scale = quantizer(weight, to_numpy=True)
        return {"embeddings": levels, "embeddings_scale": scale.expand(len(levels), 1).squeeze(1)}

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        return Int8Table(
            values["embeddings"].contiguous(),
            values["embeddings_scale"].contiguous(),
            _quantizer_of_vectors(layer, config),
        )

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        return [
            ("embeddings", "embeddings", "weight", IDENTITY),
            ("embeddings_scale", "embeddings_scale", "scale", IDENTITY),
        ]


class Int4Lookup(Scheme):
    """A table of int4 vectors."""

    mode = "int4"
    variables = ("embeddings", "embeddings_scale", "embeddings_zero", "g_idx")

    word = Int4.word

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        block = block_size_of(layer, config)
        levels, values = int4_levels(weight.t(), block, config, "embeddings")
        packed = pack_int4(levels.t().contiguous(), axis=-1)[0]
        if block is not None:
            for name in ("embeddings_scale", "embeddings_zero"):
                values[name] = values[name].t().contiguous()
        return {"embeddings": packed, **values}

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        return Int4Table(
            values["embeddings"],
            values["embeddings_scale"],
            values.get("embeddings_zero"),
            values.get("g_idx"),
            layer.output_dim,
            _quantizer_of_vectors(layer, config),
        )

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        return shown_int4("embeddings", values)


def _quantizer_of_vectors(layer: Any, config: Any) -> Any:
    """Quantizer of what is multiplied with the transposed table."""
    layer.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(
        config, AbsMaxQuantizer(axis=-1)
    )
    return in_torch(layer.inputs_quantizer)


class _WithReverse(Scheme):
    """Adds a second matrix, from vectors back to integers, unless it is the table itself."""

    reverse_variables: tuple[str, ...] = ()

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        values = super().values(layer, weight, config)
        if layer.tie_weights:
            return values
        return {**values, **self.reverse_values(layer, config)}

    def reverse_values(self, layer: Any, config: Any) -> Values:
        """What the second matrix becomes."""
        raise NotImplementedError

    def reverse_module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        """The module that multiplies with it."""
        raise NotImplementedError

    def install(self, layer: Any, config: Any, values: Values) -> None:
        super().install(layer, config, {k: v for k, v in values.items() if "reverse" not in k})
        if layer.tie_weights:
            return
        module = self.reverse_module(layer, values, config)
        replace_module(layer, "reverse", module, (layer.reverse_embeddings,))
        for shown in self.reverse_shown(values):
            show(layer, "reverse", shown)

    def reverse_shown(self, values: Values) -> list[Shown]:
        """How the buffers of the second module are shown."""
        raise NotImplementedError


class Int8Reversible(_WithReverse, Int8Lookup):
    """Tables of int8 vectors in both directions."""

    reverse_variables = ("reverse_embeddings", "reverse_embeddings_scale")

    def reverse_values(self, layer: Any, config: Any) -> Values:
        quantizer = QuantizationConfig.weight_quantizer_or_default(config, AbsMaxQuantizer(axis=0))
        levels, scale = quantizer(layer.reverse_embeddings.tensor.detach(), to_numpy=True)
        return {"reverse_embeddings": levels, "reverse_embeddings_scale": scale.reshape(-1)}

    def reverse_module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        return Int8Product(
            Affine((layer.output_dim,), (layer.input_dim,)),
            values["reverse_embeddings"].t().contiguous(),
            values["reverse_embeddings_scale"].contiguous(),
            None,
            in_torch(layer.inputs_quantizer),
        )

    def reverse_shown(self, values: Values) -> list[Shown]:
        return [
            ("reverse_embeddings", "reverse_embeddings", "weight", Permuted((1, 0))),
            ("reverse_embeddings_scale", "reverse_embeddings_scale", "scale", IDENTITY),
        ]


class Int4Reversible(_WithReverse, Int4Lookup):
    """Tables of int4 vectors in both directions."""

    reverse_variables = (
        "reverse_embeddings", "reverse_embeddings_scale", "reverse_embeddings_zero",
    )  # fmt: skip

    def reverse_values(self, layer: Any, config: Any) -> Values:
        weight = layer.reverse_embeddings.tensor.detach()
        name = "reverse_embeddings"
        levels, values = int4_levels(weight, block_size_of(layer, config), config, name)
        values.pop("g_idx", None)
        if f"{name}_zero" in values:
            values[f"{name}_zero"] = values[f"{name}_zero"].to(weight.dtype)
        return {name: pack_int4(levels, axis=0)[0], **values}

    def reverse_module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        return Int4Product(
            values["reverse_embeddings"],
            values["reverse_embeddings_scale"],
            values.get("reverse_embeddings_zero"),
            layer.embedding.groups,
            layer.output_dim,
            axis=0,
            form=Affine((layer.output_dim,), (layer.input_dim,)),
            shape=(layer.output_dim, layer.input_dim),
            quantizer=in_torch(layer.inputs_quantizer),
        )

    def reverse_shown(self, values: Values) -> list[Shown]:
        keys = {"": "packed", "_scale": "scale", "_zero": "zero"}
        names = [(f"reverse_embeddings{end}", key) for end, key in keys.items()]
        return [(name, name, key, IDENTITY) for name, key in names if name in values]
