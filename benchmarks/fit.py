"""How long ``fit``, ``evaluate``, ``predict`` and a single call take beside hand-written PyTorch.

Both sides run in one process on the same data, an epoch of one and an epoch of the other in turn;
the first epoch of each is left out, and medians are compared. The hand-written loop is the best we
know: tensors loaded once, batches by ``index_select``, fused Adam, nothing read back in the step.

    python benchmarks/fit.py [--only mlp] [--epochs 9] [--threads 2] [--device cpu] [--clock wall]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from workloads import WORKLOADS, Workload, our_mlp, their_mlp

import torchkeras as keras


def channels_first(x: Tensor) -> Tensor:
    """Images as the hand-written model wants them."""
    return x.permute(0, 3, 1, 2).contiguous() if x.dim() == 4 else x


def hand_written_fit(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: list[Tensor], y: Tensor, batch_size: int
) -> None:
    """One epoch of the best loop, with the loss and accuracy that ``fit`` reports."""
    model.train()
    order = torch.randperm(len(y), device=y.device)
    total = torch.zeros((), device=y.device)
    right = torch.zeros((), device=y.device)
    for index in order.split(batch_size):
        inputs, targets = [part.index_select(0, index) for part in x], y.index_select(0, index)
        optimizer.zero_grad()
        outputs = model(*inputs)
        loss = F.cross_entropy(outputs, targets)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(index)
        right += (outputs.detach().argmax(-1) == targets).sum()
    total.item(), right.item()


@torch.no_grad()
def hand_written_evaluate(model: nn.Module, x: list[Tensor], y: Tensor, batch_size: int) -> None:
    model.eval()
    total = torch.zeros((), device=y.device)
    right = torch.zeros((), device=y.device)
    batches = zip(*[part.split(batch_size) for part in x], strict=True)
    for inputs, targets in zip(batches, y.split(batch_size), strict=True):
        outputs = model(*inputs)
        total += F.cross_entropy(outputs, targets) * len(targets)
        right += (outputs.argmax(-1) == targets).sum()
    total.item(), right.item()


@torch.no_grad()
def hand_written_predict(model: nn.Module, x: list[Tensor], batch_size: int) -> None:
    model.eval()
    batches = zip(*[part.split(batch_size) for part in x], strict=True)
    torch.cat([model(*inputs).softmax(-1) for inputs in batches]).cpu().numpy()


@torch.no_grad()
def call(model: Callable[..., Any], *inputs: Any) -> None:
    for _ in range(200):
        model(*inputs)


def times(
    tasks: dict[str, Callable[[], None]], epochs: int, device: str, clock: Callable[[], float]
) -> dict[str, float]:
    """Median seconds of each task, run in turn."""
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(epochs + 1):
        for name, task in tasks.items():
            start = clock()
            task()
            if device != "cpu":
                torch.accelerator.synchronize()
            found[name].append(clock() - start)
    return {name: statistics.median(values[1:]) for name, values in found.items()}


def measure(
    workload: Workload, epochs: int, device: str, clock: Callable[[], float]
) -> dict[str, tuple[float, float]]:
    """Seconds of ours and of the hand-written code, by what is done."""
    torch.manual_seed(0)
    x = [part.to(device) for part in workload.inputs()]
    y = torch.randint(workload.classes, (len(x[0]),), device=device)
    size = workload.batch_size
    ours, theirs = workload.ours().to(device), workload.theirs().to(device)
    ours.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    optimizer = torch.optim.Adam(theirs.parameters(), fused=True)
    plain = [channels_first(part) for part in x]
    one, plain_one = [part[:1] for part in x], [part[:1] for part in plain]
    if len(x) == 1:
        x, one = x[0], one[0]
    pairs = {
        "fit": (
            lambda: ours.fit(x, y, batch_size=size, verbose=0),
            lambda: hand_written_fit(theirs, optimizer, plain, y, size),
        ),
        "evaluate": (
            lambda: ours.evaluate(x, y, batch_size=size, verbose=0),
            lambda: hand_written_evaluate(theirs, plain, y, size),
        ),
        "predict": (
            lambda: ours.predict(x, batch_size=size, verbose=0),
            lambda: hand_written_predict(theirs, plain, size),
        ),
        "200 calls": (lambda: call(ours, one), lambda: call(theirs, *plain_one)),
        "predict 1": (
            lambda: ours.predict(one, verbose=0),
            lambda: hand_written_predict(theirs, plain_one, 1),
        ),
    }
    results = {}
    for name, (ours_does, they_do) in pairs.items():
        found = times({"ours": ours_does, "theirs": they_do}, epochs, device, clock)
        results[name] = found["ours"], found["theirs"]
    return results


class Pairs(keras.utils.PyDataset):
    """Batches cut from arrays by index."""

    def __init__(self, x: Tensor, y: Tensor, batch_size: int) -> None:
        super().__init__()
        self.x, self.y = x.split(batch_size), y.split(batch_size)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.x[index], self.y[index]


def hand_written_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, batches: Iterable[tuple[Tensor, Tensor]]
) -> None:
    """One epoch over ready batches."""
    model.train()
    total, right = torch.zeros(()), torch.zeros(())
    for inputs, targets in batches:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = F.cross_entropy(outputs, targets)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(targets)
        right += (outputs.detach().argmax(-1) == targets).sum()
    total.item(), right.item()


def measure_inputs(epochs: int, clock: Callable[[], float]) -> dict[str, tuple[float, float]]:
    """``fit`` of the MLP on sources of batches, and a hand-written loop over the same source."""
    torch.manual_seed(0)
    x, y = torch.rand(32 * 200, 784), torch.randint(10, (32 * 200,))
    ours, theirs = our_mlp(), their_mlp()
    ours.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    optimizer = torch.optim.Adam(theirs.parameters(), fused=True)
    batches = Pairs(x, y, 32)
    sources: dict[str, Callable[[], Any]] = {
        "DataLoader": lambda: DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True),
        "generator": lambda: iter(list(zip(batches.x, batches.y, strict=True))),
        "PyDataset": lambda: batches,
    }
    results = {}
    for name, source in sources.items():
        tasks = {
            "ours": lambda source=source: ours.fit(source(), verbose=0),
            "theirs": lambda source=source: hand_written_epoch(theirs, optimizer, source()),
        }
        found = times(tasks, epochs, "cpu", clock)
        results[name] = found["ours"], found["theirs"]
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[*WORKLOADS, "inputs"], action="append")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    about = f"torch {torch.__version__}, {options.device}, {options.threads} threads"
    print(f"{about}, {options.clock} time")
    print("| workload | what | ours, ms | hand-written, ms | ratio |")
    print("|---|---|---|---|---|")
    for name in options.only or [*WORKLOADS, "inputs"]:
        if name == "inputs":
            found = measure_inputs(options.epochs, clock)
        else:
            found = measure(WORKLOADS[name], options.epochs, options.device, clock)
        for what, (ours, theirs) in found.items():
            row = f"{ours * 1e3:.2f} | {theirs * 1e3:.2f} | {ours / theirs:.2f}"
            print(f"| {name} | {what} | {row} |", flush=True)


if __name__ == "__main__":
    main()
