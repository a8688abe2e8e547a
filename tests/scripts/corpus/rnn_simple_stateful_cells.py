# Recurrent networks of all kinds: SimpleRNN, GRU, cells, RNN, masks, state kept between batches.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

n_steps = 16


def generate_time_series(batch_size, n_steps, seed):
    rng = np.random.RandomState(seed)
    freq1, freq2, offsets1, offsets2 = rng.rand(4, batch_size, 1)
    time = np.linspace(0, 1, n_steps)
    series = 0.5 * np.sin((time - offsets1) * (freq1 * 10 + 10))
    series += 0.2 * np.sin((time - offsets2) * (freq2 * 20 + 20))
    return series[..., np.newaxis].astype(np.float32)


series = generate_time_series(256, n_steps + 1, 42)
X_train, y_train = series[:192, :n_steps], series[:192, -1]
X_valid, y_valid = series[192:, :n_steps], series[192:, -1]
print(np.mean(keras.losses.mse(y_valid, X_valid[:, -1])))

models = {
    "linear": keras.models.Sequential([layers.Flatten(input_shape=[n_steps, 1]), layers.Dense(1)]),
    "simple": keras.models.Sequential([layers.SimpleRNN(8, return_sequences=True, input_shape=[None, 1]),
                                       layers.SimpleRNN(8), layers.Dense(1)]),
    "gru": keras.models.Sequential([layers.GRU(8, input_shape=[None, 1]), layers.Dense(1)]),
    "cells": keras.models.Sequential([layers.RNN([layers.LSTMCell(6), layers.GRUCell(6)], return_sequences=True),
                                      layers.RNN(layers.SimpleRNNCell(4)), layers.Dense(1)]),
}
for name, model in models.items():
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.01))
    history = model.fit(X_train, y_train, epochs=2, batch_size=32, validation_data=(X_valid, y_valid), verbose=0)
    print(name, history.history["val_loss"])


class LNSimpleRNNCell(keras.layers.Layer):
    def __init__(self, units, activation="tanh", **kwargs):
        super().__init__(**kwargs)
        self.state_size = units
        self.output_size = units
        self.simple_rnn_cell = keras.layers.SimpleRNNCell(units, activation=None)
        self.layer_norm = keras.layers.LayerNormalization()
        self.activation = keras.activations.get(activation)

    def call(self, inputs, states):
        outputs, new_states = self.simple_rnn_cell(inputs, states)
        norm_outputs = self.activation(self.layer_norm(outputs))
        return norm_outputs, [norm_outputs]


model = keras.models.Sequential([
    keras.layers.RNN(LNSimpleRNNCell(8), return_sequences=True, input_shape=[None, 1]),
    keras.layers.TimeDistributed(keras.layers.Dense(1)),
])


def last_time_step_mse(Y_true, Y_pred):
    return keras.losses.mse(Y_true[:, -1], Y_pred[:, -1])


targets = series[:192, 1:]
model.compile(loss="mse", optimizer="adam", metrics=[last_time_step_mse])
model.fit(X_train, targets, epochs=2, verbose=0)

stateful = keras.Sequential([keras.Input(batch_shape=(4, 2, 1)), layers.LSTM(5, stateful=True), layers.Dense(1)])
stateful.compile(loss="mse", optimizer="sgd")
for epoch in range(2):
    for step in range(4):
        loss = stateful.train_on_batch(X_train[:4, 2 * step:2 * step + 2], y_train[:4])
    print("stateful", epoch, float(loss))
    for layer in stateful.layers:
        if hasattr(layer, "reset_states"):
            layer.reset_states()

masked = keras.Sequential([layers.Masking(mask_value=0.0, input_shape=(n_steps, 1)), layers.GRU(4, go_backwards=True), layers.Dense(1)])
X_masked = X_train.copy()
X_masked[:, 10:] = 0.0
masked.compile(loss="mae", optimizer="nadam")
masked.fit(X_masked, y_train, epochs=2, verbose=0)
print(masked.layers[0].compute_mask(X_masked[:1]).numpy().sum())
