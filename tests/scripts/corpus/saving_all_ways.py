# Saving and loading in all ways.
import os

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(1)
x = rng.rand(96, 5).astype("float32")
y = (x.sum(axis=1, keepdims=True) * 2 - 3).astype("float32")


@keras.utils.register_keras_serializable(package="mine")
class Scale(keras.layers.Layer):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(input_shape[-1],), initializer="ones", trainable=True)

    def call(self, inputs):
        return inputs * self.gain * self.factor

    def get_config(self):
        config = super().get_config()
        config.update({"factor": self.factor})
        return config


def get_model():
    inputs = keras.Input(shape=(5,))
    outputs = keras.layers.Dense(1)(Scale(0.5)(keras.layers.Dense(8, activation="relu")(inputs)))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mae"])
    return model


model = get_model()
model.fit(x, y, epochs=3, verbose=0)
print(model.evaluate(x, y, verbose=0))
model.save("my_model.keras")
model.save("other_model.keras")
model.save_weights("only.weights.h5")
for name in ("my_model.keras", "other_model.keras"):
    restored = keras.models.load_model(name)
    np.testing.assert_allclose(model.predict(x, verbose=0), restored.predict(x, verbose=0), rtol=1e-5)
    restored.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse", metrics=["mae"])
    restored.fit(x, y, epochs=1, verbose=0)
fresh = get_model()
print(fresh.evaluate(x, y, verbose=0))
fresh.load_weights("only.weights.h5")
print(fresh.evaluate(x, y, verbose=0))
fresh.set_weights(model.get_weights())

json_config = model.to_json()
with keras.utils.custom_object_scope({"Scale": Scale}):
    again = keras.models.model_from_json(json_config)
config = model.get_config()
copy = keras.Model.from_config(config)
print(len(again.layers), len(copy.layers), again.get_layer(index=2).factor)
clone = keras.models.clone_model(model)
clone.compile(loss="mae", optimizer="sgd", metrics=["mae"])
clone.fit(x, y, epochs=2, verbose=0)

layer = keras.layers.Dense(3, activation="relu", name="three")
print(keras.layers.Dense.from_config(layer.get_config()).units)
serialized = keras.layers.serialize(layer)
print(keras.layers.deserialize(serialized).units)
sequential = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
other = keras.Sequential.from_config(sequential.get_config())
print(other.output_shape, keras.optimizers.Adam.from_config(keras.optimizers.Adam(0.02).get_config()).learning_rate.numpy())

# Only the best of the checkpoints.
path = "training/cp-{epoch:04d}.weights.h5"
os.makedirs("training", exist_ok=True)
callback = tf.keras.callbacks.ModelCheckpoint(filepath=path, verbose=1, save_weights_only=True, save_freq=3)
model = get_model()
model.save_weights(path.format(epoch=0))
model.fit(x, y, epochs=3, batch_size=32, callbacks=[callback], validation_data=(x, y), verbose=0)
print(sorted(os.listdir("training")))
model.load_weights("training/cp-0003.weights.h5")
print(model.evaluate(x, y, verbose=0))
