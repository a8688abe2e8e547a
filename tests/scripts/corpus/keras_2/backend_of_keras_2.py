# The backend as a library of functions: phases, functions of symbols, windows, sequences.
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Activation, Dense, Dropout, Input, Lambda
from tensorflow.keras.models import Model

x = K.constant(np.arange(24).reshape(2, 3, 4) / 10.0)
print(K.int_shape(x), K.ndim(x), K.dtype(x), K.count_params(K.variable(np.ones((3, 4)))))
print(K.eval(K.sum(x, axis=[1, 2])), K.eval(K.cumsum(x, axis=1))[1])
print(K.eval(K.temporal_padding(x, (1, 2))).shape, K.eval(K.repeat(x[:, 0], 3)).shape)
print(K.eval(K.tile(x[0], [1, 2])).shape, K.eval(K.reverse(x, axes=1))[0, 0], K.eval(K.squeeze(x[:1], 0)).shape)
print(K.eval(K.gather(x, [1, 0]))[0, 0], K.eval(K.one_hot(K.constant([0, 2], dtype="int32"), 3)))
print(K.eval(K.hard_sigmoid(x))[0, 0], K.eval(K.elu(-x, 0.5))[0, 1], K.eval(K.softsign(x))[1, 2])
print(K.eval(K.switch(K.constant(1.0) > 0, x, -x))[1, 0], K.eval(K.in_train_phase(x, -x, training=False))[0, 1])
print(K.eval(K.any(x > 2.0)), K.eval(K.all(x > -1.0, axis=-1)), K.eval(K.sign(x - 1))[0, 2], K.eval(K.round(x))[1, 2])
print(K.eval(K.var(x, axis=-1)), K.eval(K.argmin(x, axis=1))[0], K.eval(K.min(x, axis=0))[0])
print(K.eval(K.arange(3, dtype="float32")), K.eval(K.eye(2)), K.eval(K.ones_like(x))[0, 0])

image = K.constant(np.random.RandomState(0).rand(1, 6, 6, 2))
kernel = K.constant(np.random.RandomState(1).rand(3, 3, 2, 3))
print(K.eval(K.conv2d(image, kernel, strides=(2, 2), padding="same")).sum())
print(K.eval(K.conv2d(image, kernel, dilation_rate=(2, 2))).sum(), K.eval(K.bias_add(image, K.constant([1.0, 2.0]))).sum())
print(K.eval(K.depthwise_conv2d(image, kernel)).sum(), K.eval(K.separable_conv2d(image, kernel, K.ones((1, 1, 6, 2)))).sum())
print(K.eval(K.pool2d(image, (2, 2), strides=(2, 2), pool_mode="avg")).ravel()[:4])
print(K.eval(K.resize_images(image, 2, 2, "channels_last")).shape, K.eval(K.spatial_2d_padding(image)).shape)
print(K.eval(K.conv1d(x, K.ones((2, 4, 5)), padding="causal")).shape)


def step(inputs, states):
    total = states[0] + inputs
    return total * 2.0, [total]


last, outputs, states = K.rnn(step, x, [K.zeros((2, 4))])
print(K.eval(last), K.eval(outputs).shape, K.eval(states[0])[0])
print(K.eval(K.map_fn(lambda row: row * 2, x))[0, 0], float(K.eval(K.foldl(lambda a, b: a + b, K.constant([1.0, 2.0, 3.0])))))

targets = K.constant([[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]])
guesses = K.constant([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])
print(K.eval(K.categorical_crossentropy(targets, guesses)), K.eval(K.binary_crossentropy(targets, guesses))[0])
print(K.eval(K.sparse_categorical_crossentropy(K.constant([1, 2], dtype="int32"), guesses)))
print(K.eval(K.in_top_k(guesses, K.constant([1, 0], dtype="int32"), 1)))
labels = np.array([[0, 1], [1, 1]])
scores = np.random.RandomState(3).rand(2, 6, 4).astype("float32")
scores /= scores.sum(-1, keepdims=True)
print(K.eval(K.ctc_batch_cost(labels, scores, np.array([[6], [5]]), np.array([[2], [1]]))))
print(K.eval(K.ctc_decode(scores, np.array([6, 6]), greedy=True)[0][0]))

a = Input((4,))
hidden = Dense(3, activation="relu")(a)
b = Activation("softmax")(Dense(2)(Dropout(0.5)(hidden)))
model = Model(a, b)
middle = K.function([model.layers[0].input], [model.layers[1].output])
print(middle([np.ones((2, 4), "float32")])[0], K.is_keras_tensor(a))
scaled = Model(a, Lambda(lambda t: K.l2_normalize(t, axis=-1) * K.constant(3.0))(hidden))
print(scaled.predict(np.ones((1, 4), "float32"), verbose=0))

v = K.variable([1.0, 2.0], name="v")
K.update_add(v, [1.0, 1.0])
K.update_sub(v, [0.5, 0.5])
print(K.get_value(v), K.eval(K.update(v, v * 2.0)), K.batch_get_value([v])[0].sum())
K.batch_set_value([(v, np.zeros(2))])
print(K.get_value(v), K.epsilon(), K.floatx(), K.image_data_format(), K.backend())
K.set_epsilon(1e-5)
K.set_image_data_format("channels_last")
K.clear_session()
print(K.epsilon(), K.cast_to_floatx(np.array([1, 2])).dtype)
K.set_epsilon(1e-7)
