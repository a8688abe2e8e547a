"""Dense layers, embeddings, normalizations, activations, merging and reshaping."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from layer_cases import Case


def dense(layer: Any) -> Any:
    linear = nn.Linear(*layer.kernel.shape)
    return lambda x: F.relu(linear(x))


def embedding(layer: Any) -> Any:
    return nn.Embedding(*layer.embeddings.shape)


def batch_norm(layer: Any) -> Any:
    module = nn.BatchNorm2d(layer.gamma.shape[0], 1e-3, 0.01)
    return lambda x: module(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def batch_norm_inference(layer: Any) -> Any:
    module = nn.BatchNorm2d(layer.gamma.shape[0], 1e-3, 0.01).eval()
    return lambda x: module(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def batch_norm_rows(layer: Any) -> Any:
    return nn.BatchNorm1d(layer.gamma.shape[0], 1e-3, 0.01)


def layer_norm(layer: Any) -> Any:
    return nn.LayerNorm(layer.gamma.shape, 1e-3)


def rms_norm(layer: Any) -> Any:
    return nn.RMSNorm(layer.scale.shape, 1e-6)


def group_norm(layer: Any) -> Any:
    module = nn.GroupNorm(8, layer.gamma.shape[0], 1e-3)
    return lambda x: module(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def einsum_dense(layer: Any) -> Any:
    rows, heads, size = layer.kernel.shape
    linear = nn.Linear(rows, heads * size)
    return lambda x: linear(x).unflatten(-1, (heads, size))


def p_relu(layer: Any) -> Any:
    alpha = nn.Parameter(torch.zeros(layer.alpha.shape))
    return lambda x: torch.where(x > 0, x, alpha * x)


IMAGES, STEPS, ROWS = (32, 28, 28, 32), (32, 128, 256), (128, 784)

CASES = [
    Case("Dense", {"units": 512, "activation": "relu"}, ROWS, dense),
    Case("Dense", {"units": 256, "activation": "relu"}, STEPS, dense),
    Case(
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 4, 64), "bias_axes": "de"},
        STEPS,
        einsum_dense,
    ),
    Case(
        "Embedding", {"input_dim": 20000, "output_dim": 128}, (32, 100), embedding, integers=20000
    ),
    Case("BatchNormalization", {}, IMAGES, batch_norm),
    Case("BatchNormalization", {}, (256, 512), batch_norm_rows),
    Case("BatchNormalization", {}, IMAGES, batch_norm_inference, training=False, note="inference"),
    Case("LayerNormalization", {}, STEPS, layer_norm),
    Case("RMSNormalization", {}, STEPS, rms_norm),
    Case("GroupNormalization", {"groups": 8}, IMAGES, group_norm),
    Case("UnitNormalization", {}, STEPS, lambda layer: lambda x: F.normalize(x, dim=-1)),
    Case("Dropout", {"rate": 0.5}, STEPS, lambda layer: nn.Dropout(0.5)),
    Case(
        "GaussianNoise",
        {"stddev": 0.1},
        STEPS,
        lambda layer: lambda x: x + torch.randn_like(x) * 0.1,
    ),
    Case("Activation", {"activation": "gelu"}, STEPS, lambda layer: nn.GELU()),
    Case("ReLU", {}, STEPS, lambda layer: nn.ReLU()),
    Case("LeakyReLU", {}, STEPS, lambda layer: nn.LeakyReLU(0.3)),
    Case("ELU", {}, STEPS, lambda layer: nn.ELU()),
    Case("PReLU", {}, STEPS, p_relu),
    Case("Softmax", {}, STEPS, lambda layer: nn.Softmax(-1)),
    Case("Add", {}, [STEPS, STEPS], lambda layer: lambda x: x[0] + x[1]),
    Case("Multiply", {}, [STEPS, STEPS], lambda layer: lambda x: x[0] * x[1]),
    Case("Concatenate", {}, [STEPS, STEPS], lambda layer: lambda x: torch.cat(x, -1)),
    Case(
        "Dot", {"axes": 2}, [(32, 64, 128), (32, 64, 128)], lambda layer: lambda x: x[0] @ x[1].mT
    ),
    Case("Flatten", {}, IMAGES, lambda layer: nn.Flatten()),
    Case(
        "Reshape",
        {"target_shape": (-1, 32)},
        IMAGES,
        lambda layer: lambda x: x.reshape(x.shape[0], -1, 32),
    ),
    Case("Permute", {"dims": (3, 1, 2)}, IMAGES, lambda layer: lambda x: x.permute(0, 3, 1, 2)),
    Case(
        "RepeatVector",
        {"n": 20},
        (64, 256),
        lambda layer: lambda x: x.unsqueeze(1).repeat(1, 20, 1),
    ),
    Case(
        "ZeroPadding2D",
        {"padding": 1},
        IMAGES,
        lambda layer: lambda x: F.pad(x, (0, 0, 1, 1, 1, 1)),
    ),
    Case("Cropping2D", {"cropping": 1}, IMAGES, lambda layer: lambda x: x[:, 1:-1, 1:-1]),
    Case(
        "UpSampling2D",
        {"size": 2},
        IMAGES,
        lambda layer: (
            lambda x: F.interpolate(x.permute(0, 3, 1, 2), scale_factor=2).permute(0, 2, 3, 1)
        ),
    ),
    Case(
        "UpSampling2D",
        {"size": 2, "interpolation": "bilinear"},
        IMAGES,
        lambda layer: (
            lambda x: F.interpolate(x.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear").permute(
                0, 2, 3, 1
            )
        ),
    ),
    Case(
        "Rescaling",
        {"scale": 1 / 255},
        (64, 64, 64, 3),
        lambda layer: lambda x: x * (1 / 255) + 0.0,
        backward=False,
    ),
]
