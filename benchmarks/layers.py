"""Forward and backward of each layer beside the best plain torch, and beside Keras on torch.

    python benchmarks/layers.py [--rounds 9] [--only LSTM Conv2D] [--no-keras]

All sides compute the same from the same inputs: ours, plain torch (a module or function with
weights of its own) and Keras 3 on its torch backend. CPU time on one thread, medians of rounds that
take turns. Preprocessing runs forward only.
"""

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"
sys.path.insert(0, str(Path(__file__).resolve().parent))

import torch
from layer_cases import Case, families
from torch import Tensor

import torchkeras

TARGET_SECONDS = 0.03  # length of one measurement


def step(function: Callable[..., Any], inputs: Any, backward: bool) -> Callable[[], None]:
    """One call on ``inputs``, and its gradients."""

    def forward_only() -> None:
        with torch.no_grad():
            function(inputs)

    def both() -> None:
        y = function(inputs)
        y = y[0] if isinstance(y, (list, tuple)) else y
        y.backward(gradient_of(y))

    gradients: dict[Any, Tensor] = {}

    def gradient_of(y: Tensor) -> Tensor:
        if y.shape not in gradients:
            gradients[y.shape] = torch.ones_like(y)
        return gradients[y.shape]

    return both if backward else forward_only


def milliseconds(call: Callable[[], None], calls: int) -> float:
    """CPU time of one of so many calls."""
    start = time.process_time_ns()
    for _ in range(calls):
        call()
    return (time.process_time_ns() - start) / calls / 1e6


def measured(sides: list[Callable[[], None]], rounds: int) -> list[float]:
    """Median milliseconds of each side; they take turns, another one first in each round."""
    calls = []
    for call in sides:
        call()
        once = milliseconds(call, 1)
        calls.append(max(1, int(TARGET_SECONDS * 1000 / max(once, 1e-3))))
    times: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for turn in range(len(sides)):
            side = (number + turn) % len(sides)
            found = milliseconds(sides[side], calls[side])
            if number > 0:  # the first round warms up
                times[side].append(found)
    return [statistics.median(side) for side in times]


def keras_layer(case: Case) -> Callable[..., Any] | None:
    """Keras's own layer; None where it has none or where it fails on torch."""
    import keras

    if not hasattr(keras.layers, case.layer):
        return None
    layer = getattr(keras.layers, case.layer)(**case.made(keras))
    called = case.called_on(layer)
    try:
        called(case.inputs())
    except (NotImplementedError, ImportError, RuntimeError, ValueError, TypeError):
        return None
    return called


def sides(case: Case, with_keras: bool) -> list[Callable[[], None] | None]:
    """Ours, plain torch, Keras: each a call that does one step."""
    layer = getattr(torchkeras.layers, case.layer)(**case.made(torchkeras))
    ours = case.called_on(layer)
    with contextlib.nullcontext() if case.backward else torch.no_grad():
        ours(case.inputs())
    plain = case.plain(layer)
    theirs = keras_layer(case) if with_keras else None
    if theirs is not None and hasattr(theirs, "train"):
        theirs.train(case.training)
    return [
        None if function is None else step(function, case.inputs(), case.backward)
        for function in (ours, plain, theirs)
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", nargs="*", help="classes")
    parser.add_argument("--no-keras", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| layer | ours, ms | torch, ms | Keras, ms | ours / torch | ours / Keras |")
    print("|---|---|---|---|---|---|", flush=True)
    above = slower = count = 0
    for case in [case for family in families() for case in family]:
        if arguments.only and case.layer not in arguments.only:
            continue
        found = sides(case, not arguments.no_keras)
        times = iter(measured([side for side in found if side], arguments.rounds))
        ours, bare, theirs = [next(times) if side else None for side in found]
        cells = [f"{ours:.3f}", f"{bare:.3f}", "-" if theirs is None else f"{theirs:.3f}"]
        cells += [f"{ours / bare:.2f}", "-" if theirs is None else f"{ours / theirs:.2f}"]
        print(f"| {case} | {' | '.join(cells)} |", flush=True)
        count += 1
        above += ours / bare > 1.05
        slower += theirs is not None and ours > theirs
    print(f"\n{above} of {count} above 1.05 of plain torch; {slower} slower than Keras.")


if __name__ == "__main__":
    main()
