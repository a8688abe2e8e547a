import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

import torchkeras as keras
from torchkeras.wrappers.scikit_learn import KerasClassifier, KerasRegressor

X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
NAMES = np.array(["ant", "bee", "cat"])[np.digitize(X[:, 0], [-0.4, 0.4])]


def make(outputs=1, loss="binary_crossentropy", activation="sigmoid", rate=0.05):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(outputs, activation)]
    )
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(1)


def test_two_classes_are_told_by_one_probability():
    y = np.where(X[:, 0] > 0, "yes", "no")
    classifier = KerasClassifier(make, epochs=30, verbose=0)
    history = classifier.fit(X, y)
    assert len(history.epoch) == 30
    assert set(classifier.predict(X).ravel()) == {"yes", "no"}
    probabilities = classifier.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    accuracy = np.mean(classifier.predict(X).ravel() == y)
    assert classifier.score(X, y) == pytest.approx(accuracy)
    assert accuracy > 0.9


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_several_classes_are_told_by_name(loss):
    classifier = KerasClassifier(
        make, outputs=3, loss=loss, activation="softmax", epochs=40, verbose=0
    )
    classifier.fit(X, NAMES)
    assert classifier.predict_proba(X).shape == (60, 3)
    assert classifier.score(X, NAMES) == pytest.approx(np.mean(classifier.predict(X) == NAMES))
    assert classifier.score(X, NAMES) > 0.8


def test_a_regressor_scores_by_its_loss():
    regressor = KerasRegressor(build_fn=make, loss="mse", activation="linear", verbose=0)
    regressor.fit(X, X[:, 1], epochs=5)
    predictions = regressor.predict(X)
    assert predictions.shape == (60,)
    assert regressor.score(X, X[:, 1]) == pytest.approx(
        -np.mean((predictions - X[:, 1]) ** 2), rel=1e-4
    )


def test_scikit_learn_searches_and_clones():
    y = (X[:, 0] > 0).astype(int)
    classifier = KerasClassifier(build_fn=make, verbose=0)
    assert cross_val_score(classifier, X, y, cv=2).shape == (2,)
    grid = GridSearchCV(classifier, {"rate": [0.001, 0.1], "epochs": [1, 6]}, cv=2)
    assert grid.fit(X, y).best_params_ == {"rate": 0.1, "epochs": 6}
    copied = clone(classifier.set_params(rate=0.3))
    assert copied.get_params() == {"build_fn": make, "verbose": 0, "rate": 0.3}


def test_a_subclass_may_build_by_call():
    class Own(KerasRegressor):
        def __call__(self, rate=0.1):
            return make(loss="mse", activation="linear", rate=rate)

    regressor = Own(verbose=0, rate=0.2)
    regressor.fit(X, X[:, 1])
    assert regressor.model.optimizer.learning_rate == pytest.approx(0.2)


def test_what_is_no_parameter_is_named():
    with pytest.raises(ValueError, match="widht is not a legal parameter"):
        KerasClassifier(make, widht=3)
    with pytest.raises(ValueError, match="build_fn"):
        KerasClassifier()
    with pytest.raises(RuntimeError, match="Call fit first"):
        KerasRegressor(make).predict(X)
    with pytest.raises(ValueError, match="Invalid shape for y"):
        KerasClassifier(make).fit(X, np.zeros((60, 2, 2)))


def test_scoring_needs_accuracy():
    def plain():
        model = keras.Sequential([keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    classifier = KerasClassifier(plain, verbose=0)
    classifier.fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match="not configured to compute accuracy"):
        classifier.score(X, X[:, 0] > 0)
