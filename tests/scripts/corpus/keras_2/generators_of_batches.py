# Training from generators, with the methods that had names of their own.
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import Sequence, to_categorical

rng = np.random.RandomState(1)
images = rng.rand(96, 12, 12, 1).astype("float32")
kinds = (images.mean(axis=(1, 2, 3)) > 0.5).astype("int32") + (images[:, 0, 0, 0] > 0.5)
targets = to_categorical(kinds, num_classes=3)


def endless(x, y, batch_size):
    while True:
        for start in range(0, len(x), batch_size):
            yield x[start : start + batch_size], y[start : start + batch_size]


class Batches(Sequence):
    def __init__(self, x, y, batch_size):
        self.x, self.y, self.batch_size = x, y, batch_size
        self.epochs = 0

    def __len__(self):
        return int(np.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, idx):
        rows = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        self.epochs += 1


def build():
    model = Sequential()
    model.add(Conv2D(4, (3, 3), activation="relu", input_shape=(12, 12, 1)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
    return model


model = build()
history = model.fit_generator(
    endless(images[:64], targets[:64], 16), steps_per_epoch=4, epochs=3,
    validation_data=endless(images[64:], targets[64:], 16), validation_steps=2, verbose=0)
print([round(n, 4) for n in history.history["loss"]], history.history["val_accuracy"])
print(model.evaluate_generator(endless(images[64:], targets[64:], 16), steps=2))
predicted = model.predict_generator(endless(images[64:], targets[64:], 16), steps=2)
print(predicted.shape, predicted[:2])

batches = Batches(images[:64], targets[:64], 10)
model = build()
model.fit_generator(batches, epochs=2, validation_data=Batches(images[64:], targets[64:], 8),
                    workers=1, use_multiprocessing=False, max_queue_size=2, shuffle=False, verbose=2)
print(len(batches), model.evaluate(Batches(images[64:], targets[64:], 8), verbose=0))
model.fit(batches, epochs=1, class_weight={0: 1.0, 1: 2.0, 2: 0.5}, verbose=0)
print(model.train_on_batch(*batches[0]), model.test_on_batch(*batches[1]))
print(model.predict_on_batch(images[:2]), model.metrics_names)
