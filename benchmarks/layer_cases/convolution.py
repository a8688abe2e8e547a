"""Convolutions and pools beside torch's modules on channels_last tensors."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layer_cases import Case

FORMATS = {3: torch.contiguous_format, 4: torch.channels_last, 5: torch.channels_last_3d}


def channels_first(x: Tensor) -> Tensor:
    return x.permute(0, x.ndim - 1, *range(1, x.ndim - 1))


def channels_last(x: Tensor) -> Tensor:
    return x.permute(0, *range(2, x.ndim), 1)


def own(part: str, activation: Callable[[Tensor], Tensor] | None = None) -> Callable[[Any], Any]:
    """torch's module of the same class and weights, its weights in the inputs' memory format."""

    def make(layer: Any) -> Callable[[Tensor], Tensor]:
        rank = layer.input_spec.ndim
        module = copy.deepcopy(layer.get_submodule(part)).to(memory_format=FORMATS[rank])
        if activation is None:
            return lambda x: channels_last(module(channels_first(x)))
        return lambda x: channels_last(activation(module(channels_first(x))))

    return make


def torchs(make: Callable[[], nn.Module]) -> Callable[[Any], Any]:
    """A module of torch at work of the same size, where none computes quite the same."""

    def made(layer: Any) -> Callable[[Tensor], Tensor]:
        module = make().to(memory_format=FORMATS[layer.input_spec.ndim])
        return lambda x: channels_last(module(channels_first(x)))

    return made


def padded(layer: Any) -> Callable[[Tensor], Tensor]:
    """What "same" with strides 2 and a window of 3 is: a zero after each axis, then torch's."""
    module = copy.deepcopy(layer.conv).to(memory_format=FORMATS[4])
    weight, bias, groups = module.weight, module.bias, module.groups

    def run(x: Tensor) -> Tensor:
        x = F.pad(channels_first(x), (0, 1, 0, 1))
        return channels_last(F.conv2d(x, weight, bias, 2, groups=groups))

    return run


def function(call: Callable[[Tensor], Tensor]) -> Callable[[Any], Any]:
    return lambda layer: lambda x: channels_last(call(channels_first(x)))


def stepped(layer: Any) -> Callable[[Tensor], Tensor]:
    """A convolutional LSTM as it is written by hand, the inputs' convolution in one call."""
    cell = copy.deepcopy(layer.cell.recurrence).to(memory_format=torch.channels_last)
    of_inputs, of_state, filters = cell.input_conv, cell.state_conv, cell.filters

    def run(x: Tensor) -> Tensor:
        b, t, height, width, _ = x.shape
        z = of_inputs(channels_first(x.flatten(0, 1))).unflatten(0, (b, t))
        h = c = x.new_zeros(b, height, width, filters).permute(0, 3, 1, 2)
        for step in z.unbind(1):
            i, f, g, o = (step + of_state(h)).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return channels_last(h)

    return run


def local(layer: Any) -> Callable[[Tensor], Tensor]:
    """The windows by unfold, then a product for each place."""
    weight, bias = (p.detach().clone().requires_grad_() for p in layer.conv.parameters())

    def run(x: Tensor) -> Tensor:
        pieces = x.unfold(1, 3, 1).unfold(2, 3, 1)  # (b, h, w, c, 3, 3)
        pieces = pieces.permute(1, 2, 0, 4, 5, 3).reshape(len(weight), len(x), -1)
        return torch.baddbmm(bias.view(len(weight), 1, -1), pieces, weight)

    return run


def along(stride: int = 1, groups: int = 1) -> Callable[[Any], Any]:
    """One axis as a plane of height 1, which torch goes faster through than ``conv1d``."""

    def make(layer: Any) -> Callable[[Tensor], Tensor]:
        conv = layer.conv
        weight, bias = (p.detach().clone().requires_grad_() for p in (conv.weight, conv.bias))
        before = layer.kernel_size[0] // 2

        def run(x: Tensor) -> Tensor:
            x = x.mT.unsqueeze(2)
            y = F.conv2d(x, weight.unsqueeze(2), bias, (1, stride), (0, before), 1, groups)
            return y.squeeze(2).mT

        return run

    return make


RELU = {"activation": "relu"}
SAME = {"padding": "same"}
IMAGES, SMALL, CLIPS, VOLUMES = (
    (32, 48, 48, 32),
    (16, 16, 16, 64),
    (64, 256, 64),
    (8, 24, 24, 24, 16),
)

