"""Runs that are killed and started again, beside one that isn't; used by ``test_resuming.py``.

    python killed_runs.py FOLDER KINDS POINTS SEED [PROCESSES]

KINDS are names of ``KINDS`` joined by commas; at POINTS random places each is killed by SIGKILL:
after a step, or at a moment, which may lie within a save. What differs is printed as JSON. Each run
is a child of this process, which has imported everything.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sys
import time
import warnings
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "compat")]

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import torch  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

import torchkeras as keras  # noqa: E402
from torchkeras import distribution, layers  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(52, 6, 6, 1)).astype("float32")
Y = (X.mean((1, 2, 3)) > 0).astype("float32")[:, None]
EPOCHS, STEPS = 4, 7  # batches of 8


class Samples(Dataset):
    """Samples with noise drawn where they are read."""

    def __len__(self):
        return len(X)

    def __getitem__(self, index):
        return torch.from_numpy(X[index]) + 0.1 * torch.rand(6, 6, 1), torch.from_numpy(Y[index])


class Sequence(keras.utils.PyDataset):
    """Batches in an order that changes by itself after each epoch."""

    def __init__(self, **options):
        super().__init__(**options)
        self.order = np.arange(len(X))
        self.generator = np.random.default_rng(5)
        self.on_epoch_end()

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        rows = self.order[index * 8 : index * 8 + 8]
        return X[rows], Y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)
        self.generator.shuffle(self.order)


def forever():
    while True:
        rows = np.random.choice(len(X), 8)
        yield X[rows] + np.random.normal(size=(8, 6, 6, 1)).astype("float32"), Y[rows]


def each_time():
    for _ in range(STEPS):
        rows = random.choices(range(len(X)), k=8)
        yield X[rows], Y[rows]


def pipeline(x, y):
    return x + tf.random.uniform(tuple(x.shape)), y


KINDS = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": 8},
    "half": lambda: {"x": X, "y": Y, "batch_size": 8},
    "portions": lambda: {"x": X, "y": Y, "batch_size": 8, "steps_per_epoch": 5},
    "together": lambda: {"x": X, "y": Y, "batch_size": 8},
    "own step": lambda: {"x": X, "y": Y, "batch_size": 8},
    "loader": lambda: {"x": DataLoader(Samples(), 8, shuffle=True)},
    "workers": lambda: {"x": DataLoader(Samples(), 8, shuffle=True, num_workers=2)},
    "sequence": lambda: {"x": Sequence()},
    "threads": lambda: {"x": Sequence(workers=3)},
    "processes": lambda: {"x": Sequence(workers=2, use_multiprocessing=True)},
    "generator": lambda: {"x": forever(), "steps_per_epoch": STEPS},
    "function": lambda: {"x": each_time},
    "tf.data": lambda: {
        "x": tf.data.Dataset.from_tensor_slices((X, Y))
        .shuffle(20, seed=3)
        .map(pipeline)
        .batch(8)
        .prefetch(1)
    },
    "tf.data rows": lambda: {"x": tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(60).batch(8)},
}


class OwnStep(keras.Model):
    """Sums gradients over two steps, by a torch optimizer with a schedule."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.torch_optimizer = torch.optim.Adam(inner.parameters(), 1e-2, amsgrad=True)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.torch_optimizer, 3, 0.9)
        self.calls_so_far = 0
        self.seen = keras.metrics.Mean("seen")

    def call(self, x, training=False):
        return self.inner(x, training=training)

    def train_step(self, batch):
        x, y = batch
        loss = self.compute_loss(x, y, self(x, training=True))
        loss.backward()
        self.calls_so_far += 1
        if self.calls_so_far % 2 == 0:
            self.torch_optimizer.step()
            self.schedule.step()
            self.torch_optimizer.zero_grad()
        self.seen.update_state(loss)
        return {"seen": self.seen.result(), "last": loss.detach() * self.calls_so_far}


def model_for(kind):
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.RandomFlip(),
            layers.RandomTranslation(0.2, 0.2, seed=4),
            layers.Conv2D(3, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(4, activation="tanh"),
            layers.Dropout(0.2, seed=1),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    if kind == "own step":
        model = OwnStep(model)
        model.compile("sgd", "mse")
        return model
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, 5, 0.9)
    options = {"steps_per_execution": 3} if kind == "together" else {}
    optimizer = keras.optimizers.Nadam(schedule, use_ema=True, gradient_accumulation_steps=2)
    if kind in ("arrays", "half"):
        optimizer = keras.optimizers.Adam(1e-2, global_clipnorm=1.0)
    metrics = ["accuracy", "mae", keras.metrics.AUC()]
    model.compile(optimizer, "binary_crossentropy", metrics=metrics, **options)
    return model


