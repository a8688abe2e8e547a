import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.data import PyDataset
from torchkeras.distribution import Alone
from torchkeras.training import preparation

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X.sum(1, keepdims=True)


class Numbers(PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]


def model():
    made = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def test_options_of_tf_keras_2_reach_the_dataset():
    dataset = Numbers()
    model().fit(dataset, workers=2, use_multiprocessing=False, max_queue_size=3, verbose=0)
    assert (dataset.workers, dataset.max_queue_size) == (2, 3)
    model().fit(X, Y, workers=2, verbose=0)


def test_validation_data_are_two_or_three_parts_or_a_source():
    dataset = Numbers()
    assert preparation.parts_of((1, 2)) == (1, 2, None)
    assert preparation.parts_of([1, 2, 3]) == (1, 2, 3)
    assert preparation.parts_of(dataset) == (dataset, None, None)
    with pytest.raises(ValueError, match="a tuple of 1"):
        preparation.parts_of((1,))


def test_outputs_of_all_batches_are_joined():
    outputs = [{"a": torch.zeros(2, 3), "b": np.array(["x", "y"])} for _ in range(3)]
    joined = preparation.joined(outputs, Alone())
    assert joined["a"].shape == (6, 3)
    assert joined["b"].tolist() == ["x", "y"] * 3
    assert preparation.joined([torch.tensor(1.0)] * 3, Alone()).tolist() == [1, 1, 1]
    assert preparation.joined([torch.zeros(2, dtype=torch.bfloat16)], Alone()).dtype == np.float32


