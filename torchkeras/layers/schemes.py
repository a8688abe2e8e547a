"""Ways to hold a layer's weight in few bits: what is stored, and which module computes with it.

A scheme makes values from the float weight, puts a module of ``torchkeras.nn.quantized`` in the
place of the float one, and shows its buffers under Keras's names.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from torchkeras.core.layout import IDENTITY, Layout
from torchkeras.core.scopes import local
from torchkeras.nn.float8 import Float8Product
from torchkeras.nn.quantized import CalibratedProduct, Int4Product, Int8Product
from torchkeras.quantizers import (
    AbsMaxQuantizer,
    QuantizationConfig,
    abs_max_quantize_grouped_with_zero_point,
    pack_int4,
)
from torchkeras.quantizers.quantizers import in_torch

Values = dict[str, Tensor]
# Attribute of the layer, name of the variable, key in the module, layout.
Shown = tuple[str, str, str, Layout]

INT4_RANGE = (-8, 7)


class Scheme:
    """One mode for one kind of layer.

    ``values`` are by attribute of the layer and in Keras's layout.
    """

    mode = ""
    variables: tuple[str, ...] = ()  # in the order of files
    keeps_float = False  # whether the float weight stays a variable

    def word(self, layer: Any, config: Any) -> str:
        """What dtype policies call the mode, its numbers included."""
        return self.mode

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        """What the float ``weight`` becomes."""
        raise NotImplementedError

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        """The module that computes with ``values``."""
        raise NotImplementedError

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        """How the module's buffers are shown."""
        raise NotImplementedError

    def install(self, layer: Any, config: Any, values: Values) -> None:
        """Let ``layer`` hold ``values`` in place of its float weight."""
        replace_module(
            layer,
            layer.adapted_module,
            self.module(layer, values, config),
            () if self.keeps_float else (layer.adapted_variable(),),
        )
        for shown in self.shown(layer, values):
            show(layer, layer.adapted_module, shown)


def replace_module(layer: Any, attribute: str, module: nn.Module, dropped: tuple = ()) -> None:
    """Put ``module`` in a place of ``layer``; variables of the one before go along or are dropped.

    Those that go along have the same key in both.
    """
    before = getattr(layer, attribute)
    module.train(before.training)
    setattr(layer, attribute, module)
    gone = {id(variable) for variable in dropped}
    layer.__dict__["_created_weights"] = [v for v in layer._created_weights if id(v) not in gone]
    for variable in layer._created_weights:
        if variable.module is before:
            variable.module = module


def show(layer: Any, module: str, shown: Shown, trainable: bool = False) -> Any:
    """Make a buffer of a module in ``layer`` a variable of it."""
    attribute, name, key, layout = shown
    variable = layer.adopt_weight(
        name, f"{module}.{key}", layout=layout, trainable=trainable, rule=_NO_RULE,
        attribute=attribute,
    )  # fmt: skip
    variable.path = f"{layer.path}/{name}"
    return variable


_NO_RULE = "quantized"  # names no rule of initialization: the values are there


def blank(values: Values) -> Values:
    """Values of these shapes before any weights are loaded: scales are 1, levels 0."""
    kept = {"g_idx": values.get("g_idx")}
    return {
        name: kept[name]
        if kept.get(name) is not None
        else (torch.ones_like(value) if "scale" in name else torch.zeros_like(value))
        for name, value in values.items()
    }


def in_training() -> bool:
    """Whether the call under way is one of training."""
    return bool(local.training)


def block_size_of(layer: Any, config: Any) -> int | None:
    """Inputs that share a scale in int4, by the configuration or the policy; None: all."""
    source = config if config is not None else layer.policy_in_force()
    size = getattr(source, "block_size", None)
    return None if size in (None, -1) else size


class Int8(Scheme):
    """Weights and inputs in int8."""

    mode = "int8"
    variables = ("kernel", "bias", "kernel_scale")

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        quantizer = QuantizationConfig.weight_quantizer_or_default(
            config, AbsMaxQuantizer(axis=layer.summed_axes)
        )
        levels, scale = quantizer(weight, to_numpy=True)
        return {"kernel": levels, "kernel_scale": layer.scale_beside_output(scale)}

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        layer.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(
            config, AbsMaxQuantizer()
        )
        return Int8Product(
            layer.product_form(),
            layer.adapted_variable().layout.from_keras(values["kernel"]).contiguous(),
            layer.scale_layout().from_keras(values["kernel_scale"]).contiguous(),
            layer.linear.bias,
            in_torch(layer.inputs_quantizer),
        )

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        return [
            ("kernel", "kernel", "weight", layer.adapted_variable().layout),
            ("kernel_scale", "kernel_scale", "scale", layer.scale_layout()),
        ]


class Int4(Scheme):
    """Weights in int4, inputs as they are."""

    mode = "int4"
    variables = ("kernel", "bias", "kernel_scale", "kernel_zero", "g_idx")

    def word(self, layer: Any, config: Any) -> str:
        return f"int4/{block_size_of(layer, config) or -1}"

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        rows, columns = layer.rows_and_columns()
        levels, values = int4_levels(
            weight.reshape(rows, columns), block_size_of(layer, config), config, "kernel"
        )
        return {"kernel": pack_int4(levels, axis=-1)[0], **values}

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        layer.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, None)
        return Int4Product(
            values["kernel"],
            values["kernel_scale"],
            values.get("kernel_zero"),
            values.get("g_idx"),
            layer.rows_and_columns()[1],
            form=layer.product_form(),
            shape=layer.adapted_shape(),
            bias=layer.linear.bias,
            quantizer=in_torch(layer.inputs_quantizer),
        )

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        return shown_int4("kernel", values)


