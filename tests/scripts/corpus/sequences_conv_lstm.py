# Frames to frames: ConvLSTM layers, TimeDistributed pictures, masks and bidirectional GRUs.
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(12)
frames = np.zeros((12, 5, 8, 8, 1), dtype="float32")
for i in range(12):
    row, column = rng.randint(0, 4, size=2)
    for t in range(5):
        frames[i, t, row + t % 4, column + t % 4] = 1.0
x, y = frames[:, :-1], frames[:, 1:]
model = keras.Sequential([
    keras.Input((None, 8, 8, 1)),
    layers.ConvLSTM2D(4, kernel_size=(3, 3), padding="same", return_sequences=True, activation="relu"),
    layers.BatchNormalization(),
    layers.Conv3D(1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same"),
])
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.01))
print(model.fit(x, y, batch_size=4, epochs=2, verbose=0).history["loss"])
print(model.predict(x[:1], verbose=0).shape)

video = keras.Input((4, 8, 8, 1))
encoded = layers.TimeDistributed(layers.Conv2D(2, 3, activation="relu"))(video)
encoded = layers.TimeDistributed(layers.Flatten())(encoded)
encoded = layers.LSTM(6, return_sequences=True)(encoded)
encoded = layers.GRU(4)(encoded)
classifier = keras.Model(video, layers.Dense(1, activation="sigmoid")(encoded))
classifier.compile("rmsprop", "binary_crossentropy", metrics=["AUC"])
labels = (frames.argmax(axis=-2).sum((1, 2, 3)) % 2).astype("float32")
print(classifier.fit(x, labels, epochs=2, batch_size=6, verbose=0).history["loss"])

tokens = rng.randint(1, 30, size=(40, 7))
tokens[::2, 4:] = 0
words = keras.Sequential([
    keras.Input((7,)),
    layers.Embedding(30, 6, mask_zero=True),
    layers.Bidirectional(layers.GRU(5, return_sequences=True)),
    layers.Bidirectional(layers.LSTM(4), merge_mode="sum"),
    layers.Dense(2, activation="softmax"),
])
words.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
print(words.fit(tokens, tokens[:, 0] % 2, epochs=2, batch_size=8, verbose=0).history["loss"])
