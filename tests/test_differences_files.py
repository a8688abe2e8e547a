"""The ledger's rows on files and on what tf.keras 2 trains; see ``test_differences``."""

import warnings

import keras as real
import numpy as np
import torch

import torchkeras as ours

BOTH = (ours, real)
X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(1, keepdims=True)


def fails(call, errors=Exception):
    """The error that ``call`` raises, or None."""
    try:
        call()
    except errors as error:
        return error
    return None


def dense(keras, **options):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, **options)])


def array(x):
    return x.detach().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def test_frozen_after_compile():
    def moves(keras):
        model = dense(keras)
        model.compile("sgd", "mse")
        model.trainable = False
        before = model.get_weights()[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error = fails(lambda: model.train_on_batch(X, Y))
        return error is None and not np.array_equal(before, model.get_weights()[0])

    assert moves(ours)
    assert not moves(real)


def test_optimizer_of_several_models():
    def error(keras):
        optimizer = keras.optimizers.Adam()
        for _ in range(2):
            model = dense(keras)
            model.compile(optimizer, "mse")
            found = fails(lambda model=model: model.train_on_batch(X, Y))
        return found

    assert error(ours) is None
    assert isinstance(error(real), ValueError)


def test_indices_without_ones():
    classes, scores = np.array([1, 0]), np.full((2, 1, 3), 1 / 3, "float32")
    losses = [keras.losses.SparseCategoricalCrossentropy() for keras in BOTH]
    assert np.isclose(float(losses[0](classes, scores)), np.log(3))
    assert fails(lambda: losses[1](classes, scores))


def test_masks_of_inputs():
    def mask(keras):
        x = keras.layers.Embedding(4, 2, mask_zero=True)(np.array([[1, 2, 0]]))
        keras.layers.MultiHeadAttention(1, 2)(x, x)
        return getattr(x, "_keras_mask", None)

    assert mask(ours).tolist() == [[True, True, False]]
    assert mask(real) is None


def test_own_lambdas(tmp_path):
    def loaded(keras):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: 2 * x)])
        file = str(tmp_path / f"{keras.__name__}.keras")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(file)
        return keras.models.load_model(file)

    assert np.allclose(array(loaded(ours)(X)), 2 * X)
    assert isinstance(fails(lambda: loaded(real)), ValueError)


def test_weights_of_parts(tmp_path):
    def error(keras):
        class Gan(keras.Model):
            def __init__(self):
                super().__init__()
                self.generator = dense(keras)

        return fails(lambda: Gan().save_weights(str(tmp_path / f"{keras.__name__}.weights.h5")))

    assert error(ours) is None
    assert isinstance(error(real), ValueError)


def test_folders_of_models(tmp_path):
    models = [dense(keras) for keras in BOTH]
    folder = str(tmp_path / "model")
    models[0].save(folder)
    assert np.allclose(array(ours.models.load_model(folder)(X)), array(models[0](X)))
    assert isinstance(fails(lambda: models[1].save(folder)), ValueError)


def test_programs_of_tensorflow(tmp_path):
    def error(keras):
        return fails(lambda: dense(keras).export(str(tmp_path / keras.__name__)))

    assert isinstance(error(ours), ValueError)
    assert 'format="torch"' in str(error(ours)) or "'torch'" in str(error(ours))
    assert isinstance(error(real), (ImportError, RuntimeError, AttributeError, NotImplementedError))


def test_numbers_beside_variables():
    products = [np.float64(2) * keras.Variable([1.0, 2.0]) for keras in BOTH]
    assert isinstance(products[0], torch.Tensor)
    assert products[0].tolist() == [2.0, 4.0]
    assert isinstance(products[1], np.ndarray)
