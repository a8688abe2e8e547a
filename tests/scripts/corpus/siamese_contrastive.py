# Siamese network with contrastive loss, distances in Lambda layers and backend functions.
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.datasets import mnist
from tensorflow.keras.layers import Dense, Dropout, Flatten, Input, Lambda
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import RMSprop


def euclidean_distance(vects):
    x, y = vects
    sum_square = tf.reduce_sum(tf.square(x - y), axis=1, keepdims=True)
    return tf.sqrt(tf.maximum(sum_square, K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    square_pred = tf.square(y_pred)
    margin_square = tf.square(tf.maximum(margin - y_pred, 0))
    return tf.reduce_mean(y_true * square_pred + (1 - y_true) * margin_square)


def contrastive_loss_with_margin(margin):
    def loss(y_true, y_pred):
        return y_true * y_pred * y_pred + (1 - y_true) * tf.math.maximum(margin - y_pred, 0.0) ** 2
    return loss


def create_pairs(x, digit_indices):
    pairs, labels = [], []
    n = min([len(digit_indices[d]) for d in range(10)]) - 1
    for d in range(10):
        for i in range(min(n, 12)):
            z1, z2 = digit_indices[d][i], digit_indices[d][i + 1]
            pairs += [[x[z1], x[z2]]]
            dn = (d + 1 + i % 8) % 10
            z1, z2 = digit_indices[d][i], digit_indices[dn][i]
            pairs += [[x[z1], x[z2]]]
            labels += [1, 0]
    return np.array(pairs), np.array(labels).astype("float32")


def create_base_network(input_shape):
    input = Input(shape=input_shape)
    x = Flatten()(input)
    x = Dense(32, activation="relu")(x)
    x = Dropout(0.1)(x)
    x = Dense(16, activation="relu")(x)
    return Model(input, x)


def accuracy(y_true, y_pred):
    return tf.reduce_mean(tf.cast(tf.equal(y_true, tf.cast(y_pred < 0.5, y_true.dtype)), tf.float32))


(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.astype("float32") / 255
tr_pairs, tr_y = create_pairs(x_train, [np.where(y_train == i)[0] for i in range(10)])
print(tr_pairs.shape)
base_network = create_base_network(x_train.shape[1:])
input_a, input_b = Input(shape=(28, 28)), Input(shape=(28, 28))
processed_a, processed_b = base_network(input_a), base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([processed_a, processed_b])
model = Model([input_a, input_b], distance)
for loss in (contrastive_loss, contrastive_loss_with_margin(margin=2)):
    model.compile(loss=loss, optimizer=RMSprop(learning_rate=1e-4), metrics=[accuracy])
    model.fit([tr_pairs[:, 0], tr_pairs[:, 1]], tr_y, batch_size=64, epochs=2, verbose=0)
y_pred = model.predict([tr_pairs[:, 0], tr_pairs[:, 1]], verbose=0)
print(y_pred.mean(), y_pred[:4].ravel())


# Triplet loss with anchors.
def triplet(anchor, positive, negative, alpha=0.2):
    pos_dist = tf.reduce_sum(tf.square(tf.subtract(anchor, positive)), -1)
    neg_dist = tf.reduce_sum(tf.square(tf.subtract(anchor, negative)), -1)
    return tf.reduce_mean(tf.maximum(tf.add(tf.subtract(pos_dist, neg_dist), alpha), 0.0))


print(triplet(base_network(x_train[:8]), base_network(x_train[8:16]), base_network(x_train[16:24])).numpy())
