# Models and weights in HDF5 files, as tf.keras 2 tutorials save them.
import os

import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint
from tensorflow.keras.layers import BatchNormalization, Dense, Dropout
from tensorflow.keras.models import Sequential, load_model

rng = np.random.RandomState(1)
x = rng.normal(size=(96, 5)).astype("float32")
y = (x @ rng.normal(size=(5, 1)) > 0).astype("float32")


def build():
    model = Sequential([keras.Input((5,)), Dense(8, activation="relu"), BatchNormalization(), Dropout(0.1),
                        Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(), metrics=[keras.metrics.BinaryAccuracy()])
    return model


model = build()
saver = ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True, mode="min", verbose=0)
history = model.fit(x, y, validation_split=0.25, epochs=3, batch_size=16, verbose=0, callbacks=[saver, EarlyStopping(patience=2)])
print(history.history["val_loss"])
model.save("whole.h5")
loaded = load_model("whole.h5")
print(float(np.abs(loaded.predict(x, verbose=0) - model.predict(x, verbose=0)).max()))
print(loaded.evaluate(x, y, verbose=0))
best = load_model("best.keras")
print(best.evaluate(x, y, verbose=0))
model.save_weights("only.weights.h5")
other = build()
other.load_weights("only.weights.h5")
print(other.evaluate(x, y, verbose=0), os.path.exists("whole.h5"))
text = model.to_json()
again = keras.models.model_from_json(text)
again.set_weights(model.get_weights())
print(float(np.abs(again.predict(x, verbose=0) - model.predict(x, verbose=0)).max()))
