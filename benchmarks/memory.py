"""Whether memory stays flat over many steps, and what ``fit`` needs beside a hand-written loop.

    python benchmarks/memory.py [--steps 10000] [--samples 200000]

Each part runs in a process of its own, on the MLP 784-128-10:

- ``fit``, ``evaluate``, ``predict`` and ``train_on_batch`` for so many steps: resident memory
  after a tenth of them, and at the end;
- peak memory of ``fit`` on an array of so many samples, over what the array itself takes, beside
  a hand-written loop over the same array. A copy of it would show as its own size.
"""

import argparse
import multiprocessing
import resource
import sys

import numpy as np
import torch

BATCH = 32


def resident() -> float:
    """Resident memory of this process, in MiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def peak() -> float:
    """The highest it has been, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def data(samples: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((samples, 784), dtype="float32"), rng.integers(0, 10, samples)


def compiled():
    import torchkeras as keras

    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def flat(method: str, steps: int) -> tuple[float, float]:
    """Resident memory after a tenth of the steps, and at the end."""
    x, y = data(100 * BATCH)
    model = compiled()

    def run(rounds: int) -> None:
        if method == "fit":
            model.fit(x, y, batch_size=BATCH, epochs=rounds, verbose=0)
        elif method == "train_on_batch":
            for _ in range(100 * rounds):
                model.train_on_batch(x[:BATCH], y[:BATCH])
        else:
            for _ in range(rounds):
                given = (x,) if method == "predict" else (x, y)
                getattr(model, method)(*given, batch_size=BATCH, verbose=0)

    rounds = max(10, steps // 100)
    run(rounds // 10)
    first = resident()
    run(rounds - rounds // 10)
    return first, resident()


def need(side: str, samples: int) -> tuple[float, float]:
    """Memory taken by the arrays, and the peak of one epoch over what there was with them."""
    before = resident()
    x, y = data(samples)
    held = resident()
    if side == "fit":
        compiled().fit(x, y, batch_size=BATCH, verbose=0)
    else:
        by_hand(x, y)
    return held - before, peak() - held


def by_hand(x: np.ndarray, y: np.ndarray) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.Adam(net.parameters(), fused=True)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    for part in torch.randperm(len(x)).split(BATCH):
        loss = torch.nn.functional.cross_entropy(net(inputs[part]), targets[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def measured(function, *arguments):
    """What ``function`` gives in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_started, (function, arguments))


def _started(function, arguments):
    import torchkeras  # noqa: F401, so that no side pays for it alone

    torch.set_num_threads(1)
    return function(*arguments)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=200_000)
    options = parser.parse_args()
    grown = 0.0
    for method in ("fit", "evaluate", "predict", "train_on_batch"):
        first, last = measured(flat, method, options.steps)
        grown = max(grown, last - first)
        print(
            f"{method:15} {first:7.1f} MiB after a tenth, {last:7.1f} after {options.steps} steps"
        )
    needs = {side: measured(need, side, options.samples) for side in ("by hand", "fit")}
    for side, (arrays, more) in needs.items():
        print(f"{side:15} {arrays:7.1f} MiB of arrays, {more:7.1f} more at the peak")
    (arrays, hand), (_, ours) = needs["by hand"], needs["fit"]
    print(f"whole peak over the loop's: {(arrays + ours) / (arrays + hand):.3f}")
    return int(grown > 8)


if __name__ == "__main__":
    sys.exit(main())
