"""Time of loading and saving weights beside the raw reading and writing of the same bytes.

    python benchmarks/saving.py [--parameters 100] [--layers dense] [--rounds 5] [--folder DIR]
        [--clock wall]

The model is ten layers, dense ones or convolutions, of that many million parameters together. Raw
reading is h5py's, of each array into a new one; raw writing is one ``write`` of all bytes and an
``fsync``. Both sides take turns, and what one has made is gone before the next begins; each row is
the medians and the ratio (below 1: faster than raw). Files are in the system's cache.
"""

import argparse
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch

import torchkeras as keras

LAYERS = 10


def model_of(millions: float, kind: str) -> keras.Model:
    """Layers of a kind with so many parameters."""
    if kind == "dense":
        units = int((millions * 1e6 / LAYERS) ** 0.5)
        layers = [keras.layers.Dense(units, use_bias=False) for _ in range(LAYERS)]
        return keras.Sequential([keras.Input((units,)), *layers])
    filters = int((millions * 1e6 / LAYERS / 9) ** 0.5)
    layers = [keras.layers.Conv2D(filters, 3, use_bias=False) for _ in range(LAYERS)]
    return keras.Sequential([keras.Input((32, 32, filters)), *layers])


def read_raw(path: Path) -> None:
    """Read every array of an HDF5 file."""
    arrays = []

    def visit(_: str, found: h5py.Group | h5py.Dataset) -> None:
        if isinstance(found, h5py.Dataset):
            arrays.append(found[()])

    with h5py.File(path) as file:
        file.visititems(visit)


def write_raw(path: Path, content: np.ndarray) -> None:
    """Write bytes and force them to the disk."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def compare(name: str, ours: Callable, raw: Callable, rounds: int, clock: Callable) -> None:
    """Print a row: medians of rounds in turn, the first left out."""
    times: dict[Callable, list[float]] = {ours: [], raw: []}
    for _ in range(rounds + 1):
        for side, found in times.items():
            start = clock()
            side()
            found.append(clock() - start)
            gc.collect()  # a model's layers and its graph know each other
    mine, theirs = (statistics.median(found[1:]) for found in times.values())
    print(f"{name:32} {mine * 1e3:9.0f} {theirs * 1e3:9.0f} {mine / theirs:7.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parameters", type=float, default=100, help="in millions")
    parser.add_argument("--layers", choices=("dense", "conv"), default="dense")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=None, help="where to write; else the system's own")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    torch.set_num_threads(options.threads)
    model = model_of(options.parameters, options.layers)
    content = np.concatenate([w.ravel() for w in model.get_weights()]).view(np.uint8)
    print(f"{model.count_params() / 1e6:.0f}M parameters, {options.threads} threads")
    print(f"{'':32} {'ours, ms':>9} {'raw, ms':>9} {'ratio':>7}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        weights = Path(folder, "m.weights.h5")
        archive = Path(folder, "m.keras")
        tensors = Path(folder, "m.safetensors")
        raw = Path(folder, "raw")
        rounds = options.rounds
        checkpoint = Path(folder, "m.ckpt")
        for name, path in (
            ("weights.h5", weights),
            ("safetensors", tensors),
            ("ckpt", checkpoint),
        ):
            save = lambda path=path: model.save_weights(path)  # noqa: E731
            compare(f"save .{name}", save, lambda: write_raw(raw, content), rounds, clock)
        save = lambda: model.save(archive)  # noqa: E731
        compare("save .keras", save, lambda: write_raw(raw, content), rounds, clock)
        raw.unlink()
        for name, path in (
            ("weights.h5", weights),
            ("safetensors", tensors),
            ("keras", archive),
            ("ckpt", checkpoint),
        ):
            load = lambda path=path: model.load_weights(path)  # noqa: E731
            compare(f"load_weights .{name}", load, lambda: read_raw(weights), rounds, clock)
        load = lambda: keras.models.load_model(archive)  # noqa: E731
        compare("load_model .keras", load, lambda: read_raw(weights), rounds, clock)


if __name__ == "__main__":
    main()
