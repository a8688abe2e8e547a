"""Rows and argument changes of dense layers, embeddings and what passes through."""

import torch
from influence import Change
from layer_arguments import constructed
from row import Row

TABLE = [
    Row("Dense", {"units": 3, "activation": "relu"}),
    Row("Dense", {"units": 3, "use_bias": False}, (5, 4)),
    Row("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "...b,bcd->...cd", "output_shape": (3, 2), "bias_axes": "cd"}),
    Row("EinsumDense", {"equation": "abc,bcd->ad", "output_shape": 3, "activation": "tanh"}),
    Row("EinsumDense", {"equation": "abc,cd->adb", "output_shape": (3, None), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"}),
    Row("Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": True}, (2, 5), integers=9),
    Row("Masking", {"mask_value": 0.5}),
    Row("Identity", {}),
]


def adapted(layer):
    """Outputs of a layer whose low-rank update isn't zero."""
    x = torch.arange(8.0).reshape(2, 4)
    layer(x)
    layer.lora_kernel_b.assign(torch.ones(layer.lora_kernel_b.shape))
    return layer(x).detach()


ARGUMENTS = [
    constructed(
        "Dense",
        {"lora_rank": 1, "lora_alpha": Change(3.0, given={"lora_rank": 1}, outcome=adapted)},
        {"units": 3},
        Row("Dense", shape=(2, 4)),
    ),
]

WITHOUT = {}
