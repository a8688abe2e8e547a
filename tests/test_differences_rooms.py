"""The ledger's rows on callbacks, estimators, distillation, networks; see ``test_differences``."""

import logging

import keras as real
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import torchkeras as ours
from torchkeras.callbacks import events
from torchkeras.core.checks import KindError

BOTH = (ours, real)
X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def raises(call, errors=Exception):
    """Whether ``call`` ends in an error, of whatever library."""
    try:
        call()
    except errors:
        return True
    return False


def dense(keras, **options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, **options)])
    model.compile("sgd", "mse")
    return model


# Callbacks


def test_boards_of_epochs(tmp_path):
    board = ours.callbacks.TensorBoard(tmp_path, update_freq=5)
    dense(ours).fit(X, X[:, 0], batch_size=4, epochs=2, verbose=0, callbacks=[board])
    accumulator = EventAccumulator(str(tmp_path / "train"))
    accumulator.Reload()
    assert [event.step for event in accumulator.Scalars("epoch_loss")] == [0, 1]


def test_boards_of_embeddings(tmp_path):
    model = ours.Sequential([ours.Input((2,)), ours.layers.Embedding(3, 2, name="words")])
    model.compile("sgd", "mse")
    board = ours.callbacks.TensorBoard(tmp_path, embeddings_freq=1)
    model.fit(np.zeros((4, 2)), np.zeros((4, 2, 2)), verbose=0, callbacks=[board])
    assert 'tensor_path: "words.tsv"' in (tmp_path / "projector_config.pbtxt").read_text()
    assert np.loadtxt(tmp_path / "words.tsv").shape == (3, 2)


def test_bins_without_nan():
    bins = events.binned(np.array([1.0, np.nan, 2.0]), 2)
    assert bins[:, 2].sum() == 2
    assert np.isfinite(bins).all()


def test_logs_without_interaction(caplog, capsys):
    shown = []
    for keras in BOTH:
        keras.config.disable_interactive_logging()
        try:
            with caplog.at_level(logging.INFO, "torchkeras"):
                dense(keras).fit(X, X[:, 0], verbose="auto")
        finally:
            keras.config.enable_interactive_logging()
        shown.append(capsys.readouterr().out)
    assert shown[0] == ""
    assert len(caplog.messages) == 1
    assert "step" in shown[1]


def test_predictions_in_a_dict():
    seen = []
    for keras in BOTH:
        inputs = keras.Input((3,))
        model = keras.Model(inputs, {"a": keras.layers.Dense(1, name="a")(inputs)})
        note = keras.callbacks.LambdaCallback()
        note.on_predict_batch_end = lambda batch, logs=None: seen.append(set(logs))
        model.predict(X, batch_size=12, verbose=0, callbacks=[note])
    assert seen == [{"outputs"}, {"a"}]


# Arguments


def test_kinds_of_errors():
    calls = [
        lambda k: dense(k).fit(X, X[:, 0], validation_split="a", verbose=0),
        lambda k: k.layers.Dense(4, activation=3),
    ]
    for call in calls:
        assert raises(lambda call=call: call(real), (TypeError, ValueError))
        assert raises(lambda call=call: call(ours), (TypeError, ValueError))
    assert issubclass(KindError, TypeError)
    assert issubclass(KindError, ValueError)


# Estimators


def regressor(keras, **options):
    model = dense(keras, kernel_initializer="zeros")
    return keras.wrappers.SKLearnRegressor(model, fit_kwargs={"verbose": 0}, **options)


def test_warm_starts():
    same = []
    for keras in BOTH:
        estimator = regressor(keras, warm_start=True)
        first, second = (
            estimator.fit(X, X[:, 0], shuffle=False).history_.history["loss"] for _ in range(2)
        )
        same.append(first == second)
    assert same == [False, True]


def test_clones_of_estimators():
    kept = []
    for keras in BOTH:
        estimator = regressor(keras)
        estimator.fit(X, X[:, 0], epochs=2)
        kept.append(
            (
                estimator.__sklearn_clone__().fit_kwargs,
                estimator.fit_kwargs,
                raises(lambda estimator=estimator: estimator.epoch_, AttributeError),
            )
        )
    plain = {"verbose": 0}
    assert kept == [(plain, plain, False), (None, {**plain, "epochs": 2}, True)]


# Distillation


def test_softened_by_name():
    import torch

    teacher, student = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.5, 0.5]])
    named, object_ = (
        [
            float(
                k.distillation.LogitsDistillation(1.0, loss=loss(k)).compute_loss(teacher, student)
            )
            for k in BOTH
        ]
        for loss in (lambda k: "kl_divergence", lambda k: k.losses.KLDivergence())
    )
    assert object_[0] == pytest.approx(object_[1], rel=1e-5)
    assert named[0] == pytest.approx(object_[0], rel=1e-5)
    assert named[1] != pytest.approx(object_[1], rel=1e-2)


def distiller(keras, student=None):
    teacher = dense(keras)
    loss = keras.distillation.FeatureDistillation("mse", teacher.layers[0].name, None)
    if student is not None:
        loss = keras.distillation.FeatureDistillation("mse", None, student.layers[-1].name)
    model = keras.distillation.Distiller(teacher, student or dense(keras), loss)
    model.compile("sgd", "mse")
    return model


def test_weights_in_distillation():
    found = [
        distiller(k).evaluate(X, X[:, :1], sample_weight=np.zeros(12), verbose=0, return_dict=True)[
            "student_loss"
        ]
        for k in BOTH
    ]
    assert found[0] == 0
    assert found[1] > 0


def test_features_in_evaluation():
    moved = []
    for keras in BOTH:
        norm = keras.layers.BatchNormalization()
        student = keras.Sequential([keras.Input((3,)), norm, keras.layers.Dense(1)])
        distiller(keras, student).evaluate(X, X[:, :1], verbose=0)
        moved.append(bool(np.any(np.array(norm.get_weights()[2]) != 0)))
    assert moved == [False, True]


# Networks


def test_images_in_place():
    changed = []
    for keras in BOTH:
        x = np.full((1, 4, 4, 3), 100.0, "float32")
        keras.applications.imagenet_utils.preprocess_input(x, mode="tf")
        changed.append(bool((x != 100).any()))
    assert changed == [False, True]
