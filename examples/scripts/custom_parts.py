"""A layer, a callback and a train_step of one's own."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(3)


class Linear(keras.layers.Layer):
    """y = w.x + b, with a penalty on large activations."""

    def __init__(self, units=32, rate=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.rate = rate

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True, name="w"
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True, name="b")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs, training=None):
        if training:
            self.calls.assign_add(1.0)
        outputs = tf.matmul(inputs, self.w) + self.b
        self.add_loss(self.rate * tf.reduce_mean(tf.square(outputs)))
        return outputs

    def get_config(self):
        return {**super().get_config(), "units": self.units, "rate": self.rate}


class NoisyModel(keras.Model):
    """Adds noise to its inputs while it trains, and reports metrics of its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

    def train_step(self, data):
        x, y = data
        noisy = x + tf.random.normal(tf.shape(x), stddev=0.01)
        with tf.GradientTape() as tape:
            y_pred = self(noisy, training=True)
            loss = tf.reduce_mean(keras.losses.mean_squared_error(y, y_pred)) + sum(self.losses)
        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply_gradients(zip(gradients, trainable_vars))
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        self.loss_tracker.update_state(keras.losses.mean_squared_error(y, y_pred))
        self.mae_metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


class StopAtLoss(keras.callbacks.Callback):
    """Ends training once the loss is low enough, and keeps a record."""

    def __init__(self, target):
        super().__init__()
        self.target = target
        self.record = []

    def on_epoch_end(self, epoch, logs=None):
        self.record.append(logs["val_mae"])
        if logs["loss"] < self.target:
            print(f"Epoch {epoch + 1}: loss {logs['loss']:.4f} is below {self.target}")
            self.model.stop_training = True


x = np.random.normal(size=(1000, 8)).astype("float32")
y = (x[:, :1] * 3 - x[:, 1:2]).astype("float32")

inputs = keras.Input(shape=(8,))
hidden = keras.layers.Activation("relu")(Linear(32)(inputs))
model = NoisyModel(inputs, Linear(1)(hidden))
model.compile(optimizer=keras.optimizers.Adam(0.01))
watcher = StopAtLoss(target=0.12)
history = model.fit(
    x, y, epochs=30, batch_size=50, validation_data=(x[:100], y[:100]), verbose=2, callbacks=[watcher]
)
assert len(watcher.record) == len(history.history["loss"]) < 30
first = model.layers[1]
print("The first layer was trained on", int(first.calls.numpy()), "batches;", first.get_config()["units"], "units")

clone = Linear.from_config(first.get_config())
print("A clone has", clone(x[:2]).shape, "outputs")
