# What scripts kept of the first generation when they moved to the second.
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

tf.compat.v1.enable_eager_execution()
tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
tf.compat.v1.set_random_seed(1)
gpus = tf.config.experimental.list_physical_devices("GPU")
for gpu in gpus:
    tf.config.experimental.set_memory_growth(gpu, True)

rng = np.random.RandomState(8)
x = rng.rand(64, 4).astype("float32")
y = (x.sum(axis=1, keepdims=True) > 2).astype("float32")

print(tf.compat.v1.to_float([1, 2]).numpy(), tf.compat.v1.to_int32([1.5]).numpy())
dataset = tf.compat.v1.data.Dataset.from_tensor_slices((x, y)).batch(16)
iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
first = iterator.get_next()
print(first[0].shape, tf.compat.v1.data.get_output_shapes(dataset), tf.compat.v1.data.get_output_types(dataset))

model = tf.keras.Sequential([layers.Dense(8, activation=tf.nn.tanh, input_shape=(4,)), layers.Dense(1, activation=tf.nn.sigmoid)])
optimizer = tf.compat.v1.train.AdamOptimizer(learning_rate=0.01)
for step, (bx, by) in enumerate(dataset.repeat(2)):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.keras.losses.binary_crossentropy(by, model(bx)))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    print("step", step, "loss", float(loss))

for make in (tf.compat.v1.train.GradientDescentOptimizer, tf.compat.v1.train.RMSPropOptimizer, tf.compat.v1.train.AdagradOptimizer):
    w = tf.Variable([1.0, -1.0])
    make(0.1).minimize(lambda: tf.reduce_sum(w * w), var_list=[w])
    print(w.numpy())
w = tf.Variable([1.0, -1.0])
momentum = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)
for _ in range(2):
    momentum.minimize(lambda: tf.reduce_sum(w * w), var_list=[w])
print(w.numpy())

a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(tf.compat.v1.reduce_sum(a, axis=1).numpy(), tf.compat.v1.div(a, 2.0).numpy(), tf.compat.v1.log(a).numpy())
print(tf.compat.v1.losses.mean_squared_error(a, a + 1.0).numpy(), tf.compat.v1.losses.softmax_cross_entropy([[0, 1], [1, 0]], a).numpy())
print(tf.compat.v1.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0], [1.0, 0.0]], logits=a).numpy())
print(tf.compat.v1.random_normal((2, 3)).shape, tf.compat.v1.matrix_inverse(a).numpy(), tf.compat.v1.div(7, 2).numpy())
print(tf.compat.v1.summary is not None, tf.compat.dimension_value(a.shape[0]), tf.compat.as_str(b"text"), tf.compat.as_bytes("text"))
print(tf.io.gfile.exists("nothing"))
