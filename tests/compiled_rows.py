"""A small model around each row of the layers' contract, trained with ``jit_compile``."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from parity import as_leaves
from row import Row
from torch._dynamo.testing import CompileCounterWithBackend

import torchkeras as keras

BATCH, SAMPLES = 4, 11


@contextmanager
def counted(
    backend: str = "aot_eager_decomp_partition",
) -> Iterator[dict[str, CompileCounterWithBackend]]:
    """How often each function is compiled, by its name; ``backend`` stands in for the C++ one."""
    torch.compiler.reset()
    found: dict[str, CompileCounterWithBackend] = {}
    original = torch.compile

    def compile_function(function: Any, **options: Any) -> Any:
        name = getattr(function, "__name__", type(function).__name__)
        counter = found.setdefault(name, CompileCounterWithBackend(backend))
        return original(function, backend=counter, **options)

    torch.compile = compile_function
    try:
        yield found
    finally:
        torch.compile = original
        torch.compiler.reset()


class Scaled(keras.Model):
    """One number for each sample: the mean of all that a layer gives, times a weight."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x: Any, training: bool = False) -> torch.Tensor:
        leaves = as_leaves(self.layer(x, training=training))
        means = [leaf.to(torch.float32).flatten(1).mean(1, keepdim=True) for leaf in leaves]
        return sum(means) * self.scale


def samples(row: Row) -> Any:
    """Arrays of ``SAMPLES`` samples, the row's over and over."""
    arrays = row.inputs()
    listed = arrays if isinstance(arrays, list) else [arrays]
    longer = [np.resize(array, (SAMPLES, *array.shape[1:])) for array in listed]
    return longer if isinstance(arrays, list) else longer[0]


def train(row: Row, backend: str = "aot_eager_decomp_partition", **options: Any) -> dict[str, int]:
    """Train the row's layer on two batches and an uneven last one, and again on another number.

    Returns:
        How often each part of training was compiled. A part that can't be one graph warns.
    """
    model = Scaled(row.layer())
    with counted(backend) as counters, warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "`torch.jit.script_method`", DeprecationWarning)
        model.compile("sgd", "mse", jit_compile=True, **options)
        x, y = samples(row), np.zeros((SAMPLES, 1), "float32")
        model.fit(x, y, batch_size=BATCH, verbose=0)
        fewer = [part[: BATCH + 2] for part in x] if isinstance(x, list) else x[: BATCH + 2]
        model.fit(fewer, y[: BATCH + 2], batch_size=BATCH, verbose=0)
        return {name: counter.frame_count for name, counter in counters.items()}
