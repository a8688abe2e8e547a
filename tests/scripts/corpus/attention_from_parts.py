# Attention written by hand, in a layer of one's own and by Keras's layers; positional encodings.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def positional_encoding(length, depth):
    positions = np.arange(length)[:, np.newaxis]
    depths = np.arange(depth // 2)[np.newaxis, :] / (depth // 2)
    angles = positions / (10000**depths)
    return tf.cast(np.concatenate([np.sin(angles), np.cos(angles)], axis=-1), dtype=tf.float32)


def scaled_dot_product_attention(q, k, v, mask):
    scores = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(tf.shape(k)[-1], tf.float32))
    if mask is not None:
        scores += mask * -1e9
    weights = tf.nn.softmax(scores, axis=-1)
    return tf.matmul(weights, v), weights


class HandMadeAttention(layers.Layer):
    def __init__(self, d_model, num_heads, **kwargs):
        super().__init__(**kwargs)
        self.num_heads, self.d_model, self.depth = num_heads, d_model, d_model // num_heads
        self.wq, self.wk, self.wv = layers.Dense(d_model), layers.Dense(d_model), layers.Dense(d_model)
        self.dense = layers.Dense(d_model)

    def split_heads(self, x):
        x = tf.reshape(x, (tf.shape(x)[0], -1, self.num_heads, self.depth))
        return tf.transpose(x, perm=[0, 2, 1, 3])

    def call(self, x):
        q, k, v = (self.split_heads(w(x)) for w in (self.wq, self.wk, self.wv))
        mask = 1 - tf.linalg.band_part(tf.ones((tf.shape(x)[1], tf.shape(x)[1])), -1, 0)
        attended, _ = scaled_dot_product_attention(q, k, v, mask)
        joined = tf.reshape(tf.transpose(attended, perm=[0, 2, 1, 3]), (tf.shape(x)[0], -1, self.d_model))
        return self.dense(joined)


print(positional_encoding(6, 8).shape, float(tf.reduce_sum(positional_encoding(6, 8))))
keys = tf.constant([[10.0, 0, 0], [0, 10, 0], [0, 0, 10], [0, 0, 10]])
values = tf.constant([[1.0, 0], [10, 0], [100, 5], [1000, 6]])
print(scaled_dot_product_attention(tf.constant([[0.0, 0, 10]]), keys, values, None)[0].numpy())

rng = np.random.RandomState(1)
tokens = rng.randint(0, 20, size=(48, 6))
inputs = keras.Input((6,), dtype="int32")
x = layers.Embedding(20, 8)(inputs) + positional_encoding(6, 8)
x = layers.LayerNormalization(epsilon=1e-6)(x + HandMadeAttention(8, 2)(x))
x = layers.LayerNormalization()(x + layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x))
x = layers.Dense(16, activation="relu")(x)
outputs = layers.Dense(20)(x)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
print(model.fit(tokens, np.roll(tokens, -1, axis=1), epochs=3, batch_size=16, verbose=0).history["loss"])
