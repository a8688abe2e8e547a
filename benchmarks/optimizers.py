"""Time of an optimizer's step beside torch's own fused (or foreach) kernels.

    python benchmarks/optimizers.py [--device cuda] [--threads 1] [--rounds 15] [--only SGD]

Each row is one optimizer on one model: microseconds per step of both sides, medians of rounds that
take turns, and the ratio (below 1: faster than torch). "host" is the time until the call returns,
which on a GPU shows what Python costs while kernels run.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

import torchkeras as keras

MODELS = {
    "MLP, 4 tensors, 102k": [(128, 784), (128,), (10, 128), (10,)],
    "tiny, 4 tensors, 64": [(4, 4)] * 4,
    "200 tensors, 25M": [(250, 500)] * 200,
}
PAIRS: dict[str, tuple[Callable, Callable]] = {
    "Adam": (
        lambda: keras.optimizers.Adam(1e-3),
        lambda p: torch.optim.Adam(p, 1e-3, fused=True),
    ),
    "AdamW": (
        lambda: keras.optimizers.AdamW(1e-3),
        lambda p: torch.optim.AdamW(p, 1e-3, weight_decay=0.004, fused=True),
    ),
    "SGD": (
        lambda: keras.optimizers.SGD(1e-3),
        lambda p: torch.optim.SGD(p, 1e-3, fused=True),
    ),
    "SGD momentum": (
        lambda: keras.optimizers.SGD(1e-3, momentum=0.9),
        lambda p: torch.optim.SGD(p, 1e-3, momentum=0.9, fused=True),
    ),
    "SGD nesterov": (
        lambda: keras.optimizers.SGD(1e-3, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, 1e-3, momentum=0.9, nesterov=True, fused=True),
    ),
    "RMSprop": (
        lambda: keras.optimizers.RMSprop(1e-3),
        lambda p: torch.optim.RMSprop(p, 1e-3, foreach=True),
    ),
    "Adagrad": (
        lambda: keras.optimizers.Adagrad(1e-3),
        lambda p: torch.optim.Adagrad(p, 1e-3, foreach=True),
    ),
    "Adadelta": (
        lambda: keras.optimizers.Adadelta(1e-3),
        lambda p: torch.optim.Adadelta(p, 1e-3, foreach=True),
    ),
    "Adamax": (
        lambda: keras.optimizers.Adamax(1e-3),
        lambda p: torch.optim.Adamax(p, 1e-3, foreach=True),
    ),
    "Nadam": (
        lambda: keras.optimizers.Nadam(1e-3),
        lambda p: torch.optim.NAdam(p, 1e-3, foreach=True),
    ),
    "Adafactor": (
        lambda: keras.optimizers.Adafactor(1e-3),
        lambda p: torch.optim.Adafactor(p, 1e-3, foreach=True),
    ),
    "Adam, schedule": (
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 100_000)),
        lambda p: Scheduled(torch.optim.Adam(p, 1e-3, fused=True)),
    ),
    "Adam, global_clipnorm": (
        lambda: keras.optimizers.Adam(1e-3, global_clipnorm=1.0),
        lambda p: Clipped(torch.optim.Adam(p, 1e-3, fused=True)),
    ),
}


class Scheduled:
    """A torch optimizer and its scheduler."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100_000)

    def step(self) -> None:
        self.optimizer.step()
        self.scheduler.step()


class Clipped:
    """A torch optimizer behind clipping."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer

    def step(self) -> None:
        nn.utils.clip_grad_norm_(self.optimizer.param_groups[0]["params"], 1.0)
        self.optimizer.step()


def parameters(shapes: list[tuple[int, ...]], device: str) -> list[nn.Parameter]:
    torch.manual_seed(0)
    made = [nn.Parameter(torch.randn(shape, device=device)) for shape in shapes]
    for parameter in made:
        parameter.grad = torch.randn_like(parameter)
    return made


def ours(make: Callable, shapes: list[tuple[int, ...]], device: str) -> Callable:
    optimizer = make()
    optimizer.build(parameters(shapes, device))
    return optimizer.step


def measure(step: Callable, count: int, device: str) -> tuple[float, float]:
    """Microseconds per step: until the work is done, and until the calls return."""
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    wait()
    begin = time.perf_counter()
    for _ in range(count):
        step()
    returned = time.perf_counter()
    wait()
    done = time.perf_counter()
    return (done - begin) / count * 1e6, (returned - begin) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="*", help="names of optimizers")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    name = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    print(f"torch {torch.__version__}, {name}, {options.threads} thread(s)\n")
    print(f"{'model':24s}{'optimizer':24s}{'ours':>10s}{'torch':>10s}{'ratio':>8s}{'host':>8s}")
    for model, shapes in MODELS.items():
        small = len(shapes) < 10
        count = 300 if small else 100 if options.device == "cuda" else 4
        for label, (make, make_torch) in PAIRS.items():
            if options.only and label not in options.only:
                continue
            sides = (
                ours(make, shapes, options.device),
                make_torch(parameters(shapes, options.device)).step,
            )
            for side in sides:
                measure(side, max(3, count // 5), options.device)
            rounds = [
                [measure(side, count, options.device) for side in sides]
                for _ in range(options.rounds)
            ]
            done = [statistics.median(r[side][0] for r in rounds) for side in (0, 1)]
            host = [statistics.median(r[side][1] for r in rounds) for side in (0, 1)]
            print(
                f"{model:24s}{label:24s}{done[0]:10.1f}{done[1]:10.1f}"
                f"{done[0] / done[1]:8.2f}{host[0] / host[1]:8.2f}"
            )


if __name__ == "__main__":
    main()
