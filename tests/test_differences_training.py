"""The ledger's rows on data, training and callbacks; see ``test_differences``."""

import itertools
import warnings

import keras as real
import numpy as np
import pandas
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import torchkeras as ours

BOTH = (ours, real)


def raises(call, errors=Exception):
    """Whether ``call`` ends in an error, of whatever library."""
    try:
        call()
    except errors:
        return True
    return False


def still(keras, shape=(1,), **options):
    """A model that always gives 0, whose loss is the mean square of the targets."""
    dense = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input(shape), dense])
    model.compile(keras.optimizers.SGD(0.0), "mse", **options)
    return model


def warned(call):
    """The texts of what ``call`` warns of."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return " ".join(str(warning.message) for warning in seen)


def numbered(count=None):
    """Batches of one sample, whose target is the batch's number."""
    numbers = itertools.count() if count is None else range(count)
    return ((np.ones((1, 1)), np.full((1, 1), float(n))) for n in numbers)


@pytest.mark.filterwarnings("ignore:.*ran out of data")
def test_ended_generators():
    options = {"epochs": 4, "steps_per_epoch": 2, "shuffle": False, "verbose": 0}
    losses = [still(k).fit(numbered(4), **options).history["loss"] for k in BOTH]
    assert [len(side) for side in losses] == [2, 3]  # Keras's last: the first two batches again


def test_validation_generators():
    found = []
    for keras in BOTH:
        history = still(keras).fit(
            np.ones((1, 1)), np.ones((1, 1)), epochs=2, verbose=0,
            validation_data=numbered(), validation_steps=5,
        )  # fmt: skip
        found.append(history.history["val_loss"])
    assert found[0] == pytest.approx([6, 51])  # batches 0 to 4, 5 to 9
    assert found[1] == pytest.approx([6, 22.2])  # the latter: 0, 1, 5, 6, 7


def test_masked_weights():
    for keras, is_kept in ((ours, True), (real, False)):
        layers = [
            keras.Input((2, 1)),
            keras.layers.Masking(),
            keras.layers.SimpleRNN(1, return_sequences=True),
        ]
        model = keras.Sequential(layers)
        model.compile("sgd", "mse")
        weights = torch.ones(1, 2)
        x = np.array([[[1.0], [0.0]]])
        model.train_on_batch(torch.tensor(x), torch.ones(1, 2, 1), sample_weight=weights)
        assert bool((weights == 1).all()) == is_kept


def test_uncompiled_models():
    for keras, is_one in ((ours, True), (real, False)):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        call = lambda m=model: m.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)  # noqa: E731
        assert raises(call, ValueError)
        with pytest.raises(Exception) as caught:  # noqa: PT011
            call()
        assert isinstance(caught.value, RuntimeError) == is_one


def test_warning_of_shuffle():
    loader = DataLoader(TensorDataset(torch.ones(2, 1), torch.ones(2, 1)))
    texts = [warned(lambda k=k: still(k).fit(loader, verbose=0)) for k in BOTH]
    assert "shuffle" not in texts[0]
    assert "shuffle" in texts[1]


def test_passes_of_unknown_length():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter([(torch.ones(1), torch.ones(1))] * 3)

    texts = [
        warned(lambda k=k: still(k).fit(DataLoader(Stream()), epochs=2, shuffle=False, verbose=0))
        for k in BOTH
    ]
    assert texts[0] == ""
    assert "ran out of data" in texts[1]


def test_calls_without_training():
    means = []
    for keras in BOTH:

        class Plain(keras.Model):
            def __init__(self, norm):
                super().__init__()
                self.norm = norm

            def call(self, x):
                return self.norm(x)

        model = Plain(keras.layers.BatchNormalization(momentum=0.5))
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
        means.append(float(np.asarray(model.get_weights()[2]).item()))
    assert means == [0.5, 0.0]


def test_epoch_hooks():
    counts = []
    for keras in BOTH:

        class Counted(keras.utils.PyDataset):
            begun = 0

            def __len__(self):
                return 2

            def __getitem__(self, number):
                return np.ones((1, 1)), np.ones((1, 1))

            def on_epoch_begin(self):
                self.begun += 1

        data = Counted()
        still(keras).fit(data, epochs=2, shuffle=False, verbose=0)
        counts.append(data.begun)
    assert counts == [2, 3]


