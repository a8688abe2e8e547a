"""Training speed of torchkeras beside what else one might use, all sides in one run.

Sides: torchkeras as it is, with ``jit_compile=True`` and under ``mixed_bfloat16``; the best
hand-written PyTorch loop ("expert"), the same on ``torch.compile``; the loop of the tutorials
("idiomatic": ``DataLoader(TensorDataset)``, ``.item()`` in each step); Keras 3 on torch; and where
they are installed, Lightning and Keras 3 on TensorFlow, each given by the interpreter that has it
beside torch:

    python -m venv peers-environment && peers-environment/bin/pip install torch lightning
    python benchmarks/peers.py --threads 1 --clock cpu --lightning peers-environment/bin/python
    python benchmarks/peers.py --tensorflow /path/to/python/with/tensorflow/and/keras

"watched" sides train with accuracy and AUC, and with EarlyStopping, CSVLogger and ModelCheckpoint.
Those that compile, and those that are watched, run if ``--sides`` names them.

Each side has a process of its own, since what one does to the allocator would otherwise be there
for the others. They wait for one another: an epoch of each in turn. The first epoch is left out.
The table shows samples per second and the ratio to "expert".
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from fit import channels_first, hand_written_fit
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from workloads import WORKLOADS, Workload

Epoch = Callable[[], None]


def data_of(workload: Workload) -> tuple[list[Tensor], Tensor]:
    """The samples of a workload, the same in each process."""
    torch.manual_seed(0)
    x = workload.inputs()
    return x, torch.randint(workload.classes, (len(x[0]),))


def ours(
    workload: Workload, policy: str = "float32", jit: bool = False, watched: bool = False
) -> Epoch:
    """An epoch of ``fit``; ``watched`` by callbacks and further metrics."""
    import torchkeras as keras

    x, y = data_of(workload)
    keras.config.set_dtype_policy(policy)
    model = workload.ours()
    keras.config.set_dtype_policy("float32")
    inputs = x[0] if len(x) == 1 else x
    if watched:
        return watched_fit(keras, model, inputs, y.numpy(), workload)
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=jit)
    return lambda: model.fit(inputs, y, batch_size=workload.batch_size, verbose=0)


def watched_fit(keras: Any, model: Any, x: Any, y: np.ndarray, workload: Workload) -> Epoch:
    """An epoch of ``fit`` with accuracy and AUC, and with callbacks that log, stop and save."""
    targets = np.eye(workload.classes, dtype="float32")[y]
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    folder = tempfile.TemporaryDirectory()

    def epoch() -> None:
        callbacks = [
            keras.callbacks.EarlyStopping("loss", patience=2),
            keras.callbacks.CSVLogger(f"{folder.name}/log.csv"),
            keras.callbacks.ModelCheckpoint(f"{folder.name}/best.keras", "loss"),
        ]
        model.fit(x, targets, batch_size=workload.batch_size, callbacks=callbacks, verbose=0)

    return epoch


def expert(workload: Workload, compiled: bool = False) -> Epoch:
    """An epoch of the best hand-written loop."""
    x, y = data_of(workload)
    model = workload.theirs()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    run = torch.compile(model) if compiled else model
    plain = [channels_first(part) for part in x]
    return lambda: hand_written_fit(run, optimizer, plain, y, workload.batch_size)


def idiomatic(workload: Workload) -> Epoch:
    """An epoch of the loop that tutorials show."""
    x, y = data_of(workload)
    model = workload.theirs()
    optimizer = torch.optim.Adam(model.parameters())
    samples = TensorDataset(*[channels_first(part) for part in x], y)
    loader = DataLoader(samples, batch_size=workload.batch_size, shuffle=True)

    def epoch() -> None:
        model.train()
        total, right = 0.0, 0
        for *inputs, targets in loader:
            optimizer.zero_grad()
            outputs = model(*inputs)
            loss = F.cross_entropy(outputs, targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
            right += (outputs.argmax(-1) == targets).sum().item()

    return epoch


def lightning(workload: Workload) -> Epoch:
    """An epoch of Lightning's trainer on the idiomatic loop's model and loader."""
    import lightning

    class Classifier(lightning.LightningModule):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: list[Tensor], index: int) -> Tensor:
            *inputs, targets = batch
            outputs = self.model(*inputs)
            loss = F.cross_entropy(outputs, targets)
            right = (outputs.argmax(-1) == targets).float().mean()
            self.log_dict({"loss": loss, "accuracy": right}, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters())

    x, y = data_of(workload)
    samples = TensorDataset(*[channels_first(part) for part in x], y)
    loader = DataLoader(samples, batch_size=workload.batch_size, shuffle=True)
    module = Classifier(workload.theirs())

    def epoch() -> None:
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, loader)

    return epoch


def real_keras(workload: Workload, watched: bool = False) -> Epoch:
    """An epoch of Keras 3's ``fit``, on the backend of the environment, of our model's copy."""
    import keras

    import torchkeras

    x, y = data_of(workload)
    described = workload.ours().to_json().replace("torchkeras", "keras")
    model = keras.models.model_from_json(described)
    arrays = [part.numpy() for part in x]
    inputs, targets = arrays[0] if len(arrays) == 1 else arrays, y.numpy()
    assert torchkeras.__name__ not in type(model).__module__
    if watched:
        return watched_fit(keras, model, inputs, targets, workload)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return lambda: model.fit(inputs, targets, batch_size=workload.batch_size, verbose=0)


def real_keras_watched(workload: Workload) -> Epoch:
    return real_keras(workload, watched=True)


class Side(NamedTuple):
    """What makes an epoch, and the interpreter (named by an option) and backend it runs on."""

    epoch: Callable[[Workload], Epoch]
    interpreter: str = "python"
    backend: str | None = None


SIDES = {
    "expert": Side(expert),
    "ours": Side(ours),
    "ours, bfloat16": Side(lambda workload: ours(workload, "mixed_bfloat16")),
    "ours, jit": Side(lambda workload: ours(workload, jit=True)),
    "expert, compiled": Side(lambda workload: expert(workload, compiled=True)),
    "idiomatic": Side(idiomatic),
    "Lightning": Side(lightning, "lightning"),
    "Keras 3 on torch": Side(real_keras, "keras", "torch"),
    "Keras 3 on TensorFlow": Side(real_keras, "tensorflow", "tensorflow"),
    "ours, watched": Side(lambda workload: ours(workload, watched=True)),
    "Keras 3 on torch, watched": Side(real_keras_watched, "keras", "torch"),
    "Keras 3 on TensorFlow, watched": Side(real_keras_watched, "tensorflow", "tensorflow"),
}
# What takes minutes to compile, and what measures something else, runs if it is asked for.
BY_DEFAULT = [name for name in SIDES if not name.endswith(("jit", "compiled", "watched"))]


class Process:
    """A side in a process of its own, which runs an epoch whenever it is asked to.

    Args:
        side: Its name.
        workload: What to train.
        options: Of this run.
    """

    def __init__(self, side: str, workload: str, options: argparse.Namespace) -> None:
        threads = str(options.threads)
        environment = {
            **os.environ,
            "KERAS_BACKEND": SIDES[side].backend or "torch",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "OMP_NUM_THREADS": threads,
            "TF_NUM_INTRAOP_THREADS": threads,
            "TF_NUM_INTEROP_THREADS": "1",
        }
        given = ["--threads", threads, "--clock", options.clock]
        interpreter = getattr(options, SIDES[side].interpreter)
        self.process = subprocess.Popen(
            [interpreter, __file__, "--serve", side, "--only", workload, *given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def seconds(self) -> float:
        """Time of one epoch."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("seconds "):
                return float(line.split()[1])
        raise RuntimeError(f"{self.process.args}: ended with {self.process.wait()}")

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def timed(epoch: Epoch, clock: Callable[[], float]) -> float:
    start = clock()
    epoch()
    return clock() - start


