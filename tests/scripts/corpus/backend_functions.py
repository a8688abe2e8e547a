# Backend functions in custom losses, metrics and layers.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras import layers

print(K.image_data_format(), K.epsilon(), K.floatx())
x = K.constant([[1.0, 2.0], [3.0, 4.0]])
v = K.variable(np.ones((2, 2)))
print(K.mean(x).numpy(), K.sum(x, axis=-1).numpy(), K.square(x).numpy(), K.max(x).numpy(), K.std(x).numpy())
print(K.dot(x, v).numpy(), K.transpose(x).numpy(), K.permute_dimensions(x, (1, 0)).numpy(), K.exp(x).numpy())
print(K.clip(x, 1.5, 3.5).numpy(), K.abs(-x).numpy(), K.log(x).numpy(), K.sqrt(x).numpy(), K.pow(x, 2).numpy())
print(K.cast(x, "int32").numpy(), K.concatenate([x, x]).numpy(), K.flatten(x).numpy(), K.batch_flatten(K.ones((2, 2, 2))).shape)
print(K.maximum(x, 2.0).numpy(), K.equal(x, x).numpy(), K.greater(x, 2.0).numpy(), K.argmax(x).numpy(), K.ndim(x), K.int_shape(x))
print(K.expand_dims(x).shape, K.reshape(x, (4,)).numpy(), K.stack([x, x]).shape, K.softplus(x).numpy(), K.relu(x - 2).numpy())
print(K.l2_normalize(x, axis=1).numpy(), K.prod(x).numpy(), K.repeat_elements(x, 2, 0).shape, K.zeros((2,)).numpy(), K.get_value(v).sum())
K.set_value(v, np.full((2, 2), 3.0))
print(K.get_value(v).sum(), K.not_equal(x, 1.0).numpy(), K.shape(x)[0] * 1, K.batch_dot(K.ones((2, 3)), K.ones((2, 3))).numpy())


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1))


def dice_coef(y_true, y_pred, smooth=1.0):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2.0 * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return 1 - dice_coef(y_true, y_pred)


def focal(gamma=2.0):
    def loss(y_true, y_pred):
        p = K.clip(y_pred, K.epsilon(), 1 - K.epsilon())
        return -K.mean(y_true * K.pow(1 - p, gamma) * K.log(p) + (1 - y_true) * K.pow(p, gamma) * K.log(1 - p))
    return loss


class Normalize(layers.Layer):
    def call(self, x):
        return (x - K.mean(x, axis=-1, keepdims=True)) / (K.std(x, axis=-1, keepdims=True) + K.epsilon())


rng = np.random.RandomState(6)
data = rng.rand(128, 6).astype("float32")
labels = (data.sum(1, keepdims=True) > 3).astype("float32")
for loss in (rmse, dice_coef_loss, focal(2.0), "hinge", keras.losses.Huber(), "poisson",
             keras.losses.BinaryFocalCrossentropy(), "kld", "cosine_similarity"):
    model = keras.Sequential([keras.Input((6,)), Normalize(), layers.Dense(8), layers.LeakyReLU(),
                              layers.Lambda(lambda t: K.square(t)), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, metrics=[dice_coef, "binary_accuracy"])
    model.fit(data, labels, epochs=2, batch_size=32, verbose=0)
print(K.categorical_crossentropy(K.constant([[0.0, 1.0]]), K.constant([[0.3, 0.7]])).numpy())
print(K.sparse_categorical_crossentropy(K.constant([1]), K.constant([[0.3, 0.7]])).numpy())
K.clear_session()
