"""Runs that are killed and started again, beside one that isn't; used by ``test_resuming.py``.

    python killed_runs.py FOLDER KINDS POINTS SEED [PROCESSES]

KINDS are names of ``killed_kinds.KINDS`` joined by commas; at POINTS random places each is killed
by SIGKILL: after a step, at a moment, or while the state is being saved. What differs is printed
as JSON. Each run is a child of this process, which has imported everything.
"""

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", TORCHINDUCTOR_COMPILE_THREADS="1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "compat"), str(ROOT / "tests")]

import h5py  # noqa: E402, F401 - what each run would import, with those of torch below
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch._dynamo  # noqa: E402
import torch.distributed.fsdp  # noqa: E402
from distribution.processes import free_port  # noqa: E402
from forked import forked  # noqa: E402
from training.after_steps import AfterSteps  # noqa: E402
from training.killed_kinds import EPOCHS, KINDS, STEPS, Losses  # noqa: E402

import torchkeras as keras  # noqa: E402
from torchkeras import callbacks, distribution  # noqa: E402
from torchkeras.saving import snapshot  # noqa: E402

PLACES = ("_write_part", "_checksum", "_write_manifest", "synchronize", "synchronize_folder")


class Kill(AfterSteps):
    """Ends the process."""

    def happen(self):
        os.kill(os.getpid(), signal.SIGKILL)


def die_in(place, after):
    """Let this process die when ``snapshot`` calls its function ``place`` for that time."""
    function, calls = getattr(snapshot, place), itertools.count(1)

    def deadly(*arguments):
        if next(calls) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)

    setattr(snapshot, place, deadly)


def run(name, folder, save_freq, after=-1, place=None):
    """Train, and leave everything that came of it in ``folder``."""
    kind = KINDS[name]
    keras.utils.set_random_seed(7)
    keras.mixed_precision.set_global_policy(kind.policy)
    if place is not None:
        die_in(place, after)
        after = -1
    model, monitor = kind.model(), kind.monitor
    more = kind.callbacks(folder, monitor)
    called = [
        callbacks.BackupAndRestore(folder / "backup", save_freq, delete_checkpoint=False),
        callbacks.EarlyStopping(monitor, patience=2, mode="min", restore_best_weights=True),
        *more,
        callbacks.ModelCheckpoint(
            str(folder / "{epoch}.weights.h5"), monitor, save_best_only=True, mode="min",
            save_weights_only=True,
        ),
        callbacks.CSVLogger(folder / "log.csv"),
        *([Kill(after)] if after > 0 else []),
    ]  # fmt: skip
    validation = kind.validation() if callable(kind.validation) else kind.validation
    history = model.fit(**kind.data(), **validation, epochs=EPOCHS, verbose=0, callbacks=called)
    rank = distribution.rank()
    optimizers = [v for v in vars(model).values() if isinstance(v, torch.optim.Optimizer)]
    variables = [v for one in optimizers for v in getattr(one, "variables", ())]
    tensors = [snapshot.local(v.parameter.detach()) for v in [*model.weights, *variables]]
    tensors += [
        snapshot.local(torch.as_tensor(value))
        for one in optimizers
        for state in one.state.values()
        for value in state.values()
        if value is not None
    ]
    np.savez(folder / f"tensors-{rank}.npz", *[tensor.float().numpy() for tensor in tensors])
    losses = [one for one in more if isinstance(one, Losses)]
    told = {
        "history": history.history,
        "epoch": history.epoch,
        "losses": [(one.seen, one.weights.tolist()) for one in losses],
        "draws": [float(torch.rand(())), float(np.random.rand()), random.random()],
        "csv": (folder / "log.csv").read_text() if rank == 0 else "",
        "saved": sorted(path.name for path in folder.glob("*.h5")) if rank == 0 else [],
        "optimizer": [
            repr(value)
            for one in optimizers
            for name, value in one.param_groups[0].items()
            if name != "params"
        ],
        "board": shown(folder / "board"),
    }
    (folder / f"told-{rank}.json").write_text(json.dumps(told))


def shown(folder):
    """What TensorBoard reads: steps and values by run and tag."""
    if not folder.is_dir():
        return {}
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = {}
    for run in ("train", "validation"):
        events = EventAccumulator(str(folder / run), size_guidance={"histograms": 0})
        events.Reload()
        for tag in events.Tags()["scalars"]:
            found[f"{run} {tag}"] = [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["histograms"]:
            found[f"{run} {tag}"] = [event.step for event in events.Histograms(tag)]
    return found


def run_as(rank, processes, port, arguments):
    """``run``, as one of so many processes."""
    warnings.simplefilter("ignore")
    if processes > 1:
        os.environ.update(WORLD_SIZE=str(processes), MASTER_ADDR="localhost", MASTER_PORT=port)
        os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank))
    run(*arguments)


def start(processes, *arguments):
    """Child processes that ``run``."""
    port = free_port()
    return [forked(run_as, rank, processes, port, arguments) for rank in range(processes)]


def wait(children, after=None):
    """Whether all of them end well; those that don't, and the others, are killed."""
    if after is not None:
        time.sleep(after)
        kill(children)
    waiting, well = set(children), True
    while waiting:
        child, status = os.wait()
        waiting.discard(child)
        if status and well:
            well = False
            kill(waiting)
    return well


def kill(children):
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def differences(folder, other, processes):
    found = []
    for rank in range(processes):
        left, right = (json.loads((f / f"told-{rank}.json").read_text()) for f in (folder, other))
        found += [f"{name} of {rank}" for name in left if left[name] != right[name]]
        left, right = (np.load(f / f"tensors-{rank}.npz") for f in (folder, other))
        found += [f"{n} of {rank}" for n in left if left[n].tobytes() != right[n].tobytes()]
    return found


def manner(chance, duration):
    """A random way to die: arguments of ``run``, and after which time to kill it from outside."""
    kind = chance.random()
    if kind < 0.5:
        return (chance.randint(1, EPOCHS * STEPS - 2),), None
    if kind < 0.75:
        return (chance.randint(1, 6), chance.choice(PLACES)), None
    return (), chance.uniform(0.1, 1.0) * duration


def main(folder, kinds, points, seed, processes=1):
    chance = random.Random(seed)
    report = {}
    for kind in kinds.split(","):
        whole = Path(folder, f"{kind} whole")
        whole.mkdir(parents=True)
        began = time.perf_counter()
        assert wait(start(processes, kind, whole, "epoch")), kind
        duration = time.perf_counter() - began
        for point in range(points):
            other, save_freq = Path(folder, f"{kind} killed"), ("epoch", 1, 3)[point % 3]
            shutil.rmtree(other, ignore_errors=True)
            other.mkdir()
            kills = [manner(chance, duration) for _ in range(chance.randint(1, 3))]
            for arguments, after in kills:
                wait(start(processes, kind, other, save_freq, *arguments), after)
                if not list(other.glob("backup/snapshot-*")):
                    # the next begins anew; as in Keras it would write its curves beside these
                    shutil.rmtree(other / "board", ignore_errors=True)
            assert wait(start(processes, kind, other, save_freq)), kind
            found = differences(whole, other, processes)
            print(kind, save_freq, kills, found or "same", file=sys.stderr, flush=True)
            if found:
                report[f"{kind} {save_freq} {kills}"] = found
    print(json.dumps(report))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0], arguments[1], *map(int, arguments[2:]))