def serve(side: str, workload: Workload, clock: Callable[[], float]) -> None:
    """Run an epoch for each line that comes in."""
    epoch = SIDES[side].epoch(workload)
    for _ in sys.stdin:
        print("seconds", timed(epoch, clock), flush=True)


def measure(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Median seconds of an epoch by side."""
    sides = [
        side
        for side in options.sides or BY_DEFAULT
        if getattr(options, SIDES[side].interpreter) is not None
    ]
    processes = {side: Process(side, name, options) for side in sides}
    found: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(options.epochs + 1):
        for side, process in processes.items():
            found[side].append(process.seconds())
    for process in processes.values():
        process.end()
    return {side: statistics.median(values[1:]) for side, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(WORKLOADS), action="append")
    parser.add_argument("--sides", choices=list(SIDES), action="append")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--python", default=sys.executable, help=argparse.SUPPRESS)
    parser.add_argument("--keras", default=sys.executable, help="interpreter that has keras")
    parser.add_argument("--tensorflow", help="interpreter that has keras and tensorflow")
    parser.add_argument("--lightning", help="interpreter that has lightning")
    parser.add_argument("--serve", choices=list(SIDES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    if options.serve:
        serve(options.serve, WORKLOADS[options.only[0]], clock)
        return
    print(f"torch {torch.__version__}, {options.threads} threads, {options.clock} time")
    print("| workload | side | samples/s | ratio to expert |")
    print("|---|---|---|---|")
    for name in options.only or WORKLOADS:
        found = measure(name, options)
        samples = len(WORKLOADS[name].inputs()[0])
        for side, seconds in found.items():
            ratio = f"{found['expert'] / seconds:.2f}" if "expert" in found else ""
            print(f"| {name} | {side} | {samples / seconds:,.0f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
