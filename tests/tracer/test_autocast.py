"""Autocast in recorded graphs."""

import pytest
import torch
from torch import fx

from torchkeras import Input, Model, layers
from torchkeras.tracer.autocast import ANYWHERE, AutocastGraph, autocast_of, in_blocks, with_blocks


def test_lines_of_one_kind_share_a_block():
    half = torch.float16
    lines = [(None, "a"), (half, "b"), (ANYWHERE, "c"), (half, "d"), (None, "e")]
    assert in_blocks(lines, None, "device") == [
        "a",
        "with torch.autocast(device, torch.float16):",
        "    b",
        "    c",
        "    d",
        "e",
    ]


def test_full_precision_inside_is_a_block_as_well():
    lines = [(torch.bfloat16, "a"), (None, "b")]
    assert in_blocks(lines, torch.bfloat16, "x.device.type") == [
        "a",
        "with torch.autocast(x.device.type, enabled=False):",
        "    b",
    ]


def test_what_only_moves_elements_can_stand_anywhere():
    graph = AutocastGraph()
    x = graph.placeholder("x")
    assert autocast_of(x) is ANYWHERE
    assert autocast_of(graph.call_method("permute", (x, 1, 0))) is ANYWHERE
    assert autocast_of(graph.call_function(torch.exp, (x,))) is None


def test_source_without_autocast_stays():
    graph = fx.symbolic_trace(torch.nn.ReLU()).graph
    source = graph.python_code("self").src
    assert with_blocks(source, graph) == source


def mixed(policy):
    image = Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", dtype=policy)(image)
    x = layers.BatchNormalization(dtype=policy)(x)
    x = layers.Dense(4, "gelu", dtype=policy)(layers.GlobalAveragePooling2D(dtype=policy)(x))
    return Model(image, layers.Dense(2, activation="softmax", dtype="float32")(x))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_models_are_lowered_with_their_autocast(policy):
    model = mixed(policy)
    lowered = model.to_torch()
    x = torch.randn(2, 8, 8, 3)
    torch.testing.assert_close(lowered(x), model(x))
    lowered.train()(x).sum().backward()
    assert f"with torch.autocast(autocast_device, torch.{policy[6:]}):" in lowered.code
    dense = model.layers[-2].kernel
    assert dense.parameter.grad.dtype is torch.float32
