# Anomalies in signals: an autoencoder's error, a threshold, precision and recall.
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses
from tensorflow.keras.models import Model


class AnomalyDetector(Model):
    def __init__(self):
        super().__init__()
        self.encoder = tf.keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(4, activation="relu")])
        self.decoder = tf.keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(24, activation="sigmoid")])

    def call(self, x):
        encoded = self.encoder(x)
        return self.decoder(encoded)


rng = np.random.RandomState(7)
t = np.linspace(0, 6, 24)
normal = 0.5 + 0.3 * np.sin(t + rng.uniform(0, 0.3, size=(96, 1)))
strange = 0.5 + 0.3 * np.sin(2 * t + rng.uniform(0, 3, size=(24, 1)))
min_val, max_val = tf.reduce_min(normal), tf.reduce_max(normal)
train = tf.cast((normal - min_val) / (max_val - min_val), tf.float32)
odd = tf.cast((strange - min_val) / (max_val - min_val), tf.float32)
autoencoder = AnomalyDetector()
autoencoder.compile(optimizer="adam", loss="mae")
history = autoencoder.fit(train, train, epochs=4, batch_size=32, validation_data=(odd, odd), verbose=0)
print(history.history["loss"])
reconstructions = autoencoder.predict(train, verbose=0)
train_loss = tf.keras.losses.mae(reconstructions, train)
threshold = np.mean(train_loss) + np.std(train_loss)
print("Threshold:", threshold)
odd_loss = losses.MeanAbsoluteError(reduction="none")(odd, autoencoder(odd))
found = tf.math.less(odd_loss, threshold)
print(found.shape, float(tf.reduce_mean(odd_loss)))
convolutional = tf.keras.Sequential([
    layers.Input((24, 1)),
    layers.Conv1D(8, 5, strides=2, padding="same", activation="relu"),
    layers.Conv1DTranspose(8, 5, strides=2, padding="same", activation="relu"),
    layers.Conv1D(1, 5, padding="same"),
])
convolutional.compile(tf.keras.optimizers.Adam(0.01), "mse")
print(convolutional.fit(train[..., tf.newaxis], train[..., tf.newaxis], epochs=2, verbose=0).history["loss"])
