import numpy as np
import pytest
import tensorflow_files

import torchkeras as keras
from torchkeras.saving import checkpoint_writer, object_graph
from torchkeras.saving.tensor_bundle import Bundle
from torchkeras.saving.tensorflow_checkpoint import Restoration

OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.5),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.5, momentum=0.9, centered=True),
    "averages": lambda: keras.optimizers.SGD(0.5, use_ema=True),
    "older_adam": lambda: keras.optimizers.Adam(0.5, amsgrad=True),
    "older_sgd": lambda: keras.optimizers.SGD(0.5, momentum=0.9),
    "older_nadam": lambda: keras.optimizers.Nadam(0.5),
    "older_decay": lambda: keras.optimizers.Adagrad(0.5),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.5)),
    "older_scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5, 0.1)),
    "adafactor": lambda: keras.optimizers.Adafactor(0.5),
    "plain": lambda: keras.optimizers.SGD(0.5),
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


def test_numbers_of_older_optimizers_come_along(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.SGD(0.5, momentum=0.1, decay=0.25), "mse")
    model.optimizer.build(model.trainable_variables)
    status = model.load_weights(of_tensorflow / "older_sgd" / "w")
    assert model.optimizer.momentum == pytest.approx(0.9)
    assert model.optimizer.decay == 0.0
    status.assert_consumed()
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.load_weights(of_tensorflow / "older_sgd" / "w")
    assert model.optimizer.momentum == 0.0  # there are no slots for it


def test_the_factor_of_losses_is_read(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()), "mse")
    model.optimizer.build(model.trainable_variables)
    model.optimizer.dynamic_scale.assign(2.0)
    model.load_weights(of_tensorflow / "scaled" / "w")
    assert float(model.optimizer.dynamic_scale) == 2.0**15
    assert int(model.optimizer.step_counter) == 4


def test_an_optimizer_of_other_slots_takes_the_step_count_alone(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.load_weights(of_tensorflow / "adam" / "w")
    assert int(model.optimizer.iterations) == 4
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_an_optimizer_alone_brings_what_it_trains(tmp_path):
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.Adam(0.5), "mse")
    model.train_on_batch(np.eye(4), np.eye(4)[:, :2])
    checkpoint_writer.write({"optimizer": model.optimizer}, tmp_path / "x")
    twin = tensorflow_files.network(keras)
    twin.compile(keras.optimizers.Adam(0.1), "mse")
    twin.optimizer.build(twin.trainable_variables)
    restoration = Restoration(Bundle(tmp_path / "x"))
    restoration.start({"optimizer": twin.optimizer}, object_graph.read(restoration.bundle))
    restoration.finish()
    for one, other in zip(model.optimizer.variables, twin.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    for one, other in zip(model.trainable_variables, twin.trainable_variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())  # as in Keras 3


def test_an_optimizer_of_ones_own_keeps_one_list(tmp_path):
    class Own(keras.optimizers.Optimizer):
        def build(self, variables):
            super().build(variables)
            self.steps = [self.add_variable_from_reference(v, "step") for v in variables]

        def update_step(self, gradient, variable, learning_rate):
            self.steps[self._get_variable_index(variable)].assign_add(gradient)

    model = tensorflow_files.network(keras)
    model.compile(Own(0.5), "mse")
    model.train_on_batch(np.eye(4), np.eye(4)[:, :2])
    model.save_weights(tmp_path / "x")
    twin = tensorflow_files.network(keras)
    twin.compile(Own(0.5), "mse")
    twin.load_weights(tmp_path / "x")
    twin.optimizer.build(twin.trainable_variables)
    assert max(np.abs(step.numpy()).max() for step in model.optimizer.steps) > 0
    for one, other in zip(model.optimizer.steps, twin.optimizer.steps, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