CASES = [
    Case("Conv1D", {"filters": 64, "kernel_size": 3, **SAME}, CLIPS, along()),
    Case(
        "Conv1D",
        {"filters": 64, "kernel_size": 3, **SAME},
        CLIPS,
        torchs(lambda: nn.Conv1d(64, 64, 3, 1, 1)),
        note="beside conv1d",
    ),
    Case("Conv2D", {"filters": 32, "kernel_size": 3, **SAME}, IMAGES, own("conv")),
    Case(
        "Conv2D",
        {"filters": 32, "kernel_size": 3, **SAME, **RELU},
        IMAGES,
        own("conv", torch.relu_),
        note="relu",
    ),
    Case(
        "Conv2D",
        {"filters": 64, "kernel_size": 3, "strides": 2, **SAME},
        IMAGES,
        padded,
        note="strides 2",
    ),
    Case("Conv2D", {"filters": 64, "kernel_size": 1}, SMALL, own("conv"), note="window 1"),
    Case(
        "Conv2D", {"filters": 64, "kernel_size": 3, "groups": 4}, SMALL, own("conv"), note="groups"
    ),
    Case("Conv3D", {"filters": 16, "kernel_size": 3, **SAME}, VOLUMES, own("conv")),
    Case(
        "Conv1DTranspose",
        {"filters": 32, "kernel_size": 4, "strides": 2, **SAME},
        CLIPS,
        torchs(lambda: nn.ConvTranspose1d(64, 32, 4, 2, 1)),
    ),
    Case("Conv2DTranspose", {"filters": 32, "kernel_size": 2, "strides": 2}, SMALL, own("conv")),
    Case(
        "Conv2DTranspose",
        {"filters": 32, "kernel_size": 3, "strides": 2, **SAME, **RELU},
        SMALL,
        lambda layer: (lambda run: lambda x: torch.relu_(run(x)))(
            torchs(lambda: nn.ConvTranspose2d(64, 32, 3, 2, 1, 1))(layer)
        ),
        note="window 3, same, relu",
    ),
    Case("Conv3DTranspose", {"filters": 8, "kernel_size": 2, "strides": 2}, VOLUMES, own("conv")),
    Case("DepthwiseConv1D", {"kernel_size": 3, **SAME}, CLIPS, along(groups=64)),
    Case("DepthwiseConv2D", {"kernel_size": 3, **SAME}, IMAGES, own("conv")),
    Case(
        "DepthwiseConv2D",
        {"kernel_size": 3, "strides": 2, **SAME},
        SMALL,
        padded,
        note="strides 2",
    ),
    Case("SeparableConv1D", {"filters": 64, "kernel_size": 3, **SAME}, CLIPS, own("conv")),
    Case("SeparableConv2D", {"filters": 64, "kernel_size": 3, **SAME}, IMAGES, own("conv")),
    Case("LocallyConnected2D", {"filters": 16, "kernel_size": 3}, (16, 16, 16, 16), local),
    Case("ConvLSTM2D", {"filters": 16, "kernel_size": 3, **SAME}, (8, 8, 16, 16, 8), stepped),
    Case("MaxPooling1D", {}, CLIPS, function(lambda x: F.max_pool1d(x, 2))),
    Case("MaxPooling2D", {}, IMAGES, function(lambda x: F.max_pool2d(x, 2))),
    Case(
        "MaxPooling2D",
        {"pool_size": 3, "strides": 2, **SAME},
        IMAGES,
        function(lambda x: F.max_pool2d(x, 3, 2, 0, 1, True)),
        note="window 3, strides 2, same",
    ),
    Case("MaxPooling3D", {}, VOLUMES, function(lambda x: F.max_pool3d(x, 2))),
    Case("AveragePooling1D", {"pool_size": 2}, CLIPS, function(lambda x: F.avg_pool1d(x, 2))),
    Case("AveragePooling2D", {"pool_size": 2}, IMAGES, function(lambda x: F.avg_pool2d(x, 2))),
    Case(
        "AveragePooling2D",
        {"pool_size": 3, "strides": 1, **SAME},
        IMAGES,
        function(lambda x: F.avg_pool2d(x, 3, 1, 1, False, False)),
        note="window 3, strides 1, same",
    ),
    Case("AveragePooling3D", {"pool_size": 2}, VOLUMES, function(lambda x: F.avg_pool3d(x, 2))),
    *[
        Case(
            f"Adaptive{kind}Pooling{rank}D",
            {"output_size": 4},
            shape,
            function(lambda x, f=f: f(x, 4)),
        )
        for kind, rank, shape, f in (
            ("Max", 1, CLIPS, F.adaptive_max_pool1d),
            ("Max", 2, IMAGES, F.adaptive_max_pool2d),
            ("Max", 3, VOLUMES, F.adaptive_max_pool3d),
            ("Average", 1, CLIPS, F.adaptive_avg_pool1d),
            ("Average", 2, IMAGES, F.adaptive_avg_pool2d),
            ("Average", 3, VOLUMES, F.adaptive_avg_pool3d),
        )
    ],
    *[
        Case(f"Global{kind}Pooling{rank}D", {}, shape, lambda layer, f=f, a=a: lambda x: f(x, a))
        for kind, f in (("Max", torch.amax), ("Average", torch.mean))
        for rank, shape, a in ((1, CLIPS, 1), (2, IMAGES, (1, 2)), (3, VOLUMES, (1, 2, 3)))
    ],
]
