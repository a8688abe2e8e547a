"""Train a network on one task, freeze its features, and learn another task from few samples."""

import os
import tempfile

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import Input, Model, layers, models, optimizers

tf.random.set_seed(5)

digits = load_digits()
images, targets = digits.images[..., None].astype("float32") / 16, digits.target
is_low = targets < 5

# 1. The first task: digits 0 to 4.
base = models.Sequential(
    [
        Input(shape=(8, 8, 1)),
        layers.Conv2D(16, (3, 3), padding="same", name="conv1"),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Conv2D(32, (3, 3), activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(name="features"),
    ],
    name="base",
)
inputs = Input(shape=(8, 8, 1))
first = Model(inputs, layers.Dense(5, activation="softmax")(base(inputs)))
first.compile(optimizer=optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
first.fit(images[is_low], targets[is_low], epochs=12, verbose=2)

# 2. Save it, load it, and take its base.
path = os.path.join(tempfile.mkdtemp(), "first.keras")
first.save(path)
base = models.load_model(path).get_layer("base")
base.trainable = False
before = base.get_weights()

# 3. The second task: digits 5 to 9, from 100 samples.
x, y = images[~is_low], targets[~is_low] - 5
inputs = Input(shape=(8, 8, 1))
outputs = layers.Dense(5)(base(inputs, training=False))
second = Model(inputs, outputs)
second.compile(
    optimizer=optimizers.Adam(0.05),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
second.summary()
second.fit(x[:100], y[:100], epochs=60, verbose=0)
_, frozen = second.evaluate(x[100:], y[100:], verbose=0)
assert all(np.array_equal(a, b) for a, b in zip(before, base.get_weights()))
print("Trainable weights with the base frozen:", len(second.trainable_weights))

# 4. Fine-tuning: thaw the upper convolution, and go on at a small rate.
base.trainable = True
for layer in base.layers:
    layer.trainable = layer.name == "conv2"
second.compile(
    optimizer=optimizers.Adam(0.003),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
second.fit(x[:100], y[:100], epochs=40, verbose=0)
_, tuned = second.evaluate(x[100:], y[100:], verbose=0)
print(f"Accuracy on the second task: {frozen:.3f} frozen, {tuned:.3f} fine-tuned")
assert tuned > 0.7
