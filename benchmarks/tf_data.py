"""``tf.data`` of the drop-in beside a ``DataLoader``, with 2 workers and the same map function.

    python -m torchkeras run benchmarks/tf_data.py [--rounds 5] [--workers 2]

Both sides shuffle samples, map each and join 32 to a batch. Time on the wall is what a user waits
for; CPU time is that of this process and its workers, which other load disturbs less. The last
part trains on arrays, given as they are and as a dataset of their rows.
"""

import argparse
import io
import itertools
import resource
import statistics
import time
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

import torchkeras as keras

BATCH = 32


class Mapped(Dataset):
    """Samples mapped one by one."""

    def __init__(self, columns: tuple, function: Callable) -> None:
        self.columns = columns
        self.function = function

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, index: int):
        return self.function(*(column[index] for column in self.columns))


def pictures(number: int) -> tuple[np.ndarray, torch.Tensor]:
    """JPEG files of 160 x 160 pixels, as bytes, and their classes."""
    rng = np.random.default_rng(0)
    files = np.empty(number, dtype=object)
    for place in range(number):
        coarse = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(coarse).resize((160, 160)).save(file, "JPEG")
        files[place] = file.getvalue()
    return files, torch.arange(number) % 10


def decoded(file, label):
    """A picture of 96 x 96 pixels from 0 to 1, mirrored by chance."""
    picture = Image.open(io.BytesIO(file if isinstance(file, bytes) else file.item()))
    pixels = torch.from_numpy(np.array(picture.resize((96, 96)))).float() / 255
    return (pixels.flip(1) if torch.rand(()) < 0.5 else pixels), label


def counted(row, label):
    """Words and pairs of them, counted in Python."""
    counts: dict[int, int] = {}
    words = row.tolist()
    for pair in itertools.pairwise(words):
        key = (pair[0] * 31 + pair[1]) % 512
        counts[key] = counts.get(key, 0) + 1
    result = torch.zeros(512)
    result[list(counts)] = torch.tensor(list(counts.values()), dtype=torch.float32)
    return result, label


def scaled(row, label):
    """A picture of 28 x 28 pixels from -1 to 1."""
    return row.float().div(127.5).sub(1)[..., None], label


def cases() -> dict[str, tuple[tuple, Callable]]:
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(0, 1000, (8000, 400), generator=generator)
    digits = torch.randint(0, 256, (60000, 28, 28), generator=generator).to(torch.uint8)
    return {
        "JPEG decoded and resized": (pictures(4000), decoded),
        "words counted in Python": ((words, torch.arange(8000) % 2), counted),
        "small pictures scaled": ((digits, torch.arange(60000) % 10), scaled),
    }


def spent() -> float:
    """CPU seconds of this process and of the workers that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def passed(batches: Iterable) -> tuple[float, float, int]:
    """Wall and CPU seconds of a pass, and the number of batches."""
    wall, cpu = time.perf_counter(), spent()
    number = sum(1 for _ in batches)
    return time.perf_counter() - wall, spent() - cpu, number


def compare(rounds: int, workers: int) -> None:
    """Batches a second of both sides, in turn."""
    print(f"| map function, {workers} workers | | tf.data | DataLoader | ratio |")
    print("|---|---|---|---|---|")
    for name, (columns, function) in cases().items():
        size = len(columns[0])
        loader = DataLoader(
            Mapped(columns, function), batch_size=BATCH, shuffle=True, num_workers=workers
        )
        rows = tf.data.Dataset.from_tensor_slices(columns).shuffle(size)
        dataset = rows.map(function, num_parallel_calls=workers).batch(BATCH).prefetch(2)
        runs = [(passed(dataset), passed(loader)) for _ in range(rounds + 1)][1:]
        for place, what, unit in ((0, "wall", "batches/s"), (1, "CPU", "ms a batch")):
            ours, theirs = (
                statistics.median(run[side][place] / run[side][2] for run in runs)
                for side in (0, 1)
            )
            shown = (1 / ours, 1 / theirs) if place == 0 else (1e3 * ours, 1e3 * theirs)
            print(f"| {name} | {what}, {unit} | {shown[0]:.2f} | {shown[1]:.2f} | "
                  f"{ours / theirs:.2f} |")  # fmt: skip


def train(rounds: int) -> None:
    """CPU seconds of ``fit`` on arrays and on datasets of their rows."""
    rng = np.random.default_rng(0)
    x, y = rng.random((16000, 784), dtype="float32"), rng.integers(0, 10, 16000)
    model = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    rows = tf.data.Dataset.from_tensor_slices((x, y))
    sources = {
        "arrays": ((x, y), {"batch_size": BATCH}),
        "shuffle, batch": ((rows.shuffle(16000).batch(BATCH),), {}),
        "shuffle of 1000, batch": ((rows.shuffle(1000).batch(BATCH),), {}),
        "shuffle, batch, repeat, prefetch": (
            (rows.shuffle(16000).batch(BATCH).repeat().prefetch(2),),
            {"steps_per_epoch": 500},
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in sources}
    for _ in range(rounds + 1):
        for name, (data, options) in sources.items():
            begin = time.process_time()
            model.fit(*data, epochs=1, verbose=0, **options)
            times[name].append(time.process_time() - begin)
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    print("\n| fit of an MLP 784-128-10 on | CPU ms an epoch | to arrays |\n|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {1e3 * median:.0f} | {median / medians['arrays']:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    compare(options.rounds, options.workers)
    train(options.rounds)
