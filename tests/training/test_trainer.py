"""``fit``, ``evaluate`` and ``predict``, beside real Keras with the same weights and data."""

import warnings

import keras as real
import numpy as np
import pandas
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import torchkeras
from torchkeras.data import PyDataset

SAMPLES = 50
RNG = np.random.default_rng(0)
X = RNG.normal(size=(SAMPLES, 4)).astype("float32")
Y = RNG.normal(size=(SAMPLES, 1)).astype("float32")
LABELS = RNG.integers(0, 3, SAMPLES)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
WEIGHTS = RNG.uniform(0.1, 2, SAMPLES).astype("float32")


def classifier(keras):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def regressor(keras):
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(1)]
    )


def regularized(keras):
    x = inputs = keras.Input((4,))
    l2 = keras.regularizers.L2(0.01)
    x = keras.layers.Dense(5, kernel_regularizer=l2, activity_regularizer=l2)(x)
    return keras.Model(inputs, keras.layers.Dense(1, bias_regularizer="l1")(x))


def two_outputs(keras):
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(5, activation="tanh")(inputs)
    first = keras.layers.Dense(1, name="value")(hidden)
    second = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    return keras.Model(inputs, [first, second])


def named_outputs(keras):
    inputs = {"left": keras.Input((2,), name="left"), "right": keras.Input((2,), name="right")}
    hidden = keras.layers.Concatenate()([inputs["left"], inputs["right"]])
    outputs = {
        "value": keras.layers.Dense(1, name="value")(hidden),
        "kind": keras.layers.Dense(3, activation="softmax", name="kind")(hidden),
    }
    return keras.Model(inputs, outputs)


def batch_normalized(keras):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )


def both(make, **compile_options):
    """The model in real Keras and here, with the same weights, compiled."""
    real.utils.set_random_seed(1)
    theirs, ours = make(real), make(torchkeras)
    ours.set_weights(theirs.get_weights())
    for model in (theirs, ours):
        model.compile(**{k: v() if callable(v) else v for k, v in compile_options.items()})
    return theirs, ours


def assert_same_fit(make, compile_options, *data, **fit_options):
    """Histories, weights and evaluation agree within 1e-5."""
    theirs, ours = both(make, **compile_options)
    options = {"epochs": 3, "shuffle": False, "batch_size": 16, "verbose": 0, **fit_options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.fit(*data, **options).history
    found = ours.fit(*data, **options).history
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-5, err_msg=name)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    return theirs, ours


@pytest.mark.parametrize(
    "make, loss, y, metrics, optimizer",
    [
        (classifier, "sparse_categorical_crossentropy", LABELS, ["accuracy"], "adam"),
        (classifier, "categorical_crossentropy", ONE_HOT, ["acc", "mse"], "sgd"),
        (regressor, "mse", Y, ["mae"], "rmsprop"),
        (regularized, "mae", Y, None, "adam"),
        (batch_normalized, "huber", Y, ["mse"], "sgd"),
    ],
    ids=["labels", "one-hot", "regression", "regularized", "batch norm"],
)
def test_training_equals_that_of_keras(make, loss, y, metrics, optimizer):
    theirs, ours = assert_same_fit(
        make, {"optimizer": optimizer, "loss": loss, "metrics": metrics}, X, y
    )
    expected = theirs.evaluate(X, y, verbose=0, return_dict=True)
    found = ours.evaluate(X, y, verbose=0, return_dict=True)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(
        ours.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=1e-5, atol=1e-5
    )


SPARSE = {
    "optimizer": "sgd",
    "loss": "sparse_categorical_crossentropy",
    "metrics": ["accuracy"],
    "weighted_metrics": ["accuracy"],
}


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": WEIGHTS},
        {"class_weight": {0: 0.5, 2: 3.0}},
        {"validation_split": 0.3},
        {"validation_data": (X[:20], LABELS[:20])},
        {"validation_data": (X[:20], LABELS[:20], WEIGHTS[:20])},
        {"validation_data": (X, LABELS), "validation_freq": 2},
        {"validation_data": (X, LABELS), "validation_freq": [1, 3]},
        {"validation_data": (X, LABELS), "validation_steps": 2},
        {"validation_data": (X, LABELS), "validation_batch_size": 7},
        {"initial_epoch": 1},
        {"steps_per_epoch": 2, "epochs": 2},
        {"batch_size": 50},
    ],
    ids=lambda options: " ".join(options),
)
def test_options_of_fit_mean_what_they_mean_in_keras(options):
    assert_same_fit(classifier, SPARSE, X, LABELS, **options)


