import numpy as np
import pytest
import tensorflow_files

import torchkeras as keras

OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.5),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.5, momentum=0.9, centered=True),
    "averages": lambda: keras.optimizers.SGD(0.5, use_ema=True),
    "older_adam": lambda: keras.optimizers.Adam(0.5, amsgrad=True),
    "older_sgd": lambda: keras.optimizers.SGD(0.5, momentum=0.9),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_as_in_tf_keras(of_tensorflow, name):
    model = tensorflow_files.network(keras)
    model.compile(OPTIMIZERS[name](), "mse")
    model.load_weights(of_tensorflow / name / "w")
    with np.load(of_tensorflow / f"{name}.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["before"], atol=1e-5)
        history = model.fit(
            known["x"], known["y"], epochs=2, batch_size=4, shuffle=False, verbose=0
        ).history
        np.testing.assert_allclose(history["loss"], known["losses"], rtol=1e-5)
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["after"], atol=5e-5)
    assert int(model.optimizer.iterations) == 8


def test_an_optimizer_of_other_slots_takes_the_step_count_alone(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.load_weights(of_tensorflow / "adam" / "w")
    assert int(model.optimizer.iterations) == 4
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
