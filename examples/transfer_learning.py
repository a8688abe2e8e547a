"""Learn one task, freeze what was learnt, and learn another from few samples."""

import tempfile
from pathlib import Path

import torch
from sklearn.datasets import load_digits

import torchkeras as keras
from torchkeras import layers

keras.utils.set_random_seed(5)

digits = load_digits()
images, targets = digits.images[..., None].astype("float32") / 16, digits.target
is_low = targets < 5

base = keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(32, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
    ],
    name="base",
)
first = keras.Sequential([base, layers.Dense(5, activation="softmax")])
first.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
first.fit(images[is_low], targets[is_low], epochs=12, verbose=2)

with tempfile.TemporaryDirectory() as folder:
    first.save(Path(folder, "first.keras"))
    base = keras.models.load_model(Path(folder, "first.keras")).get_layer("base")

base.trainable = False
before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
second = keras.Sequential([base, layers.Dense(5, activation="softmax")])
second.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
x, y = images[~is_low], targets[~is_low] - 5
second.fit(x[:100], y[:100], epochs=60, verbose=0)
_, accuracy = second.evaluate(x[100:], y[100:], verbose=0)

assert all(torch.equal(before[name], tensor) for name, tensor in base.state_dict().items())
print(f"Accuracy on the second task, from 100 samples: {accuracy:.3f}")
assert accuracy > 0.7