@pytest.mark.parametrize(
    "compile_options",
    [
        {"loss": ["mse", "sparse_categorical_crossentropy"]},
        {"loss": ["mse", "sparse_categorical_crossentropy"], "loss_weights": [0.3, 2.0]},
        {
            "loss": {"value": "mse", "kind": "sparse_categorical_crossentropy"},
            "loss_weights": {"value": 0.5, "kind": 1.0},
            "metrics": {"value": ["mae"], "kind": "accuracy"},
        },
        {
            "loss": ["mse", "sparse_categorical_crossentropy"],
            "metrics": [["mae", "mse"], ["accuracy"]],
            "weighted_metrics": [["mae"], ["accuracy"]],
        },
    ],
    ids=["list", "weights", "dict", "metrics"],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_several_outputs_are_trained_as_in_keras(compile_options, weighted):
    y = [Y, LABELS]
    options = {"sample_weight": [WEIGHTS, WEIGHTS[::-1].copy()]} if weighted else {}
    assert_same_fit(two_outputs, {"optimizer": "sgd", **compile_options}, X, y, **options)


@pytest.mark.parametrize("weighted", [False, True])
def test_dicts_of_inputs_and_outputs_are_trained_as_in_keras(weighted):
    x = {"left": X[:, :2], "right": X[:, 2:]}
    y = {"value": Y, "kind": LABELS}
    compile_options = {
        "optimizer": "sgd",
        "loss": {"value": "mse", "kind": "sparse_categorical_crossentropy"},
        "metrics": {"kind": ["accuracy"]},
    }
    options = {"sample_weight": {"value": WEIGHTS, "kind": WEIGHTS}} if weighted else {}
    _, ours = assert_same_fit(named_outputs, compile_options, x, y, **options)
    assert set(ours.predict(x, verbose=0)) == {"value", "kind"}


def test_weights_per_step_of_a_sequence_are_those_of_keras():
    x, y = RNG.normal(size=(20, 6, 4)).astype("float32"), RNG.normal(size=(20, 6, 1))
    weights = RNG.uniform(size=(20, 6)).astype("float32")

    def sequence(keras):
        return keras.Sequential([keras.Input((6, 4)), keras.layers.Dense(1)])

    assert_same_fit(
        sequence, {"optimizer": "sgd", "loss": "mse"}, x, y.astype("float32"), sample_weight=weights
    )


def assert_alike(found, expected):
    """Two histories agree to rounding."""
    assert set(found) == set(expected)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)


# Inputs.


