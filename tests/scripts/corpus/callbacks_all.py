# Every callback in one place.
import csv
import os

import numpy as np
import tensorflow as tf
from tensorflow.keras.callbacks import (CSVLogger, Callback, EarlyStopping, LambdaCallback,
                                        LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau,
                                        TensorBoard, TerminateOnNaN)

rng = np.random.RandomState(0)
x = rng.normal(size=(200, 6)).astype("float32")
y = (x[:, :1] - 0.5 * x[:, 1:2] + 0.1 * rng.normal(size=(200, 1)) > 0).astype("float32")


class LossHistory(Callback):
    def __init__(self):
        super(LossHistory, self).__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.losses = []
        self.calls.append("train")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(epoch)

    def on_train_batch_end(self, batch, logs={}):
        self.losses.append(logs.get("loss"))

    def on_test_batch_end(self, batch, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        print("end of epoch", epoch, logs["loss"], logs.get("val_accuracy"))
        if logs.get("accuracy") > 0.999:
            self.model.stop_training = True


def make_model():
    model = tf.keras.models.Sequential([
        tf.keras.layers.Input((6,)),
        tf.keras.layers.Dense(12, activation="tanh", kernel_regularizer=tf.keras.regularizers.l2(1e-3)),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer=tf.keras.optimizers.SGD(learning_rate=0.2, momentum=0.9),
                  loss="binary_crossentropy", metrics=["accuracy"])
    return model


def schedule(epoch, lr):
    return lr if epoch < 2 else float(lr * np.exp(-0.1))


os.makedirs("logs", exist_ok=True)
history_callback = LossHistory()
model = make_model()
model.fit(x, y, epochs=6, validation_split=0.25, verbose=0, callbacks=[
    history_callback,
    LearningRateScheduler(schedule, verbose=1),
    ModelCheckpoint("best.weights.h5", monitor="val_loss", save_best_only=True, save_weights_only=True, verbose=1),
    ModelCheckpoint(filepath="model-{epoch:02d}.keras", save_freq="epoch"),
    CSVLogger("training.csv", separator=","),
    TensorBoard(log_dir="logs", histogram_freq=1),
    TerminateOnNaN(),
    LambdaCallback(on_epoch_begin=lambda epoch, logs: print("begin", epoch)),
])
print("batches", len(history_callback.losses), np.mean(history_callback.losses[-4:]))
with open("training.csv") as file:
    rows = list(csv.DictReader(file))
print([float(row["val_loss"]) for row in rows])
print(sorted(name for name in os.listdir(".") if name.startswith("model-")).__len__())
model.load_weights("best.weights.h5")
model.evaluate(x, y, verbose=0)

model = make_model()
early = EarlyStopping(monitor="val_loss", patience=2, min_delta=0.01, restore_best_weights=True, mode="min")
plateau = ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, min_lr=1e-4, verbose=1)
history = model.fit(x, y, epochs=12, validation_split=0.25, verbose=0, callbacks=[early, plateau])
print("stopped after", len(history.epoch), float(model.optimizer.learning_rate.numpy()))