def int4_levels(weight: Tensor, block: int | None, config: Any, name: str) -> tuple[Tensor, Values]:
    """Levels of ``(rows, columns)`` and their scale, zero points and groups along the rows."""
    if block is None:
        quantizer = QuantizationConfig.weight_quantizer_or_default(
            config, AbsMaxQuantizer(axis=0, value_range=INT4_RANGE)
        )
        levels, scale = quantizer(weight, axis=0, to_numpy=True)
        return levels, {f"{name}_scale": scale.reshape(-1)}
    levels, scale, zero = abs_max_quantize_grouped_with_zero_point(
        weight, block, value_range=INT4_RANGE, to_numpy=True
    )
    numbers = torch.arange(weight.shape[0], device=weight.device, dtype=torch.float32)
    groups = torch.div(numbers, block, rounding_mode="floor")
    return levels, {f"{name}_scale": scale, f"{name}_zero": zero, "g_idx": groups}


def shown_int4(name: str, values: Values, turned: Layout = IDENTITY) -> list[Shown]:
    """How packed levels, scales, zero points and groups are shown."""
    shown = [
        (name, name, "packed", IDENTITY),
        (f"{name}_scale", f"{name}_scale", "scale", turned),
        (f"{name}_zero", f"{name}_zero", "zero", turned),
        ("g_idx", "g_idx", "groups", IDENTITY),
    ]
    return [one for one in shown if one[0] in values]


class Float8(Scheme):
    """Float weights; factors and gradients are rounded to float8 in training."""

    mode = "float8"
    variables = (
        "kernel",
        "bias",
        *(f"{part}_{what}" for part in Float8Product.parts for what in ("scale", "amax_history")),
    )
    keeps_float = True

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        return {}

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        length = getattr(layer.policy_in_force(), "amax_history_length", 1024)
        linear = layer.linear
        return Float8Product(layer.product_form(), linear.weight, linear.bias, length, in_training)

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        return [(name, name, name, IDENTITY) for name in self.variables[2:]]

    def install(self, layer: Any, config: Any, values: Values) -> None:
        super().install(layer, config, values)
        for name in self.variables[2:]:
            variable = getattr(layer, name)
            variable.autocast = False
            variable.overwrite_with_gradient = True
            variable.born_trainable = True
            variable.trainable = layer.trainable


class Calibrated(Scheme):
    """Weights of few bits in groups, which ``layers.calibration`` finds by looking at data."""

    keeps_float = True
    row_scale = False

    def word(self, layer: Any, config: Any) -> str:
        return config.dtype_policy_string()

    def values(self, layer: Any, weight: Tensor, config: Any) -> Values:
        source = config if config is not None else layer.policy_in_force()
        rows, columns = layer.matrix_shape()
        groups = 1 if source.group_size == -1 else math.ceil(rows / source.group_size)
        bits = source.weight_bits
        factory = {"device": weight.device}
        bytes_ = {**factory, "dtype": torch.uint8}
        found = {
            "quantized_kernel": torch.zeros(
                math.ceil(columns / 2) if bits == 4 else columns, rows, **bytes_
            ),
            "kernel_scale": torch.ones(columns, groups, dtype=weight.dtype, **factory),
            "kernel_zero": torch.zeros(columns, groups, **bytes_),
        }
        if self.row_scale:
            found["awq_scales"] = torch.ones(rows, dtype=weight.dtype, **factory)
        found["g_idx"] = torch.zeros(rows, dtype=torch.float32, **factory)
        return found

    def module(self, layer: Any, values: Values, config: Any) -> nn.Module:
        source = config if config is not None else layer.policy_in_force()
        return CalibratedProduct(
            values["quantized_kernel"],
            values["kernel_scale"],
            values["kernel_zero"],
            values["g_idx"],
            values.get("awq_scales"),
            layer.matrix_shape()[1],
            source.weight_bits,
            weight=layer.linear.weight,
            form=layer.product_form(),
            shape=layer.adapted_shape(),
            bias=layer.linear.bias,
        )

    def shown(self, layer: Any, values: Values) -> list[Shown]:
        keys = {
            "quantized_kernel": ("kernel", "packed"),
            "kernel_scale": ("kernel_scale", "scale"),
            "kernel_zero": (layer.zero_name, "zero"),
            "awq_scales": ("awq_scales", "row_scale"),
            "g_idx": ("g_idx", "groups"),
        }
        return [(name, *keys[name], IDENTITY) for name in values]

    def finish(self, layer: Any) -> None:
        """Drop the float weight: the levels are there."""
        weight = layer.adapted_variable()
        layer.__dict__["_created_weights"] = [v for v in layer._created_weights if v is not weight]
        layer.__dict__.pop(layer.adapted, None)
        layer.linear.weight = None


class GPTQ(Calibrated):
    """Levels by GPTQ."""

    mode = "gptq"
    variables = ("bias", "quantized_kernel", "kernel_scale", "kernel_zero", "g_idx")


class AWQ(Calibrated):
    """Levels by AWQ."""

    mode = "awq"
    variables = (
        "bias", "quantized_kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx",
    )  # fmt: skip
    row_scale = True
