"""Rows and argument changes of convolutions."""

import torch
from influence import Change
from layer_arguments import called, constructed
from row import CLIPS, FIRST, IMAGES, VOLUMES, Row

SEQUENCES = (2, 3, 5, 6, 2)

TABLE = [
    Row("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, CLIPS),
    Row("Conv1D", {"filters": 3, "kernel_size": 4, "padding": "same", "strides": 3}, CLIPS),
    Row("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}, IMAGES),
    Row("Conv2D", {"filters": 4, "kernel_size": (2, 3), "padding": "same", "groups": 2}, IMAGES),
    Row("Conv2D", {"filters": 4, "kernel_size": 2, "padding": "same", **FIRST}, IMAGES),
    Row("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, VOLUMES),
    Row("Conv1DTranspose", {"filters": 3, "kernel_size": 2, "strides": 3}, CLIPS),
    Row("Conv2DTranspose", {"filters": 3, "kernel_size": 2, "strides": 2}, IMAGES),
    Row(
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
        IMAGES,
    ),
    Row(
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": (0, 1), **FIRST},
        IMAGES,
    ),
    Row("Conv3DTranspose", {"filters": 3, "kernel_size": 2, "dilation_rate": 2}, VOLUMES),
    Row("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2}, CLIPS),
    Row("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    Row("DepthwiseConv2D", {"kernel_size": 3, "dilation_rate": (2, 1), **FIRST}, IMAGES),
    Row("SeparableConv1D", {"filters": 3, "kernel_size": 2, "strides": 2}, CLIPS),
    Row(
        "SeparableConv1D",
        {"filters": 3, "kernel_size": 2, "padding": "causal"},
        CLIPS,
        only_ours=True,
    ),
    Row("SeparableConv2D", {"filters": 3, "kernel_size": 3, "activation": "relu"}, IMAGES),
    Row(
        "SeparableConv2D",
        {"filters": 3, "kernel_size": 2, "padding": "same", "depth_multiplier": 2, **FIRST},
        IMAGES,
    ),
    Row("LocallyConnected1D", {"filters": 3, "kernel_size": 2}, CLIPS, only_ours=True),
    Row(
        "LocallyConnected2D",
        {"filters": 3, "kernel_size": 2, "implementation": 2, "padding": "same", **FIRST},
        IMAGES,
        only_ours=True,
    ),
    Row(
        "LocallyConnected2D",
        {"filters": 3, "kernel_size": (3, 2), "strides": 2, "implementation": 3},
        IMAGES,
        only_ours=True,
    ),
    Row("ConvLSTM1D", {"filters": 2, "kernel_size": 2, "return_state": True}, (2, 3, 5, 2)),
    Row(
        "ConvLSTM2D",
        {"filters": 2, "kernel_size": 3, "padding": "same", "return_sequences": True},
        SEQUENCES,
    ),
    Row("ConvLSTM2D", {"filters": 2, "kernel_size": 2, "strides": 2, **FIRST}, SEQUENCES),
    Row(
        "ConvLSTM2D",
        {"filters": 2, "kernel_size": 2, "dropout": 0.3, "recurrent_dropout": 0.3},
        SEQUENCES,
        random=True,
    ),
    Row(
        "ConvLSTM3D",
        {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "go_backwards": True},
        (2, 3, 5, 4, 6, 2),
    ),
]

WINDOW = {"strides": 2, "padding": "same", "dilation_rate": 2}
MASK = torch.tensor([[True, False, True], [True, True, False]])
GIVEN = {1: (4,), 2: (4, 5), 3: (3, 4, 3)}  # lengths of the state of _recurrent
SHAPES = {1: (2, 7, 4), 2: (2, 7, 6, 4), 3: (2, 5, 6, 4, 2)}


def _plain(rank):
    name = f"Conv{rank}D"
    base = {"filters": 4, "kernel_size": 2}

    def product(layer):
        layer.build(SHAPES[rank])
        layer.lora_kernel_b.assign(torch.ones(layer.lora_kernel_b.shape))
        return layer.kernel.detach()

    alpha = Change(3.0, given={"lora_rank": 2}, outcome=product)
    changes = {"kernel_size": 3, **WINDOW, "lora_rank": 2, "lora_alpha": alpha, "groups": 2}
    return constructed(name, changes, base, Row(name, {}, SHAPES[rank]))


def _transposed(rank):
    name = f"Conv{rank}DTranspose"
    base = {"filters": 4, "kernel_size": 2}
    extra = Change(1, given={"strides": 2})
    changes = {"kernel_size": 3, **WINDOW, "output_padding": extra}
    return constructed(name, changes, base, Row(name, {}, SHAPES[rank]))


def _depthwise(rank):
    name = f"DepthwiseConv{rank}D"
    changes = {"kernel_size": 3, **WINDOW, "depth_multiplier": 2}
    return constructed(name, changes, {"kernel_size": 2}, Row(name, {}, SHAPES[rank]))


def _separable(rank):
    name = f"SeparableConv{rank}D"
    base = {"filters": 4, "kernel_size": 2}
    changes = {"kernel_size": 3, **WINDOW, "depth_multiplier": 2}
    return constructed(name, changes, base, Row(name, {}, SHAPES[rank]))


def _local(rank):
    name = f"LocallyConnected{rank}D"
    base = {"filters": 4, "kernel_size": 2}
    changes = {
        "kernel_size": 3,
        "strides": 2,
        "padding": Change("same", given={"implementation": 2}),
        "implementation": 3,
    }
    return constructed(name, changes, base, Row(name, {}, SHAPES[rank]))


def _recurrent(rank):
    name = f"ConvLSTM{rank}D"
    shape = {1: (2, 3, 5, 2), 2: SEQUENCES, 3: (2, 3, 4, 5, 4, 2)}[rank]
    base = {"filters": 3, "kernel_size": 2}
    masked = Row(name, {}, shape, options={"mask": MASK})
    given = Row(name, base, shape)
    refused = Change([torch.ones(2)], raises=ValueError)
    state = [torch.ones(2, *GIVEN[rank], 3)] * 2
    seed = Change(1, given={"dropout": 0.5})
    changes = {
        "kernel_size": 3,
        **WINDOW,
        "recurrent_activation": "hard_sigmoid",
        "unit_forget_bias": False,
        "dropout": 0.5,
        "recurrent_dropout": 0.5,
        "seed": seed,
        "return_sequences": True,
        "return_state": True,
        "go_backwards": True,
        "stateful": True,
        "time_major": True,
    }
    return [
        constructed(name, changes, base, Row(name, {}, shape)),
        constructed(name, {"zero_output_for_mask": True, "seed": seed}, base, masked),
        called(given, {"initial_state": Change(state), "mask": MASK, "constants": refused}),
        called(Row(name, {**base, "dropout": 0.5}, shape), {"training": True}),
    ]


ARGUMENTS = [
    *[_plain(rank) for rank in (1, 2, 3)],
    *[_transposed(rank) for rank in (1, 2, 3)],
    *[_depthwise(rank) for rank in (1, 2)],
    *[_separable(rank) for rank in (1, 2)],
    *[_local(rank) for rank in (1, 2)],
    *[subject for rank in (1, 2, 3) for subject in _recurrent(rank)],
]

UNROLLED = "torch has no static graph: the loop is the same"
WITHOUT = {(f"ConvLSTM{rank}D", "unroll"): UNROLLED for rank in (1, 2, 3)}
