"""Losses, metrics and schedules of torch's own in ``compile``."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

import torchkeras as keras
from torchkeras.training.foreign import ForeignMetric, PredictionsFirst, takes_predictions_first

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = RNG.normal(size=(50, 1)).astype("float32")
LABELS = RNG.integers(0, 3, 50)


def trained(loss, y, units=1, activation=None, optimizer="sgd", **options):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, activation, kernel_initializer="ones")]
    )
    optimizer = optimizer(model) if callable(optimizer) else optimizer
    model.compile(optimizer, loss, metrics=options.pop("metrics", None))
    return model, model.fit(X, y, epochs=3, shuffle=False, verbose=0, **options).history


PAIRS = {
    "squares": (nn.MSELoss(), "mse", Y, 1, None),
    "a function": (nn.functional.l1_loss, "mae", Y, 1, None),
    "log odds": (nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(True), Y > 0, 1, None),
    "chances": (nn.BCELoss(), "binary_crossentropy", Y > 0, 1, "sigmoid"),
    "classes": (
        nn.CrossEntropyLoss(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        LABELS,
        3,
        None,
    ),
    "a column of classes": (
        nn.CrossEntropyLoss(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        LABELS[:, None].astype("int32"),
        3,
        None,
    ),
    "one-hot": (
        nn.CrossEntropyLoss(),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        np.eye(3, dtype="float32")[LABELS],
        3,
        None,
    ),
}


@pytest.mark.parametrize("theirs, ours, y, units, activation", PAIRS.values(), ids=list(PAIRS))
def test_losses_of_torch_train_as_those_of_keras(theirs, ours, y, units, activation):
    expected = trained(ours, y, units, activation)[1]
    np.testing.assert_allclose(
        trained(theirs, y, units, activation)[1]["loss"], expected["loss"], rtol=1e-5
    )


def test_the_order_of_arguments_is_told_by_their_names():
    class Keras(nn.Module):
        def forward(self, y_true, y_pred):
            return (2 * y_true - y_pred).square()

    class Torch(nn.Module):
        def forward(self, input, target):
            return (2 * target - input).square()

    assert not takes_predictions_first(Keras())
    assert takes_predictions_first(Torch())
    assert trained(Keras(), Y)[1] == trained(Torch(), Y)[1]
    assert PredictionsFirst(nn.functional.l1_loss).__name__ == "l1_loss"


def test_a_function_of_torch_is_a_metric():
    history = trained("mse", Y, metrics=[nn.functional.l1_loss, "mae"], batch_size=10)[1]
    np.testing.assert_allclose(history["l1_loss"], history["mae"], rtol=1e-5)


class Error(nn.Module):
    """The largest error, as a torchmetrics class is written."""

    sync_on_compute = True

    def __init__(self):
        super().__init__()
        self.register_buffer("largest", torch.zeros(()))

    def update(self, preds, target):
        self.largest = torch.maximum(self.largest, (preds - target).abs().max())

    def compute(self):
        return self.largest

    def reset(self):
        self.largest = torch.zeros(())


def test_metrics_as_torchmetrics_has_them_are_taken():
    model, history = trained("mse", Y, metrics=[Error(), "mae"], batch_size=7)
    found = model.evaluate(X, Y, batch_size=9, verbose=0, return_dict=True)
    expected = np.abs(model.predict(X, verbose=0) - Y).max()
    assert found["Error"] == pytest.approx(expected, rel=1e-5)
    assert len(history["Error"]) == 3


class Shared(Error):
    """The same with what torchmetrics' classes have to be shared among processes."""

    def __init__(self, others):
        super().__init__()
        self.others, self.own = others, None

    def sync(self, process_group=None):
        assert self.own is None
        self.own = self.largest
        self.largest = torch.maximum(self.largest, torch.tensor(self.others))

    def unsync(self):
        self.largest, self.own = self.own, None


def test_the_state_of_all_processes_is_taken_in_until_the_next_batch():
    metric = ForeignMetric(Shared(others=3.0))
    assert metric.metric.sync_on_compute is False  # no result asks other processes
    metric.update_state(torch.tensor([1.0]), torch.tensor([2.0]))
    assert metric.result() == 1.0
    metric.settle()
    metric.settle()
    assert metric.result() == 3.0
    metric.update_state(torch.tensor([1.0]), torch.tensor([3.0]))
    assert metric.result() == 2.0
    metric.settle()
    metric.reset_state()
    assert metric.result() == 0.0


def test_a_metric_that_cannot_be_shared_says_so():
    with pytest.warns(UserWarning, match="Error has no `sync`"):
        ForeignMetric(Error()).settle()


def test_weights_for_such_a_metric_are_refused():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", weighted_metrics=[Error()])
    with pytest.raises(ValueError, match="Give this metric to `metrics`"):
        model.fit(X, Y, sample_weight=np.ones(50), verbose=0)


def by(kind, **options):
    return lambda model: kind(torch.optim.SGD(model.parameters(), lr=0.1), **options)


def test_a_schedule_of_torch_advances_by_epochs():
    model, _ = trained("mse", Y, optimizer=by(lr_scheduler.StepLR, step_size=1, gamma=0.5))
    assert model.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 / 8)


def test_a_schedule_made_for_batches_advances_by_batches():
    model, _ = trained(
        "mse", Y, optimizer=by(lr_scheduler.OneCycleLR, max_lr=0.1, total_steps=15), batch_size=10
    )
    assert model.lr_scheduler.last_epoch == 15


def test_a_plateau_is_seen_in_the_loss_of_validation():
    model, _ = trained(
        "mse",
        Y,
        optimizer=by(lr_scheduler.ReduceLROnPlateau, patience=0, threshold=9.0),
        validation_split=0.2,
    )
    assert model.optimizer.param_groups[0]["lr"] < 0.1


def test_a_later_compile_forgets_the_schedule():
    model, _ = trained("mse", Y, optimizer=by(lr_scheduler.StepLR, step_size=1))
    model.compile("sgd", "mse")
    assert model.lr_scheduler is None
