import keras as real
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import torchkeras as keras

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
NAMES = np.array(["ant", "bee", "cat"])[np.digitize(X[:, 0], [-0.4, 0.4])]


def build(library, outputs, loss):
    """A compiled model with weights that are the same in both libraries."""
    model = library.Sequential(
        [
            library.Input((3,)),
            library.layers.Dense(4, "tanh", kernel_initializer=library.initializers.Constant(0.3)),
            library.layers.Dense(outputs, kernel_initializer="ones"),
        ]
    )
    model.compile(library.optimizers.SGD(0.1), loss)
    return model


def both(name, make, y, **options):
    fitted = []
    for library in (keras, real):
        estimator = getattr(library.wrappers, name)(
            make(library),
            fit_kwargs={"epochs": 3, "shuffle": False, "verbose": 0},
            **options,
        )
        fitted.append(estimator.fit(X, y))
    return fitted


def test_the_classifier_is_keras():
    def make(library):
        loss = library.losses.CategoricalCrossentropy(from_logits=True)
        return lambda X, y, width=4: build(library, y.shape[1], loss)

    ours, theirs = both("SKLearnClassifier", make, NAMES, model_kwargs={"width": 5})
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-5)
    assert ours.score(X, NAMES) == theirs.score(X, NAMES)
    assert ours.epoch_ == 3


@pytest.mark.parametrize("name", ["SKLearnRegressor", "SKLearnTransformer"])
def test_models_are_copied_and_trained_as_in_keras(name):
    ours, theirs = both(name, lambda library: build(library, 1, "mse"), X[:, 1])
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-5)
    assert ours.predict(X).shape == (40,)
    if name == "SKLearnTransformer":
        np.testing.assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-5)
    assert ours.model_ is not ours.model


def test_clones_keep_every_argument():
    model = build(keras, 1, "mse")
    estimator = keras.wrappers.SKLearnRegressor(model, True, {"a": 1}, {"epochs": 2})
    copied = clone(estimator)
    assert (copied.warm_start, copied.model_kwargs, copied.fit_kwargs) == (
        True,
        {"a": 1},
        {"epochs": 2},
    )
    assert copied.model is not model


def test_a_warm_start_goes_on_and_a_cold_one_begins_anew():
    for warm in (True, False):
        estimator = keras.wrappers.SKLearnRegressor(build(keras, 1, "mse"), warm_start=warm)
        first, second = (
            estimator.fit(X, X[:, 1], shuffle=False, verbose=0).history_.history["loss"]
            for _ in range(2)
        )
        assert (second == first) is not warm


def test_arguments_of_fit_leave_fit_kwargs_alone():
    options = {"epochs": 1, "verbose": 0}
    estimator = keras.wrappers.SKLearnRegressor(build(keras, 1, "mse"), fit_kwargs=options)
    assert estimator.fit(X, X[:, 1], epochs=3).epoch_ == 3
    assert options == {"epochs": 1, "verbose": 0}


def test_estimators_work_in_pipelines_and_searches():
    def make(X, y, width):
        model = keras.Sequential([keras.layers.Dense(width, "relu"), keras.layers.Dense(2)])
        model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
        return model

    classifier = keras.wrappers.SKLearnClassifier(
        make, model_kwargs={"width": 4}, fit_kwargs={"verbose": 0}
    )
    y = (X[:, 0] > 0).astype(int)
    scores = cross_val_score(make_pipeline(StandardScaler(), classifier), X, y, cv=3)
    assert scores.shape == (3,)
    search = GridSearchCV(classifier, {"fit_kwargs": [{"epochs": 1, "verbose": 0}]}, cv=2)
    assert search.fit(X, y).best_params_


def test_bad_models_and_targets_are_named():
    classifier = keras.wrappers.SKLearnClassifier(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(RuntimeError, match="compiled"):
        classifier.fit(X, NAMES)
    with pytest.raises(ValueError, match="only one class"):
        classifier.fit(X, ["a"] * 40)
    with pytest.raises(ValueError, match="binary and multiclass"):
        classifier.fit(X, X[:, 0])
    with pytest.raises(sklearn.exceptions.NotFittedError):
        classifier.predict(X)


def test_routing_is_asked_for_when_it_is_on():
    estimator = keras.wrappers.SKLearnRegressor(build(keras, 1, "mse"))
    with pytest.raises(RuntimeError, match="enable_metadata_routing"):
        estimator.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        request = estimator.set_fit_request(sample_weight=True).get_metadata_routing()
    assert request.fit.requests == {"sample_weight": True}
