# Callbacks by their arguments of Keras 2, and logs by its names.
import os

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras import callbacks, layers, models

rng = np.random.RandomState(9)
x = rng.rand(60, 3).astype("float32")
y = (x @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")


def build():
    model = models.Sequential([layers.Dense(5, activation="relu", input_shape=(3,)), layers.Dense(1)])
    model.compile(optimizer=tf.keras.optimizers.legacy.SGD(lr=0.1), loss="mse", metrics=["mae"])
    return model


class Rates(callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_batch_end(self, batch, logs=None):
        self.seen.append(float(logs["loss"]))

    def on_epoch_begin(self, epoch, logs=None):
        K.set_value(self.model.optimizer.lr, 0.1 / (epoch + 1))

    def on_epoch_end(self, epoch, logs=None):
        print("epoch", epoch, round(logs["val_loss"], 4), float(K.get_value(self.model.optimizer.lr)), self.params["epochs"])


rates = Rates()
model = build()
history = model.fit(x, y, epochs=3, batch_size=20, validation_split=0.2, verbose=0, callbacks=[rates])
print(len(rates.seen), history.epoch, sorted(history.history))

model = build()
history = model.fit(x, y, epochs=4, validation_split=0.2, verbose=0, callbacks=[
    callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=0, min_delta=10.0, min_lr=0.01),
    callbacks.ModelCheckpoint("weights-{epoch:02d}-{val_loss:.2f}.hdf5", monitor="val_loss", save_best_only=False, save_weights_only=True, period=2),
    callbacks.CSVLogger("log.csv", separator=";"),
])
print(history.history["lr"], sorted(name for name in os.listdir(".") if name.startswith("weights"))[0][:10])
print(open("log.csv").readline().strip().split(";"))

model = build()
history = model.fit(x, y, epochs=4, verbose=0, callbacks=[
    callbacks.LearningRateScheduler(lambda epoch, lr: lr * 0.5, verbose=0),
    callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("lambda", epoch, logs["mae"])),
    callbacks.EarlyStopping(monitor="loss", min_delta=100.0, patience=1, restore_best_weights=True),
    callbacks.TerminateOnNaN(),
])
print(len(history.epoch), history.history["lr"])

checkpoint = callbacks.ModelCheckpoint("training/cp-{epoch:04d}.ckpt", save_weights_only=True, save_freq="epoch")
model = build()
model.fit(x, y, epochs=2, verbose=0, callbacks=[checkpoint])
latest = tf.train.latest_checkpoint("training")
print(os.path.basename(latest))
other = build()
other.load_weights(latest)
print(np.allclose(other.predict(x, verbose=0), model.predict(x, verbose=0)), other.evaluate(x, y, verbose=0))

best = callbacks.ModelCheckpoint("best_model", monitor="loss", mode="min", save_best_only=True)
model.fit(x, y, epochs=2, verbose=0, callbacks=[best])
print(os.path.isdir("best_model"), models.load_model("best_model").evaluate(x, y, verbose=0))
