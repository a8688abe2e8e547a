"""Training speed of torchkeras beside what else one might use, all sides in one run.

Sides: torchkeras as it is, with ``jit_compile=True`` and under ``mixed_bfloat16``; the best
hand-written PyTorch loop ("expert"), the same on ``torch.compile``; the loop of the tutorials
("idiomatic": ``DataLoader(TensorDataset)``, ``.item()`` in each step); Keras 3 on torch, which runs
in a process of its own; and where they are installed, Lightning and Keras 3 on TensorFlow, each
given by the interpreter that has it:

    python -m venv peers-environment && peers-environment/bin/pip install torch lightning
    python benchmarks/peers.py --threads 1 --clock cpu --lightning peers-environment/bin/python
    python benchmarks/peers.py --tensorflow /path/to/python/with/tensorflow/and/keras

An epoch of each side in turn, in processes that wait for one another; the first epoch, which
compiles, is left out. The table shows samples per second and the ratio to "expert".
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from fit import channels_first, hand_written_fit
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from workloads import WORKLOADS, Workload

Epoch = Callable[[], None]
SIDES = ("ours", "ours, jit", "ours, bfloat16", "expert", "expert, compiled", "idiomatic")


def data_of(workload: Workload) -> tuple[list[Tensor], Tensor]:
    """The samples of a workload, the same in each process."""
    torch.manual_seed(0)
    x = workload.inputs()
    return x, torch.randint(workload.classes, (len(x[0]),))


def ours(workload: Workload, policy: str = "float32", jit: bool = False) -> Epoch:
    """An epoch of ``fit``."""
    import torchkeras as keras

    x, y = data_of(workload)
    keras.config.set_dtype_policy(policy)
    model = workload.ours()
    keras.config.set_dtype_policy("float32")
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=jit)
    inputs = x[0] if len(x) == 1 else x
    return lambda: model.fit(inputs, y, batch_size=workload.batch_size, verbose=0)


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


def real_keras(workload: Workload) -> Epoch:
    """An epoch of Keras 3's ``fit``, on the backend of the environment, of our model's copy."""
    import keras

    import torchkeras

    x, y = data_of(workload)
    described = workload.ours().to_json().replace("torchkeras", "keras")
    model = keras.models.model_from_json(described)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    arrays = [part.numpy() for part in x]
    inputs, targets = arrays[0] if len(arrays) == 1 else arrays, y.numpy()
    assert torchkeras.__name__ not in type(model).__module__
    return lambda: model.fit(inputs, targets, batch_size=workload.batch_size, verbose=0)


HERE: dict[str, Callable[[Workload], Epoch]] = {
    "expert": expert,
    "ours": ours,
    "ours, jit": lambda workload: ours(workload, jit=True),
    "ours, bfloat16": lambda workload: ours(workload, "mixed_bfloat16"),
    "idiomatic": idiomatic,
    "expert, compiled": lambda workload: expert(workload, compiled=True),
}
ELSEWHERE = {
    "Keras 3 on torch": real_keras,
    "Keras 3 on TensorFlow": real_keras,
    "Lightning": lightning,
}


class Process:
    """A side in a process of its own, which runs an epoch whenever it is asked to.

    Args:
        side: Its name.
        workload: What to train.
        options: Of this run.
        interpreter: What has the library.
        backend: Keras's, if it is a side of Keras.
    """

    def __init__(
        self,
        side: str,
        workload: str,
        options: argparse.Namespace,
        interpreter: str,
        backend: str | None,
    ) -> None:
        environment = {**os.environ, **({"KERAS_BACKEND": backend} if backend else {})}
        given = ["--threads", str(options.threads), "--clock", options.clock]
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
    epoch = ELSEWHERE[side](workload)
    for _ in sys.stdin:
        print("seconds", timed(epoch, clock), flush=True)


def measure(name: str, options: argparse.Namespace, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds of an epoch by side."""
    workload = WORKLOADS[name]
    wanted = options.sides or [side for side in HERE if side != "expert, compiled"]
    tasks: dict[str, Callable[[], float]] = {}
    for side in wanted:
        epoch = HERE[side](workload)
        tasks[side] = lambda epoch=epoch: timed(epoch, clock)
    elsewhere = {
        "Keras 3 on torch": (options.keras, "torch"),
        "Keras 3 on TensorFlow": (options.tensorflow, "tensorflow"),
        "Lightning": (options.lightning, None),
    }
    processes = [
        (side, Process(side, name, options, interpreter, backend))
        for side, (interpreter, backend) in elsewhere.items()
        if interpreter
    ]
    for side, process in processes:
        tasks[side] = process.seconds
    found: dict[str, list[float]] = {side: [] for side in tasks}
    for _ in range(options.epochs + 1):
        for side, task in tasks.items():
            found[side].append(task())
    for _, process in processes:
        process.end()
    return {side: statistics.median(values[1:]) for side, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(WORKLOADS), action="append")
    parser.add_argument("--sides", choices=list(HERE), action="append")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--keras", default=sys.executable, help="interpreter that has keras")
    parser.add_argument("--tensorflow", help="interpreter that has keras and tensorflow")
    parser.add_argument("--lightning", help="interpreter that has lightning")
    parser.add_argument("--serve", choices=list(ELSEWHERE), help=argparse.SUPPRESS)
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
        found = measure(name, options, clock)
        samples = len(WORKLOADS[name].inputs()[0])
        for side, seconds in found.items():
            ratio = f"{found['expert'] / seconds:.2f}" if "expert" in found else ""
            print(f"| {name} | {side} | {samples / seconds:,.0f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