class Batches(PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        part = slice(16 * index, 16 * index + 16)
        return X[part], LABELS[part]


class Again:
    def __iter__(self):
        return iter([Batches()[index] for index in range(4)])


def generator():
    while True:
        yield from Again()


def sources():
    tensors = torch.tensor(X), torch.tensor(LABELS)
    return {
        "numpy": ((X, LABELS), {}),
        "tensors": (tensors, {}),
        "lists": ((X.tolist(), LABELS.tolist()), {}),
        "pandas": ((pandas.DataFrame(X), pandas.Series(LABELS)), {}),
        "dataset": ((TensorDataset(*tensors),), {}),
        "loader": ((DataLoader(TensorDataset(*tensors), batch_size=16),), {"batch_size": None}),
        "pydataset": ((Batches(),), {"batch_size": None}),
        "generator": ((generator(),), {"batch_size": None, "steps_per_epoch": 4}),
        "iterable": ((Again(),), {"batch_size": None}),
    }


@pytest.mark.parametrize("kind", sources())
def test_every_kind_of_input_trains_alike(kind):
    reference = both(classifier, **SPARSE)[1]
    options = {"epochs": 2, "shuffle": False, "batch_size": 16, "verbose": 0}
    expected = reference.fit(X, LABELS, **options).history
    model = both(classifier, **SPARSE)[1]
    data, more = sources()[kind]
    found = model.fit(*data, **{**options, **more}).history
    assert_alike(found, expected)


@pytest.mark.parametrize("kind", ["loader", "pydataset", "iterable"])
def test_sources_of_batches_are_evaluated_and_predicted(kind):
    model = both(classifier, **SPARSE)[1]
    (source,), _ = sources()[kind]
    assert model.evaluate(source, verbose=0) == pytest.approx(
        model.evaluate(X, LABELS, batch_size=16, verbose=0)
    )
    np.testing.assert_allclose(
        model.predict(source, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )


def test_a_one_dimensional_array_is_a_column():
    model = torchkeras.Sequential([torchkeras.Input((1,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X[:, 0], Y, verbose=0)
    assert model.predict(X[:, 0], verbose=0).shape == (SAMPLES, 1)


def test_shuffled_training_follows_the_seed():
    def losses():
        model = both(classifier, **SPARSE)[1]
        torchkeras.utils.set_random_seed(3)
        return model.fit(X, LABELS, epochs=2, verbose=0).history["loss"]

    assert losses() == losses()


def test_a_finite_generator_ends_training_with_a_warning():
    model = both(classifier, **SPARSE)[1]
    with pytest.warns(UserWarning, match="ran out of data after epoch 1 of 3"):
        history = model.fit(iter(list(Again())), epochs=3, verbose=0)
    assert history.epoch == [0]


def test_steps_cut_evaluation_and_prediction_short():
    model = both(classifier, **SPARSE)[1]
    assert model.predict(generator(), steps=2, verbose=0).shape == (32, 3)
    expected = model.evaluate(X[:32], LABELS[:32], batch_size=16, verbose=0)
    assert model.evaluate(generator(), steps=2, verbose=0) == pytest.approx(expected)


# Steps of the user's own.


def own_step(keras):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)
            self.average = keras.metrics.Mean(name="loss")
            self.error = keras.metrics.MeanAbsoluteError(name="mae")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            y_pred = self(x, training=True)
            loss = keras.ops.mean((y - y_pred) ** 2)
            self.zero_grad()
            loss.backward()
            variables = self.trainable_weights
            with torch.no_grad():
                self.optimizer.apply([v.value.grad for v in variables], variables)
            self.average.update_state(loss)
            self.error.update_state(y, y_pred)
            return {"loss": self.average.result(), "mae": self.error.result()}

        @property
        def metrics(self):
            return [self.average, self.error]

    model = Model()
    model(X[:1])
    return model


def test_a_training_step_written_for_keras_on_torch_runs():
    assert_same_fit(own_step, {"optimizer": "sgd"}, X, Y)


def step_by_super(keras):
    class Model(keras.Model):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)

        def train_step(self, data):
            logs = super().train_step(data)
            logs["twice"] = 2 * logs["loss"]
            return logs

    inputs = keras.Input((4,))
    return Model(inputs, keras.layers.Dense(1)(inputs))


def test_a_step_may_add_to_the_logs_of_the_default_one():
    _, ours = assert_same_fit(step_by_super, {"optimizer": "sgd", "loss": "mse"}, X, Y)
    history = ours.history.history
    assert history["twice"][0] == pytest.approx(2 * history["loss"][0])


def own_loss(keras):
    class Model(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = keras.ops.mean(keras.ops.abs(y - y_pred)) + keras.ops.mean(x) ** 2
            return loss + sum(self.losses)

    inputs = keras.Input((4,))
    return Model(inputs, keras.layers.Dense(1, kernel_regularizer="l2")(inputs))


def test_compute_loss_may_be_overridden():
    assert_same_fit(own_loss, {"optimizer": "sgd", "loss": "mse"}, X, Y)


def own_metrics(keras):
    class Model(keras.Model):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.own = keras.metrics.MeanSquaredError(name="own")

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            self.own.update_state(y, y_pred)
            results["own"] = self.own.result()
            return results

    inputs = keras.Input((4,))
    return Model(inputs, keras.layers.Dense(1)(inputs))


def test_compute_metrics_may_be_overridden():
    assert_same_fit(own_metrics, {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}, X, Y)


@pytest.mark.parametrize("metrics", [["mae"], None])
def test_a_step_of_tf_keras_2_runs(metrics):
    class Model(torchkeras.Model):
        def train_step(self, data):
            x, y = data
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            self.optimizer.minimize(loss, self.trainable_variables)
            self.compiled_metrics.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    inputs = torchkeras.Input((4,))
    model = Model(inputs, torchkeras.layers.Dense(1)(inputs))
    reference = torchkeras.models.clone_model(model)
    reference.set_weights(model.get_weights())
    histories = []
    for one in (model, torchkeras.Model(reference.inputs, reference.outputs)):
        one.compile("sgd", "mse", metrics=metrics)
        histories.append(one.fit(X, Y, shuffle=False, verbose=0).history)
    assert_alike(*histories)


def test_own_test_and_predict_steps_are_used():
    class Model(torchkeras.Model):
        def test_step(self, data):
            return {"answer": torch.tensor(42.0)}

        def predict_step(self, data):
            return self(data, training=False) * 0 + 7

    inputs = torchkeras.Input((4,))
    model = Model(inputs, torchkeras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"answer": 42.0}
    assert (model.predict(X, verbose=0) == 7).all()
    assert "val_answer" in model.fit(X, Y, validation_data=(X, Y), verbose=0).history


def test_a_step_that_reports_a_loss_without_a_metric_is_believed():
    class Model(torchkeras.Model):
        def train_step(self, data):
            return {"loss": torch.tensor(5.0)}

    inputs = torchkeras.Input((4,))
    model = Model(inputs, torchkeras.layers.Dense(1)(inputs))
    model.compile("sgd")
    assert model.fit(X, Y, verbose=0).history == {"loss": [5.0]}


# Callbacks and flags.


class Recorder(torchkeras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []
        self.kept = []

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(("begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(("end", batch))
        self.kept.append(logs)


def test_logs_that_a_callback_keeps_are_those_of_their_step():
    recorder = Recorder()
    theirs, ours = both(classifier, **SPARSE)

    class Theirs(real.callbacks.Callback):
        losses = []

        def on_train_batch_end(self, batch, logs=None):
            self.losses.append(float(logs["accuracy"]))

    theirs.fit(X, LABELS, batch_size=16, shuffle=False, verbose=0, callbacks=[Theirs()])
    ours.fit(X, LABELS, batch_size=16, shuffle=False, verbose=0, callbacks=[recorder])
    assert [logs["accuracy"] for logs in recorder.kept] == pytest.approx(Theirs.losses)


@pytest.mark.parametrize("steps, expected", [(1, [0, 1, 2, 3]), (2, [1, 3]), (3, [2, 3]), (9, [3])])
def test_callbacks_are_called_every_so_many_steps(steps, expected):
    model = both(classifier, **SPARSE, steps_per_execution=steps)[1]
    recorder = Recorder()
    model.fit(X, LABELS, batch_size=16, verbose=0, callbacks=[recorder])
    assert [batch for kind, batch in recorder.calls if kind == "end"] == expected


def test_stop_training_ends_fit_after_the_step():
    class Stop(torchkeras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = both(classifier, **SPARSE)[1]
    recorder = Recorder()
    model.fit(X, LABELS, batch_size=16, epochs=3, verbose=0, callbacks=[Stop(), recorder])
    assert recorder.calls[-1] == ("end", 1)


def test_a_callback_may_evaluate_and_predict_in_the_midst_of_fit():
    class Look(torchkeras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.predict(X, verbose=0)

        def on_epoch_end(self, epoch, logs=None):
            logs["again"] = self.model.evaluate(X, LABELS, verbose=0)[0]

    plain, watched = (both(classifier, **SPARSE)[1] for _ in range(2))
    options = {"epochs": 3, "shuffle": False, "verbose": 0}
    expected = plain.fit(X, LABELS, **options).history
    found = watched.fit(X, LABELS, callbacks=[Look()], **options).history
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-6)


def test_a_step_set_on_the_object_is_used():
    model = both(regressor, optimizer="sgd", loss="mse")[1]
    model.train_step = lambda data: {"loss": torch.tensor(3.0)}
    assert model.fit(X, Y, verbose=0).history == {"loss": [3.0]}


def test_fit_trains_and_inference_follows():
    class Modes(torchkeras.layers.Layer):
        seen = []

        def call(self, x, training=False):
            self.seen.append((training, self.training, torch.is_grad_enabled()))
            return x

    modes = Modes()
    model = torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(1), modes])
    model.compile("sgd", "mse")
    modes.seen.clear()
    model.fit(X, Y, batch_size=SAMPLES, verbose=0)
    model.evaluate(X, Y, batch_size=SAMPLES, verbose=0)
    model.predict(X, batch_size=SAMPLES, verbose=0)
    assert modes.seen[-3:] == [(True, True, True), (False, False, False), (False, False, False)]


def test_delayed_metrics_give_what_metrics_at_once_give():
    results = []
    for eager in (False, True):
        model = both(classifier, **SPARSE, run_eagerly=eager)[1]
        results.append(model.fit(X, LABELS, batch_size=4, shuffle=False, verbose=0).history)
    assert_alike(*results)


def test_progress_is_shown_in_keras_own_way(capsys):
    model = both(classifier, **SPARSE)[1]
    model.fit(X, LABELS, epochs=2, verbose=2, batch_size=25)
    text = capsys.readouterr().out
    assert "Epoch 2/2" in text
    assert "2/2 - " in text
    assert "accuracy: " in text


def test_frozen_layers_stay_as_they_are_at_once():
    model = both(classifier, **SPARSE)[1]
    model.fit(X, LABELS, verbose=0)
    model.layers[0].trainable = False
    before = [w.copy() for w in model.get_weights()]
    model.fit(X, LABELS, verbose=0)
    after = model.get_weights()
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_predictions_of_a_float16_policy_are_numpy_arrays():
    model = torchkeras.Sequential(
        [torchkeras.Input((4,)), torchkeras.layers.Dense(1, dtype="mixed_bfloat16")]
    )
    assert model.predict(X, verbose=0).dtype == np.float32


# What goes wrong is said.


def test_fit_before_compile_is_refused():
    model = regressor(torchkeras)
    for call in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        for kind in (RuntimeError, ValueError):  # tf.keras 2's and Keras 3's
            with pytest.raises(kind, match=r"You must call `compile\(\)`"):
                call(X, Y)


def test_mismatched_sample_counts_are_refused():
    model = both(regressor, optimizer="sgd", loss="mse")[1]
    with pytest.raises(ValueError, match="Data cardinality is ambiguous"):
        model.fit(X, Y[:-1], verbose=0)


def test_empty_data_are_refused():
    model = both(regressor, optimizer="sgd", loss="mse")[1]
    with pytest.raises(ValueError, match="at least one sample"):
        model.fit(X[:0], Y[:0], verbose=0)
    with pytest.raises(ValueError, match="at least one sample"):
        model.fit(iter([]), verbose=0)
    with pytest.raises(ValueError, match="at least one sample"):
        model.predict(iter([]), verbose=0)


def test_labels_beyond_the_last_class_are_refused():
    model = both(classifier, optimizer="sgd", loss="sparse_categorical_crossentropy")[1]
    with pytest.raises(ValueError, match=r"labels from 0 to 3'; expected labels from 0 to 2"):
        model.fit(X, np.arange(SAMPLES) % 4, verbose=0)


def test_missing_targets_are_refused():
    model = both(regressor, optimizer="sgd", loss="mse")[1]
    with pytest.raises(ValueError, match="expected targets"):
        model.fit(X, verbose=0)


def test_a_model_without_a_loss_has_nothing_to_minimize():
    model = both(regressor, optimizer="sgd")[1]
    with pytest.raises(ValueError, match="No loss to compute"):
        model.fit(X, Y, verbose=0)


def test_nan_in_the_data_is_found_where_it_hurts():
    x = X.copy()
    x[7, 2] = np.nan
    model = both(regressor, optimizer="sgd", loss="mse")[1]
    with pytest.raises(
        ValueError, match=r"NaN in 1 of 50 samples'; expected numbers\. The first is number 7"
    ):
        model.fit(x, Y, verbose=0)


def test_nan_that_the_loss_leaves_out_is_no_error():
    y = Y.copy()
    y[3] = np.nan

    def only_known(y_true, y_pred):
        return torch.where(y_true.isnan(), 0.0, (y_true.nan_to_num() - y_pred) ** 2)

    model = both(regressor, optimizer="sgd")[1]
    model.compile("sgd", only_known)
    assert np.isfinite(model.fit(X, y, verbose=0).history["loss"][0])


def test_a_variable_that_became_trainable_asks_for_compiling_anew():
    model = regressor(torchkeras)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = True
    with pytest.raises(RuntimeError, match="call `compile` again"):
        model.fit(X, Y, verbose=0)


def test_a_wrong_validation_frequency_is_refused():
    model = both(regressor, optimizer="sgd", loss="mse")[1]
    for wrong in ("often", 0, -1):
        with pytest.raises(ValueError, match="Expected `validation_freq` to be a list or int"):
            model.fit(X, Y, validation_data=(X, Y), validation_freq=wrong, verbose=0)


def test_a_model_without_trainable_weights_warns_and_stays():
    model = regressor(torchkeras)
    model.trainable = False
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="any trainable weights"):
        model.fit(X, Y, verbose=0)


def test_both_kinds_of_weights_are_refused():
    model = both(classifier, optimizer="sgd", loss="sparse_categorical_crossentropy")[1]
    with pytest.raises(ValueError, match="at the same time"):
        model.fit(X, LABELS, sample_weight=WEIGHTS, class_weight={0: 2.0}, verbose=0)


@pytest.mark.parametrize("given", [None, 3.0])
def test_a_step_that_gives_no_logs_is_named(given):
    class Silent(torchkeras.Sequential):
        def train_step(self, data):
            return given

    model = Silent([torchkeras.Input((4,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=f"what train_step gives is {given}; expected a dict of"):
        model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
