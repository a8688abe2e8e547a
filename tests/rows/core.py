"""Rows and argument changes of dense layers, embeddings and what passes through."""

import numpy as np
import torch
from influence import Change, Fresh
from layer_arguments import called, constructed
from parity import recipe
from row import Row

import torchkeras
from torchkeras.quantizers import Int4QuantizationConfig


@recipe
def dense(package):
    return package.layers.Dense(3)


LOOKUP = {"input_dim": 9, "output_dim": 4}
IDS = (2, 5)

TABLE = [
    Row("Dense", {"units": 3, "activation": "relu"}),
    Row("Dense", {"units": 3, "use_bias": False}, (5, 4)),
    Row("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "...b,bcd->...cd", "output_shape": (3, 2), "bias_axes": "cd"}),
    Row("EinsumDense", {"equation": "abc,bcd->ad", "output_shape": 3, "activation": "tanh"}),
    Row("EinsumDense", {"equation": "abc,cd->adb", "output_shape": (3, None), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"}),
    Row("Embedding", {**LOOKUP, "mask_zero": True}, IDS, integers=9),
    Row("ReversibleEmbedding", LOOKUP, IDS, integers=9),
    # Each call in training changes what the next one gives.
    Row("SpectralNormalization", {"layer": dense, "power_iterations": 2}, random=True),
    Row("Masking", {"mask_value": 0.5}),
    Row("Identity", {}),
]


def adapted(part, x):
    """Outputs of a layer whose low-rank update isn't zero."""

    def outcome(layer):
        layer(x)
        small = getattr(layer, f"lora_{part}_b")
        small.assign(torch.ones(small.shape))
        return layer(x).detach()

    return outcome


NUMBERS = torch.arange(8.0).reshape(2, 4)
BLOCKS = {"dtype": "int4_from_float32"}


def low_rank(part, x):
    """Changes of the arguments of low rank and quantization."""
    alpha = Change(3.0, given={"lora_rank": 1}, outcome=adapted(part, x))
    config = Change(Int4QuantizationConfig(block_size=2), given=BLOCKS)
    return {"lora_rank": 1, "lora_alpha": alpha, "quantization_config": config}


def inferred_shape(layer):
    """Shape of the output of a model that begins with the layer."""
    return torchkeras.Sequential([layer]).output_shape if layer._input_shape_argument else None


def is_sparse(layer):
    """Whether the vectors are a sparse tensor."""
    return torch.tensor(layer(torch.tensor([1])).is_sparse)


def on_ids(name, changes):
    return constructed(
        name,
        {
            "input_dim": Change(3, raises=IndexError),
            "output_dim": 5,
            "embeddings_initializer": "ones",
            "mask_zero": True,
            "weights": np.ones((9, 4)),
            "input_length": Change(5, outcome=inferred_shape),
            "sparse": Change(True, outcome=is_sparse),
            **low_rank("embeddings", torch.tensor([[1, 2]])),
            **changes,
        },
        LOOKUP,
        Row(name, LOOKUP, IDS, integers=9),
    )


def back(layer):
    """What an embedding gives on the way back."""
    layer(torch.zeros(1, 1, dtype=torch.int64))
    return layer(NUMBERS, reverse=True).detach(), [weight.name for weight in layer.weights]


EINSUM = {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}
ARGUMENTS = [
    constructed("Dense", low_rank("kernel", NUMBERS), {"units": 3}, Row("Dense", shape=(2, 4))),
    constructed(
        "EinsumDense",
        {
            "equation": Change("abc,bcd->abd", given={"bias_axes": None}),
            "output_shape": (None, 4),
            "bias_axes": "bd",
            "bias_initializer": "ones",
            **low_rank("kernel", NUMBERS[None]),
        },
        EINSUM,
        Row("EinsumDense", EINSUM, (2, 3, 4)),
    ),
    on_ids("Embedding", {}),
    on_ids(
        "ReversibleEmbedding",
        {
            "tie_weights": Change(False, outcome=back),
            "reverse_dtype": Change("float64", outcome=back),
            "logit_soft_cap": Change(0.1, outcome=back),
        },
    ),
    called(Row("ReversibleEmbedding", {**LOOKUP, "input_dim": 5}, (2, 4), integers=4),
           {"reverse": True}),
    constructed(
        "SpectralNormalization",
        {"layer": Fresh(lambda: torchkeras.layers.Dense(2)), "power_iterations": 3},
        {"layer": Fresh(lambda: torchkeras.layers.Dense(3))},
        Row("SpectralNormalization"),
    ),
    called(Row("SpectralNormalization", {"layer": dense}), {"training": True}),
    constructed("Masking", {"mask_value": 1.0}, {}, Row("Masking", shape=(2, 3, 1), integers=2)),
    constructed("Identity", {}, {}, Row("Identity")),
]  # fmt: skip

FOREIGN = "the constructor raises whatever the arguments: tests/layers/test_foreign.py"
WITHOUT = {
    ("EinsumDense", "gptq_unpacked_column_size"): "files of Keras have it; the shape says it here",
    ("Dense.call", "training"): "moves float8 scales on: tests/nn/test_float8.py",
    ("EinsumDense.call", "training"): "moves float8 scales on: tests/nn/test_float8.py",
    **{
        (name, argument): FOREIGN
        for name, arguments in {
            "JaxLayer": "call_fn init_fn native_serialization_platforms params seed state",
            "FlaxLayer": "method module variables",
            "DenseFeatures": "feature_columns",
            "DenseFeatures.call": "cols_to_output_tensors training",
            "TFSMLayer": "call_endpoint call_training_endpoint filepath",
            "JaxLayer.call": "training",
            "FlaxLayer.call": "training",
            "TFSMLayer.call": "training",
        }.items()
        for argument in arguments.split()
    },
    **{
        ("TorchModuleWrapper", argument): "tests/layers/test_torch_module.py"
        for argument in ("module", "output_shape")
    },
    ("TorchModuleWrapper.call", "training"): "tests/layers/test_torch_module.py",
    **{
        ("Lambda", argument): "tests/layers/test_functions.py"
        for argument in ("function", "arguments", "mask", "output_shape")
    },
    ("Lambda.call", "mask"): "tests/layers/test_functions.py",
    ("Lambda.call", "training"): "tests/layers/test_functions.py",
    **{
        ("InputLayer", argument): "tests/layers/test_input.py"
        for argument in (
            "batch_shape", "input_tensor", "optional", "ragged", "shape", "sparse", "type_spec",
        )
    },
}  # fmt: skip
