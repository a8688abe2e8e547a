import numpy as np
import pytest

import torchkeras as keras
from torchkeras.models.experimental import SharpnessAwareMinimization

# Losses, errors and last bias that tf_keras 2.21 gives.
OF_KERAS = {
    (None, False): ([1.74387, 1.42929], [0.96195, 0.90216], 0.55540),
    (2, False): ([2.24532, 1.98657], [1.07346, 1.17746], 0.95820),
    (None, True): ([2.35503, 1.35086], [0.95146, 0.77954], 0.80127),
    (2, True): ([2.63990, 1.24655], [0.95984, 1.09097], 1.52287),
}


def inner():
    constant = keras.initializers.Constant
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2, kernel_initializer=constant(0.3), activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1, kernel_initializer=constant(0.5)),
        ]
    )


@pytest.mark.parametrize(("splits", "weighted"), OF_KERAS)
def test_it_trains_as_in_keras(splits, weighted):
    x = np.linspace(-1, 1, 24).reshape(8, 3).astype("float32")
    y = (x[:, :1] * 2 + 1).astype("float32")
    model = SharpnessAwareMinimization(inner(), rho=0.1, num_batch_splits=splits)
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    weights = np.arange(8) / 4.0 if weighted else None
    history = model.fit(
        x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, sample_weight=weights
    ).history
    losses, errors, bias = OF_KERAS[splits, weighted]
    assert history["loss"] == pytest.approx(losses, abs=2e-5)
    assert history["mae"] == pytest.approx(errors, abs=2e-5)
    assert model.model.get_weights()[-1] == pytest.approx(bias, abs=2e-5)


def test_it_computes_as_its_model():
    model = SharpnessAwareMinimization(inner(), name="sam")
    x = np.ones((2, 3), "float32")
    assert np.array_equal(model.predict(x, verbose=0), model.model.predict(x, verbose=0))
    assert (model.name, model.rho, model.num_batch_splits) == ("sam", 0.05, None)


def test_it_is_saved_with_its_model(tmp_path):
    model = SharpnessAwareMinimization(inner(), rho=0.2, num_batch_splits=2)
    x = np.ones((2, 3), "float32")
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert (loaded.rho, loaded.num_batch_splits) == (0.2, 2)
    assert np.allclose(loaded.predict(x, verbose=0), expected)