class Losses(keras.callbacks.Callback):
    """A user's callback with state of its own."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.weights = np.zeros(3)
        self.last = None

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(logs["loss"] if "loss" in logs else logs["last"])
        self.weights += self.seen[-1]
        self.last = torch.tensor(self.seen[-1])


class Kill(keras.callbacks.Callback):
    """Dies after so many steps of this process."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def get_state(self):
        return None

    def set_state(self, state):
        pass

    def on_train_batch_end(self, batch, logs=None):
        self.after -= 1
        if self.after == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(kind, folder, save_freq, after):
    """Train, and leave everything that came of it in ``folder``."""
    keras.utils.set_random_seed(7)
    if kind == "half":
        keras.mixed_precision.set_global_policy("mixed_float16")
    model, losses = model_for(kind), Losses()
    monitor = "val_loss" if kind != "own step" else "seen"
    callbacks = [
        keras.callbacks.BackupAndRestore(folder / "backup", save_freq, delete_checkpoint=False),
        keras.callbacks.EarlyStopping(monitor, patience=2, mode="min", restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(
            str(folder / "{epoch}.weights.h5"), monitor, save_best_only=True, mode="min",
            save_weights_only=True,
        ),
        keras.callbacks.CSVLogger(folder / "log.csv"),
        *([losses] if kind != "arrays" else []),
        Kill(after),
    ]  # fmt: skip
    if kind in ("half", "own step"):
        lowering = keras.callbacks.ReduceLROnPlateau(monitor, patience=1, min_delta=0.1, mode="min")
        callbacks.insert(1, lowering)
    data = KINDS[kind]()
    history = model.fit(
        **data, epochs=EPOCHS, validation_data=(X[:20], Y[:20]), verbose=0, callbacks=callbacks
    )
    rank = distribution.rank()
    tensors = [v.parameter.detach().numpy() for v in [*model.weights, *model.optimizer.variables]]
    np.savez(folder / f"tensors-{rank}.npz", *tensors)
    told = {
        "history": history.history,
        "epoch": history.epoch,
        "losses": losses.seen,
        "sums": losses.weights.tolist(),
        "draws": [float(torch.rand(())), float(np.random.rand()), random.random()],
        "csv": (folder / "log.csv").read_text() if rank == 0 else "",
        "saved": sorted(path.name for path in folder.glob("*.h5")) if rank == 0 else [],
        "optimizer": [repr(v) for v in model.optimizer.param_groups[0].values()][1:],
    }
    (folder / f"told-{rank}.json").write_text(json.dumps(told))


def start(processes, *arguments):
    """Child processes that ``run``."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    children = []
    for rank in range(processes):
        child = os.fork()
        if not child:
            if processes > 1:
                os.environ.update(WORLD_SIZE=str(processes), MASTER_ADDR="localhost")
                os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), MASTER_PORT=port)
            failed = 1
            try:
                warnings.simplefilter("ignore")
                run(*arguments)
                failed = 0
            finally:
                sys.stderr.flush()
                if failed:
                    import traceback

                    traceback.print_exc()
                os._exit(failed)
        children.append(child)
    return children


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


def main(folder, kinds, points, seed, processes=1):
    chance = random.Random(seed)
    report = {}
    for kind in kinds.split(","):
        whole = Path(folder, f"{kind} whole")
        whole.mkdir(parents=True)
        save_freqs = ["epoch", 1, 3]
        began = time.perf_counter()
        assert wait(start(processes, kind, whole, "epoch", -1)), kind
        duration = time.perf_counter() - began
        for _ in range(points):
            other, save_freq = Path(folder, f"{kind} killed"), chance.choice(save_freqs)
            shutil.rmtree(other, ignore_errors=True)
            other.mkdir()
            kills = []
            for _ in range(chance.randint(1, 3)):
                if chance.random() < 0.7:
                    kills.append(chance.randint(1, EPOCHS * STEPS - 2))
                    wait(start(processes, kind, other, save_freq, kills[-1]))
                else:
                    kills.append(chance.uniform(0.1, 1.0) * duration)
                    wait(start(processes, kind, other, save_freq, -1), after=kills[-1])
            assert wait(start(processes, kind, other, save_freq, -1)), kind
            found = differences(whole, other, processes)
            print(kind, save_freq, kills, found or "same", file=sys.stderr, flush=True)
            if found:
                report[f"{kind} {save_freq} {kills}"] = found
    print(json.dumps(report))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0], arguments[1], *map(int, arguments[2:]))
