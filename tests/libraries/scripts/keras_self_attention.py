"""keras-self-attention: attention over a masked, bidirectional LSTM."""

import numpy as np
from keras_self_attention import SeqSelfAttention, SeqWeightedAttention
from tensorflow import keras

model = keras.models.Sequential(
    [
        keras.layers.Input((None,)),
        keras.layers.Embedding(50, 8, mask_zero=True),
        keras.layers.Bidirectional(keras.layers.LSTM(8, return_sequences=True)),
        SeqSelfAttention(attention_activation="sigmoid"),
        SeqWeightedAttention(),
        keras.layers.Dense(2, "softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
draw = np.random.default_rng(0)
x = draw.integers(1, 50, (64, 7))
y = (x[:, 0] > 25).astype(int)
losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
assert losses[-1] < losses[0], losses
print("done")