def test_repeated_metrics():
    repeated = []
    for keras in BOTH:
        model = still(keras, metrics=["mae"], weighted_metrics=["mae"])
        logs = model.evaluate(np.ones((1, 1)), np.ones((1, 1)), verbose=0, return_dict=True)
        listed = model.evaluate(np.ones((1, 1)), np.ones((1, 1)), verbose=0)
        repeated.append(len(listed) - len(logs))
    assert repeated == [0, 1]


def test_metrics_of_an_earlier_compile():
    keys = []
    for keras in BOTH:
        model = still(keras, metrics=["mae"])
        model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
        model.compile("sgd", "mse")
        keys.append(set(model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0).history))
    assert keys[0] == {"loss"}
    assert "mae" in keys[1]


def test_pandas_types():
    frame = pandas.DataFrame({"size": pandas.array([1, 2], dtype="Int64"), "rate": [0.5, 1.5]})
    target = np.ones((2, 1))
    assert still(ours, (2,)).fit(frame, target, verbose=0).history["loss"] == [1.0]
    assert raises(lambda: still(real, (2,)).fit(frame, target, verbose=0))


def test_class_weights_of_steps():
    def loss(keras):
        model = keras.Sequential([keras.Input((3, 1)), keras.layers.Dense(2, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        options = {"class_weight": {0: 1.0, 1: 2.0}, "verbose": 0}
        return model.fit(np.ones((2, 3, 1)), np.array([[0, 1, 1], [1, 0, 0]]), **options)

    assert loss(ours).history["loss"]
    assert raises(lambda: loss(real))


def test_rounds_by_samples():
    weights = []
    x, y = np.ones((3, 1)), np.array([[3.0], [3.0], [0.0]])
    for keras in BOTH:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        model.set_weights([np.zeros((1, 1))])
        model.compile(keras.optimizers.SGD(0.5, gradient_accumulation_steps=2), "mse")
        model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
        weights.append(float(np.asarray(model.get_weights()[0]).item()))
    assert weights == pytest.approx([2.0, 1.5])  # the mean of the samples, of the batches' means


# Callbacks.


def test_files_of_backups(tmp_path):
    for keras in BOTH:
        folder = tmp_path / keras.__name__
        backup = keras.callbacks.BackupAndRestore(str(folder), delete_checkpoint=False)
        still(keras).fit(np.ones((1, 1)), np.ones((1, 1)), callbacks=[backup], verbose=0)
    names = [sorted(p.name for p in (tmp_path / k.__name__).iterdir()) for k in BOTH]
    assert all(name.startswith("snapshot-") for name in names[0])
    assert "latest.weights.h5" in names[1]


def test_checkpoints_without_orbax(tmp_path):
    assert ours.callbacks.OrbaxCheckpoint(str(tmp_path))
    assert raises(lambda: real.callbacks.OrbaxCheckpoint(str(tmp_path)), ImportError)


def test_count_mode():
    assert ours.callbacks.ProgbarLogger(count_mode="steps")
    assert raises(lambda: real.callbacks.ProgbarLogger(count_mode="steps"), TypeError)


def test_progress_in_a_pipe(capsys):
    for keras, rewrites in ((ours, False), (real, True)):
        still(keras).fit(np.ones((4, 1)), np.ones((4, 1)), batch_size=1)
        assert ("\x08" in capsys.readouterr().out) == rewrites


def test_torch_losses():
    predictions, targets = np.full((1, 1), 0.5, "float32"), np.ones((1, 1), "float32")
    found = []
    for keras in BOTH:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
        model.compile("sgd", torch.nn.BCELoss())
        found.append(model.evaluate(predictions, targets, verbose=0))
    np.testing.assert_allclose(found, [np.log(2), 50.0], 1e-5)


class Largest(torch.nn.Module):
    """The largest error so far, with the interface of torchmetrics."""

    def __init__(self):
        super().__init__()
        self.reset()

    def reset(self):
        self.found = torch.zeros(())

    def update(self, predictions, targets):
        self.found = torch.maximum(self.found, (predictions - targets).abs().max())

    def compute(self):
        return self.found

    def forward(self, predictions, targets):
        return (predictions - targets).abs().max()


def test_torch_metrics():
    x, found = np.array([[1.0], [3.0]], "float32"), []
    for keras in BOTH:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
        model.compile("sgd", "mse", metrics=[Largest()])
        found.append(model.evaluate(x, np.zeros((2, 1)), batch_size=1, verbose=0)[1])
    assert found == [3.0, 2.0]


def test_torch_schedules():
    def compiled(keras):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        model.compile(torch.optim.lr_scheduler.StepLR(optimizer, 1), "mse")

    compiled(ours)
    assert raises(lambda: compiled(real))
