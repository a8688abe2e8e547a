# Recurrent layers by the arguments of Keras 2: implementation, stateful, time_major, wrappers.
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models
from tensorflow.keras.utils import to_categorical

rng = np.random.RandomState(11)
x = rng.rand(24, 7, 4).astype("float32")
y = to_categorical(rng.randint(0, 3, 24))

model = models.Sequential()
model.add(layers.LSTM(5, return_sequences=True, input_shape=(7, 4), implementation=1, recurrent_activation="hard_sigmoid", unit_forget_bias=True))
model.add(layers.GRU(4, reset_after=False, implementation=2, go_backwards=True))
model.add(layers.Dense(3, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["categorical_accuracy"])
model.fit(x, y, batch_size=8, epochs=2, verbose=0)

stateful = models.Sequential([
    layers.LSTM(4, batch_input_shape=(8, 7, 4), stateful=True, return_sequences=True),
    layers.SimpleRNN(3, stateful=True),
    layers.Dense(3, activation="softmax"),
])
stateful.compile(loss="categorical_crossentropy", optimizer="sgd")
for _ in range(2):
    stateful.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    stateful.reset_states()
first = stateful.predict(x[:8], batch_size=8, verbose=0)
second = stateful.predict(x[:8], batch_size=8, verbose=0)
stateful.reset_states()
print(np.abs(first - second).max() > 1e-4, np.allclose(first, stateful.predict(x[:8], batch_size=8, verbose=0), atol=1e-5))

inputs = layers.Input(shape=(7, 4))
both = layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum")(inputs)
each = layers.TimeDistributed(layers.Dense(2, activation="relu"))(both)
stacked = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_sequences=True)(each)
whole, h, c = layers.LSTM(3, return_state=True)(stacked)
decoded = layers.GRU(3)(layers.RepeatVector(4)(whole), initial_state=h)
outputs = layers.Dense(3, activation="softmax")(layers.concatenate([decoded, c]))
net = models.Model(inputs, outputs)
net.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
net.fit(x, y, epochs=2, batch_size=8, verbose=0)
print(net.predict(x[:1], verbose=0))

frames = rng.rand(4, 3, 6, 6, 1).astype("float32")
video = models.Sequential([
    layers.ConvLSTM2D(2, (3, 3), padding="same", return_sequences=True, input_shape=(3, 6, 6, 1)),
    layers.BatchNormalization(),
    layers.Conv3D(1, (3, 3, 3), activation="sigmoid", padding="same", data_format="channels_last"),
])
video.compile(loss="binary_crossentropy", optimizer="adadelta")
video.fit(frames, (frames > 0.5).astype("float32"), epochs=2, verbose=0)

masked = models.Sequential([
    layers.Masking(mask_value=0.0, input_shape=(7, 4)),
    layers.GRU(3, return_sequences=True),
    layers.TimeDistributed(layers.Dense(1)),
])
masked.compile("adam", "mse", sample_weight_mode="temporal")
x[:, 5:] = 0.0
masked.fit(x, rng.rand(24, 7, 1).astype("float32"), epochs=2, verbose=0, sample_weight=rng.rand(24, 7))
print(masked.predict(x[:1], verbose=0)[0, -1], masked.layers[1].output_shape)
