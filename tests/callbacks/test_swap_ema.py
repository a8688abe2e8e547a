import keras as real
import numpy as np
import pytest

import torchkeras
from torchkeras.callbacks import SwapEMAWeights

X = np.linspace(-1, 1, 32, dtype="float32").reshape(16, 2)
Y = X.sum(axis=1, keepdims=True)


def trained(keras, **arguments):
    """History, and the weights after ``fit`` and during validation, of a small model."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="d")])
    model.set_weights([np.array([[0.5], [-0.25]], "float32"), np.zeros(1, "float32")])
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    seen = []

    class Look(keras.callbacks.Callback):
        def on_test_end(self, logs=None):
            seen.append(model.get_weights())

        def on_epoch_end(self, epoch, logs=None):
            seen.append(model.get_weights())

    history = model.fit(
        X,
        Y,
        batch_size=8,
        epochs=3,
        shuffle=False,
        validation_data=(X, Y),
        verbose=0,
        callbacks=[Look(), keras.callbacks.SwapEMAWeights(**arguments), Look()],
    )
    return history.history, seen, model.get_weights()


def assert_close(ours, theirs):
    for mine, real_one in zip(ours, theirs, strict=True):
        if isinstance(mine, list):
            assert_close(mine, real_one)
        else:
            np.testing.assert_allclose(mine, real_one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_stand_where_they_do_in_keras(swap_on_epoch):
    ours = trained(torchkeras, swap_on_epoch=swap_on_epoch)
    theirs = trained(real, swap_on_epoch=swap_on_epoch)
    assert_close([ours[0]["loss"], ours[0]["val_loss"]], [theirs[0]["loss"], theirs[0]["val_loss"]])
    assert_close(ours[1], theirs[1])
    assert_close(ours[2], theirs[2])


def test_predict_uses_the_averages_and_puts_the_weights_back():
    model = torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)])
    model.compile(torchkeras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9), "mse")
    model.fit(X, Y, verbose=0)
    model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    with_averages = model.predict(X, verbose=0, callbacks=[SwapEMAWeights()])
    assert np.abs(with_averages).min() > 0
    assert not model.predict(X, verbose=0).any()


def test_an_optimizer_without_averages_is_an_error():
    model = torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`use_ema=True` is set on the optimizer"):
        model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
