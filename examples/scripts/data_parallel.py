"""The same training on one process or several: torchrun --nproc_per_node 2 -m torchkeras run data_parallel.py

With --weights FILE, the trained weights are written there, so that runs can be compared.
"""

import argparse

import numpy as np
from tensorflow import keras

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--weights")
args = parser.parse_args()

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.normal(size=(1003, 10)).astype("float32")  # doesn't divide evenly by batches or processes
y = (x @ rng.normal(size=(10, 3))).argmax(axis=1)

model = keras.Sequential(
    [
        keras.layers.Input((10,)),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(x, y, batch_size=64, epochs=args.epochs, verbose=2)
loss, accuracy = model.evaluate(x, y, verbose=0)
if args.weights:
    model.save_weights(args.weights)
predictions = model.predict(x, verbose=0)
assert predictions.shape == (1003, 3)
assert abs((predictions.argmax(axis=1) == y).mean() - accuracy) < 1e-6
