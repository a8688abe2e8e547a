import numpy as np
import pytest

import torchkeras

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X.sum(1, keepdims=True)


def batches():
    while True:
        yield X, Y


def test_the_names_of_tf_keras_2_do_what_the_present_ones_do():
    model = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit_generator(
        batches(), 2, 3, 0, validation_data=batches(), validation_steps=1
    ).history
    assert [len(values) for values in history.values()] == [3, 3]
    assert model.evaluate_generator(batches(), 1) == pytest.approx(model.evaluate(X, Y, verbose=0))
    found = model.predict_generator(batches(), 1)
    np.testing.assert_allclose(found, model.predict(X, verbose=0), rtol=1e-6)
