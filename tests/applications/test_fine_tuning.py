"""Fine-tuning as the guides do it: a frozen network under a new head, then all of it."""

import numpy as np
import pytest
from networks import with_equal_weights

import torchkeras as keras
from torchkeras import layers


@pytest.fixture(scope="module")
def images():
    """Bright and dark images of two classes."""
    draw = np.random.default_rng(0)
    y = np.arange(8) % 2
    x = draw.uniform(0, 100, (8, 96, 96, 3)) + 150 * y[:, None, None, None]
    return x.astype("float32"), y.astype("float32")


def built():
    """The network, and the classifier on top of it."""
    base = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(96, 96, 3), alpha=0.35
    )
    with_equal_weights(base, base)  # random ones in which values don't die out
    base.trainable = False
    inputs = keras.Input((96, 96, 3))
    x = keras.applications.mobilenet_v2.preprocess_input(inputs)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return base, keras.Model(inputs, layers.Dense(1)(x))


def compiled(model, rate):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    return model


def copied(model):
    return [weight.copy() for weight in model.get_weights()]


def changed(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def test_a_frozen_network_is_trained_in_two_rounds_saved_and_loaded(images, tmp_path):
    keras.utils.set_random_seed(0)
    x, y = images
    base, model = built()
    assert len(model.trainable_weights) == 2
    compiled(model, 1e-2)
    before = copied(base)
    history = model.fit(x, y, epochs=3, batch_size=4, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert not any(changed(before, copied(base)))

    base.trainable = True
    for layer in base.layers[:100]:
        layer.trainable = False
    compiled(model, 1e-4).fit(x, y, epochs=1, batch_size=4, verbose=0)
    first, last = base.get_layer("Conv1"), base.get_layer("Conv_1")
    moving = base.get_layer("Conv_1_bn").moving_mean
    names = [weight.path for weight in base.weights]
    moved = dict(zip(names, changed(before, copied(base)), strict=True))
    assert moved[last.kernel.path]
    assert not moved[first.kernel.path]
    assert not moved[moving.path]  # the call says training=False

    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "tuned.keras")
    again = keras.saving.load_model(tmp_path / "tuned.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    again.fit(x, y, epochs=1, batch_size=4, verbose=0)
    model.save_weights(tmp_path / "tuned.weights.h5")
    _, fresh = built()
    fresh.load_weights(tmp_path / "tuned.weights.h5")
    np.testing.assert_allclose(fresh.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_a_network_starts_a_sequential_model(images):
    x, y = images
    base, _ = built()
    model = keras.Sequential(
        [
            layers.Rescaling(1 / 127.5, offset=-1, input_shape=(96, 96, 3)),
            base,
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    compiled(model, 1e-2).fit(x, y, epochs=1, batch_size=4, verbose=0)
    assert len(model.trainable_weights) == 2


def test_features_of_a_layer_within_are_taken(images):
    base, _ = built()
    part = keras.Model(base.input, base.get_layer("block_3_expand_relu").output)
    assert part.predict(images[0][:2], verbose=0).shape == (2, 24, 24, 48)
