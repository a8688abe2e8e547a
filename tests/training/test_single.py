import keras as real
import numpy as np
import pytest
import torch

import torchkeras

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 3)).astype("float32")
LABELS = RNG.integers(0, 2, 8)


def both():
    made = []
    for keras in (real, torchkeras):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        made.append(model)
    made[1].set_weights(made[0].get_weights())
    return made


@pytest.mark.parametrize(
    "options", [{}, {"class_weight": {1: 3.0}}, {"sample_weight": np.arange(8.0)}]
)
def test_one_step_equals_that_of_keras(options):
    theirs, ours = both()
    for _ in range(3):
        expected = theirs.train_on_batch(X, LABELS, return_dict=True, **options)
        found = ours.train_on_batch(X, LABELS, return_dict=True, **options)
        assert found == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(ours.get_weights()[0], theirs.get_weights()[0], rtol=1e-5)


def test_results_come_as_a_list_or_a_number():
    theirs, ours = both()
    assert ours.test_on_batch(X, LABELS) == pytest.approx(theirs.test_on_batch(X, LABELS))
    ours.compile("sgd", "sparse_categorical_crossentropy")
    assert isinstance(ours.test_on_batch(X, LABELS), float)


def test_predictions_are_arrays():
    theirs, ours = both()
    np.testing.assert_allclose(
        ours.predict_on_batch(X), theirs.predict_on_batch(X), rtol=1e-5, atol=1e-6
    )
    assert ours.predict_on_batch(torch.tensor(X)).shape == (8, 2)


def test_metrics_can_go_on_over_batches():
    _, ours = both()
    first = ours.test_on_batch(X[:4], LABELS[:4], return_dict=True)
    whole = ours.test_on_batch(X[4:], LABELS[4:], return_dict=True, reset_metrics=False)
    assert whole == pytest.approx(ours.test_on_batch(X, LABELS, return_dict=True))
    assert first == pytest.approx(ours.test_on_batch(X[:4], LABELS[:4], return_dict=True))


def test_both_kinds_of_weights_are_refused():
    _, ours = both()
    with pytest.raises(ValueError, match="at the same time"):
        ours.train_on_batch(X, LABELS, sample_weight=np.ones(8), class_weight={0: 1.0})


def test_a_subclass_builds_itself_on_its_first_batch():
    class Model(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = torchkeras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    model = Model()
    model.compile("sgd", "mse")
    assert model.train_on_batch(X, LABELS.astype("float32")) > 0
    assert Model().predict_on_batch(X).shape == (8, 1)


def test_of_no_samples_come_no_predictions():
    for keras in (torchkeras, real):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        assert model.predict_on_batch(np.zeros((0, 3), "float32")).shape == (0, 2)
