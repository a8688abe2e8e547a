"""A model that is frozen after ``compile`` goes on training by itself, as in a GAN."""

import numpy as np
import pytest

import torchkeras
from torchkeras import layers

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(1, keepdims=True)
NOISE = np.linspace(0, 1, 16, dtype="float32").reshape(8, 2)


@pytest.fixture
def gan():
    """Discriminator and the model around it, each compiled, with one optimizer for both."""
    optimizer = torchkeras.optimizers.Adam(0.01)
    discriminator = torchkeras.Sequential(
        [layers.Input((3,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)]
    )
    discriminator.compile(optimizer, "mse", metrics=["mae"])
    noise = layers.Input((2,))
    fake = layers.Dense(3)(noise)
    discriminator.trainable = False
    combined = torchkeras.Model(noise, discriminator(fake))
    combined.compile(optimizer, "mse")
    return discriminator, combined


def changed(model, train):
    before = model.get_weights()
    train()
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


def test_a_discriminator_frozen_after_compile_is_trained_by_itself(gan):
    discriminator, _ = gan
    assert changed(discriminator, lambda: discriminator.train_on_batch(X, Y)) == [True] * 8
    assert not discriminator.trainable
    assert discriminator.trainable_weights == []


def test_the_model_around_it_trains_the_generator_alone(gan):
    discriminator, combined = gan
    discriminator.train_on_batch(X, Y)
    moved = changed(combined, lambda: combined.fit(NOISE, Y, epochs=2, verbose=0))
    assert sum(moved) == 2
    assert not any(changed(discriminator, lambda: combined.train_on_batch(NOISE, Y)))


def test_both_learn_in_turn(gan, recwarn):
    discriminator, combined = gan
    losses = [
        (discriminator.train_on_batch(X, Y)[0], combined.train_on_batch(NOISE, Y))
        for _ in range(30)
    ]
    assert losses[-1] < losses[0]
    assert losses[-1][1] < losses[0][1]
    assert combined.optimizer.iterations == 60
    assert not [w for w in recwarn if "trainable" in str(w.message) or "radient" in str(w.message)]


def test_a_run_that_fails_leaves_the_model_frozen(gan):
    discriminator, _ = gan
    with pytest.raises(ValueError, match="samples"):
        discriminator.train_on_batch(X, Y[:3])
    assert not any(layer.trainable for layer in discriminator.layers)


def test_layers_frozen_one_by_one_are_left_as_they_are(gan):
    discriminator, _ = gan
    discriminator.trainable = True
    discriminator.layers[0].trainable = False
    moved = changed(discriminator, lambda: discriminator.train_on_batch(X, Y))
    assert moved[:2] == [False, False]
    assert all(moved[2:])


def test_a_model_compiled_while_frozen_stays_so(gan):
    discriminator, _ = gan
    discriminator.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="any trainable weights"):
        assert not any(changed(discriminator, lambda: discriminator.train_on_batch(X, Y)))
