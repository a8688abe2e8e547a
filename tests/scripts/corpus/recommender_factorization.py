# Matrix factorization of ratings: embeddings of users and films, biases, a dot product.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.regularizers import l2

rng = np.random.RandomState(3)
n_users, n_films, size = 30, 40, 5
pairs = np.stack([rng.randint(0, n_users, 300), rng.randint(0, n_films, 300)], axis=1)
ratings = (1 + (pairs.sum(1) % 5)).astype("float32")
user = keras.Input((1,), name="user")
film = keras.Input((1,), name="film")
u = layers.Flatten()(layers.Embedding(n_users, size, embeddings_regularizer=l2(1e-6))(user))
f = layers.Flatten()(layers.Embedding(n_films, size, embeddings_regularizer=l2(1e-6))(film))
user_bias = layers.Flatten()(layers.Embedding(n_users, 1)(user))
film_bias = layers.Flatten()(layers.Embedding(n_films, 1)(film))
x = layers.Dot(axes=1)([u, f])
x = layers.Add()([x, user_bias, film_bias])
x = layers.Lambda(lambda t: tf.sigmoid(t) * 4.0 + 1.0)(x)
model = keras.Model([user, film], x)
model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(0.05, momentum=0.9), metrics=["mae"])
history = model.fit([pairs[:, 0], pairs[:, 1]], ratings, batch_size=50, epochs=3, verbose=0)
print(history.history["loss"])
weights = model.layers[2].get_weights()[0]
similar = np.argsort(-weights @ weights[0])[:3]
print(weights.shape, similar.shape, float(np.abs(weights).mean()))
deep = layers.Concatenate()([u, f])
deep = layers.Dense(16, activation="relu")(deep)
deep = layers.Dropout(0.1)(deep)
ncf = keras.Model([user, film], layers.Dense(1)(deep))
ncf.compile("adam", keras.losses.Huber())
print(ncf.fit({"user": pairs[:, 0], "film": pairs[:, 1]}, ratings, epochs=2, verbose=0).history["loss"])
