"""The same training on one process or several.

    torchrun --nproc_per_node 2 examples/data_parallel.py

With --weights FILE, the trained weights are written there, so that runs can be compared.
"""

import argparse

import numpy as np

import torchkeras as keras
from torchkeras import layers

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--weights")
args = parser.parse_args()

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.normal(size=(1003, 10)).astype("float32")  # divides evenly neither by batches nor processes
y = (x @ rng.normal(size=(10, 3))).argmax(axis=1)

model = keras.Sequential(
    [layers.Input((10,)), layers.Dense(32, "tanh"), layers.Dense(3, "softmax")]
)
model.compile(
    keras.optimizers.SGD(0.1, 0.9), "sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit(x, y, batch_size=64, epochs=args.epochs, verbose=2)
loss, accuracy = model.evaluate(x, y, verbose=0)
if args.weights:
    model.save_weights(args.weights)
predictions = model.predict(x, verbose=0)
assert predictions.shape == (1003, 3)
assert abs((predictions.argmax(axis=1) == y).mean() - accuracy) < 1e-6
