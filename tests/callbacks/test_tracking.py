"""With modules in the place of the packages, which note what they are told."""

import sys
import types

import numpy as np
import pytest

import torchkeras as keras
from torchkeras.callbacks import KerasPruningCallback, MlflowCallback, WandbMetricsLogger

X = np.linspace(0, 1, 12).reshape(4, 3).astype("float32")


def fit(callback, epochs=2):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.fit(X, X[:, :1], batch_size=2, epochs=epochs, verbose=0, callbacks=[callback],
              validation_data=(X, X[:, :1]))  # fmt: skip


@pytest.fixture
def module(monkeypatch):
    """A function that puts a module of the given name and functions in place."""

    def make(name, **members):
        made = types.ModuleType(name)
        vars(made).update(members)
        monkeypatch.setitem(sys.modules, name, made)
        return made

    return make


@pytest.mark.parametrize(
    "name, make",
    [
        ("wandb", WandbMetricsLogger),
        ("mlflow", MlflowCallback),
        ("optuna", lambda: KerasPruningCallback(None, "loss")),
    ],
)
def test_an_absent_package_is_named_with_its_extra(monkeypatch, name, make):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"pip install torchkeras-compat\[{name}\]"):
        make()


def test_wandb_is_told_of_epochs_and_steps(module):
    told, defined = [], []
    module(
        "wandb", run=object(), log=told.append, define_metric=lambda name, **_: defined.append(name)
    )
    fit(WandbMetricsLogger())
    assert [values["epoch/epoch"] for values in told] == [0, 1]
    assert set(told[0]) == {f"epoch/{n}" for n in ("epoch", "loss", "val_loss", "learning_rate")}
    told.clear()
    fit(WandbMetricsLogger("batch", initial_global_step=10), epochs=1)
    steps = [values["batch/batch_step"] for values in told if "batch/batch_step" in values]
    assert steps == [11, 12]
    assert "batch/*" in defined
    with pytest.raises(ValueError, match="log_freq"):
        WandbMetricsLogger("step")


def test_wandb_wants_a_run(module):
    module("wandb", run=None)
    with pytest.raises(RuntimeError, match=r"wandb\.init"):
        WandbMetricsLogger()


def test_mlflow_is_told_of_epochs_or_steps(module):
    metrics, parameters = [], {}
    module(
        "mlflow",
        log_metrics=lambda values, step: metrics.append((step, sorted(values))),
        log_params=parameters.update,
    )
    fit(MlflowCallback())
    assert (1, ["loss", "val_loss"]) in metrics
    assert parameters["optimizer_learning_rate"] == "0.5"
    metrics.clear()
    fit(MlflowCallback(log_every_epoch=False, log_every_n_steps=2))
    assert metrics == [(step, [name]) for step in (2, 4) for name in ("loss", "validation_loss")]
    with pytest.raises(ValueError, match="log_every_n_steps is 3; expected None"):
        MlflowCallback(log_every_n_steps=3)


def test_a_hopeless_trial_is_ended(module):
    class TrialPruned(Exception):
        pass

    class Trial:
        reported = []

        def report(self, value, step):
            self.reported.append(step)

        def should_prune(self):
            return len(self.reported) == 2

    module("optuna", TrialPruned=TrialPruned)
    with pytest.raises(TrialPruned, match="pruned at epoch 3"):
        fit(KerasPruningCallback(Trial(), "val_loss", interval=2), epochs=9)
    assert Trial.reported == [1, 3]
    with pytest.warns(UserWarning, match="'other' is not in the evaluation logs"):
        fit(KerasPruningCallback(Trial(), "other"), epochs=1)
