# Custom losses, metrics, layers, initializers, regularizers, constraints and a custom optimizer step.
import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(42)
X = rng.normal(size=(192, 8)).astype("float32")
y = (X[:, :1] * 2 - X[:, 1:2] + 0.3).astype("float32")
X_train, X_valid, y_train, y_valid = X[:128], X[128:], y[:128], y[128:]


class HuberLoss(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        self.threshold = threshold
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = tf.abs(error) < self.threshold
        squared_loss = tf.square(error) / 2
        linear_loss = self.threshold * tf.abs(error) - self.threshold ** 2 / 2
        return tf.where(is_small_error, squared_loss, linear_loss)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


class HuberMetric(keras.metrics.Metric):
    def __init__(self, threshold=1.0, name="huber", **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = tf.abs(y_true - y_pred)
        values = tf.where(error < self.threshold, error ** 2 / 2, self.threshold * error - self.threshold ** 2 / 2)
        self.total.assign_add(tf.reduce_sum(values))
        self.count.assign_add(tf.cast(tf.size(y_true), tf.float32))

    def result(self):
        return self.total / self.count


def my_softplus(z):
    return tf.math.log(tf.exp(z) + 1.0)


def my_glorot_initializer(shape, dtype=tf.float32):
    stddev = tf.sqrt(2.0 / (shape[0] + shape[1]))
    return tf.random.normal(shape, stddev=stddev, dtype=dtype)


class MyL1Regularizer(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return tf.reduce_sum(tf.abs(self.factor * weights))

    def get_config(self):
        return {"factor": self.factor}


def my_positive_weights(weights):
    return tf.where(weights < 0.0, tf.zeros_like(weights), weights)


class MyDense(keras.layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, batch_input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[batch_input_shape[-1], self.units], initializer="glorot_normal")
        self.bias = self.add_weight(name="bias", shape=[self.units], initializer="zeros")
        super().build(batch_input_shape)

    def call(self, X):
        return self.activation(X @ self.kernel + self.bias)

    def compute_output_shape(self, batch_input_shape):
        return tuple(batch_input_shape[:-1]) + (self.units,)

    def get_config(self):
        base_config = super().get_config()
        return {**base_config, "units": self.units, "activation": keras.activations.serialize(self.activation)}


class AddGaussianNoise(keras.layers.Layer):
    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev

    def call(self, X, training=None):
        if training:
            return X + tf.random.normal(tf.shape(X), stddev=self.stddev)
        return X


class ResidualBlock(keras.layers.Layer):
    def __init__(self, n_layers, n_neurons, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [keras.layers.Dense(n_neurons, activation="elu", kernel_initializer="he_normal") for _ in range(n_layers)]

    def call(self, inputs):
        Z = inputs
        for layer in self.hidden:
            Z = layer(Z)
        return inputs + Z


class ReconstructingRegressor(keras.Model):
    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(8, activation="selu", kernel_initializer="lecun_normal")
        self.block = ResidualBlock(2, 8)
        self.out = keras.layers.Dense(output_dim)
        self.reconstruct = keras.layers.Dense(8)

    def call(self, inputs, training=None):
        Z = self.block(self.hidden1(inputs))
        reconstruction = self.reconstruct(Z)
        self.add_loss(0.05 * tf.reduce_mean(tf.square(reconstruction - inputs)))
        return self.out(Z)


model = keras.Sequential([
    keras.Input((8,)),
    AddGaussianNoise(0.1),
    MyDense(10, activation="relu"),
    keras.layers.Dense(6, activation=my_softplus, kernel_initializer=my_glorot_initializer,
                       kernel_regularizer=MyL1Regularizer(0.001), kernel_constraint=my_positive_weights),
    keras.layers.Dense(1, bias_constraint=keras.constraints.max_norm(1.0)),
])
model.compile(loss=HuberLoss(2.0), optimizer="nadam", metrics=[HuberMetric(2.0), "mae"])
model.fit(X_train, y_train, epochs=3, validation_data=(X_valid, y_valid), verbose=0)
model.save("custom.keras")
loaded = keras.models.load_model("custom.keras", custom_objects={
    "HuberLoss": HuberLoss, "HuberMetric": HuberMetric, "MyDense": MyDense, "my_softplus": my_softplus,
    "AddGaussianNoise": AddGaussianNoise, "my_glorot_initializer": my_glorot_initializer,
    "MyL1Regularizer": MyL1Regularizer, "my_positive_weights": my_positive_weights})
print(loaded.predict(X_valid[:3], verbose=0).ravel(), model.losses[0].numpy())
regressor = ReconstructingRegressor(1)
regressor.compile(loss="mse", optimizer="nadam")
regressor.fit(X_train, y_train, epochs=3, batch_size=32, verbose=0)
metric = keras.metrics.Precision()
print(metric([0, 1, 1, 1, 0], [1, 1, 0, 1, 0]).numpy(), metric.result().numpy())
metric.reset_state()
metric.update_state([0, 1, 0], [1, 1, 0])
print(float(metric.result()), [v.shape for v in metric.variables].__len__())


class ExponentialLearningRate(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, start, factor):
        self.start, self.factor = start, factor

    def __call__(self, step):
        return self.start * self.factor ** tf.cast(step, tf.float32)


model.compile(loss="mse", optimizer=keras.optimizers.SGD(ExponentialLearningRate(0.01, 0.95), clipnorm=1.0), metrics=["mae"])
model.fit(X_train, y_train, epochs=2, verbose=0)