def test_losses_and_metrics_are_known_before_the_first_step():
    seen = []

    class Look(torchkeras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append((self.model.built, self.model.optimizer.built, self.model.metrics_names))

    class Own(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = torchkeras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    own = Own()
    own.compile("sgd", "mse", metrics=["accuracy"])
    own.fit(X, Y, verbose=0, callbacks=[Look()])
    assert seen == [(True, True, ["loss", "accuracy"])]


def test_predictions_reach_callbacks_as_they_are():
    seen = []

    class Look(torchkeras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append(logs["outputs"].shape)

    model().predict(X, batch_size=3, verbose=0, callbacks=[Look()])
    assert seen == [(3, 1), (3, 1), (2, 1)]


def test_nothing_of_a_run_is_left_behind_when_it_fails():
    failing = model()

    class Fail(torchkeras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011, any will do
        failing.fit(X, Y, verbose=0, callbacks=[Fail()])
    assert failing.optimizer.gradient_reduction is None
    assert failing.fit(X, Y, verbose=0).history["loss"]


def test_trial_runs_are_cut_short_by_the_configuration():
    torchkeras.config.set_max_epochs(2)
    torchkeras.config.set_max_steps_per_epoch(3)
    try:
        with pytest.warns(UserWarning, match="Limiting"):
            history = model().fit(X, Y, batch_size=1, epochs=5, verbose=0)
        assert (history.epoch, history.params["steps"]) == ([0, 1], 3)
        with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 3"):
            assert model().predict(X, batch_size=1, verbose=0).shape == (3, 1)
    finally:
        torchkeras.config.set_max_epochs(None)
        torchkeras.config.set_max_steps_per_epoch(None)
    assert len(model().fit(X, Y, epochs=3, verbose=0).epoch) == 3


@pytest.mark.gpu
def test_fit_moves_the_model_to_the_accelerator_once():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    moved = model()
    moved.fit(X, Y, verbose=0)
    assert next(moved.parameters()).device.type == "cuda"
    moved.to("cpu")
    moved.fit(X, Y, verbose=0)
    assert next(moved.parameters()).device.type == "cpu"


def test_labels_are_looked_at_in_each_run():
    made = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(2)])
    loss = torchkeras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile("sgd", loss)
    made.fit(X, np.zeros(8, "int64"), verbose=0)
    wrong = np.full(8, 2)
    for run in (made.fit, made.evaluate):
        with pytest.raises(ValueError, match="labels from 2 to 2"):
            run(X, wrong, verbose=0)
    with pytest.raises(ValueError, match="labels from 2 to 2"):
        made.train_on_batch(X, wrong)


def test_messages_show_the_size_of_the_batch():
    a, b = torchkeras.Input((2,), name="a"), torchkeras.Input((3,), name="b")
    made = torchkeras.Model([a, b], torchkeras.layers.Concatenate()([a, b]))
    made.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r'input "a".*incompatible shape \(8, 3\)'):
        made.fit([X, X], Y, verbose=0)


def test_a_model_of_steps_alone_is_trained_without_a_call():
    class Pair(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.first = torchkeras.layers.Dense(1)

        def train_step(self, data):
            x, y = data
            loss = (self.first(x, training=True) - y).square().mean()
            self.optimizer.build(self.trainable_variables)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            return {"gap": loss.detach()}

    model = Pair()
    model.compile("sgd")
    history = model.fit(np.ones((8, 2), "float32"), np.ones((8, 1), "float32"), verbose=0, epochs=2)
    assert history.history["gap"][1] < history.history["gap"][0]


def test_fit_records_gradients_whoever_has_turned_them_off():
    model = torchkeras.Sequential([torchkeras.layers.Input((2,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    with torch.no_grad():
        model.fit(np.ones((8, 2), "float32"), np.ones((8, 1), "float32"), verbose=0)
    assert not np.array_equal(before, model.get_weights()[0])


def test_epochs_are_whole():
    with pytest.raises(TypeError, match="epochs is 1.5; expected a whole number"):
        model().fit(X, Y, epochs=1.5, verbose=0)


# What the model is made of is asked anew where it may have changed.


class AtTheSecond(torchkeras.callbacks.Callback):
    """Does something with the model when the second epoch begins."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.before = self.model.get_weights()
            self.act(self.model)


def two_layers(optimizer="sgd", regularizer=None):
    dense = torchkeras.layers.Dense
    made = torchkeras.Sequential(
        [torchkeras.Input((3,)), dense(2, kernel_regularizer=regularizer), dense(1)]
    )
    made.compile(optimizer, "mse")
    return made


def freeze_first(model):
    model.layers[0].trainable = False


def test_a_layer_frozen_as_an_epoch_begins_stays_as_it_is():
    made, callback = two_layers(), AtTheSecond(freeze_first)
    made.fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
    same = [np.array_equal(a, b) for a, b in zip(callback.before, made.get_weights(), strict=True)]
    assert same == [True, True, False, False]


def test_the_penalties_of_a_layer_frozen_between_two_runs_are_left_out():
    made = two_layers(torchkeras.optimizers.SGD(0.0), torchkeras.regularizers.L2(1.0))
    whole = made.fit(X, Y, verbose=0).history["loss"][0]
    penalty = np.square(made.get_weights()[0]).sum()
    freeze_first(made)
    assert made.fit(X, Y, verbose=0).history["loss"][0] == pytest.approx(whole - penalty, rel=1e-5)
    assert made.evaluate(X, Y, verbose=0) == pytest.approx(whole - penalty, rel=1e-5)


def test_a_metric_added_as_an_epoch_begins_is_reset_and_reported():
    def add(model):
        model.layers[0].seen = torchkeras.metrics.Sum(name="seen")
        model.layers[0].seen.update_state(2.0)

    made = two_layers()
    history = made.fit(X, Y, epochs=3, verbose=0, callbacks=[AtTheSecond(add)]).history
    assert history["seen"] == [2.0, 0.0]  # reset as the third epoch begins
    assert made.evaluate(X, Y, verbose=0, return_dict=True)["seen"] == 0


def test_a_layer_put_in_anothers_place_between_two_runs_is_found():
    class Own(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.inner = torchkeras.layers.Dense(1)

        def call(self, x):
            return self.inner(x)

    made = Own()
    made.compile("sgd", "mse")
    made.fit(X, Y, verbose=0)
    made.inner = torchkeras.layers.Dense(1, kernel_regularizer="l2")
    made.inner.mean = torchkeras.metrics.Mean(name="mean")
    made.inner.build((None, 3))
    assert [v.path for v in made.trainable_weights] == [v.path for v in made.inner.weights]
    made.compile("sgd", "mse")
    before = made.get_weights()
    logs = made.fit(X, Y, verbose=0).history
    assert set(logs) == {"loss", "mean"}
    assert not np.array_equal(before[0], made.get_weights()[0])


class Noting(torchkeras.optimizers.SGD):
    """Notes what it is asked to put averages in the place of."""

    def finalize_variable_values(self, var_list):
        self.final = [v.path for v in var_list]


def test_averaged_weights_take_their_place_in_what_is_trained_in_the_end():
    made = two_layers(torchkeras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    made.fit(X, Y, verbose=0)
    for variable, average in zip(
        made.trainable_variables, made.optimizer._model_variables_moving_average, strict=True
    ):
        assert torch.equal(variable.parameter, average.parameter)
    noting = two_layers(Noting(0.1))
    noting.fit(X, Y, epochs=2, verbose=0, callbacks=[AtTheSecond(freeze_first)])
    assert noting.optimizer.final == [v.path for v in noting.layers[1].weights]
