"""Classify clothing (Fashion-MNIST) with a small convolutional network."""

import time

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

tf.random.set_seed(0)

try:
    (x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    print(f"Data: Fashion-MNIST, {len(x_train)} + {len(x_test)} images")
    x_train, x_test = x_train / 255.0, x_test / 255.0
    epochs = 5
except Exception as error:
    from sklearn.datasets import load_digits

    print(f"Fashion-MNIST can't be had here ({error}).")
    digits = load_digits()
    images = np.pad(digits.images / 16.0, ((0, 0), (2, 2), (2, 2)))
    x_train, y_train = images[:1500], digits.target[:1500]
    x_test, y_test = images[1500:], digits.target[1500:]
    print(f"Data: scikit-learn's handwritten digits, {len(x_train)} + {len(x_test)} images")
    epochs = 20

x_train = x_train[..., np.newaxis].astype("float32")
x_test = x_test[..., np.newaxis].astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=x_train.shape[1:]),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.25),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=1e-3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)

start = time.time()
model.fit(x_train, y_train, batch_size=64, epochs=epochs, validation_split=0.1)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"Test accuracy {accuracy:.4f}, loss {loss:.4f}, after {time.time() - start:.0f} s")
