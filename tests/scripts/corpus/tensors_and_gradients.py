# Tensors, variables, gradients and functions: the low-level tour.
import numpy as np
import tensorflow as tf

rank_0 = tf.constant(4)
rank_2 = tf.constant([[1, 2], [3, 4], [5, 6]], dtype=tf.float16)
rank_3 = tf.constant(np.arange(30).reshape(3, 2, 5))
print(rank_0.numpy(), rank_2.dtype == tf.float16, tf.rank(rank_3).numpy(), rank_3.shape)
a = tf.constant([[1, 2], [3, 4]])
b = tf.ones([2, 2], dtype=tf.int32)
print(tf.add(a, b).numpy(), tf.multiply(a, b).numpy(), tf.matmul(a, b).numpy(), (a @ b).numpy())
c = tf.constant([[4.0, 5.0], [10.0, 1.0]])
print(tf.reduce_max(c).numpy(), tf.math.argmax(c).numpy(), tf.nn.softmax(c).numpy(), tf.argmin(c, axis=1).numpy())
x = tf.constant([[[0, 1, 2], [3, 4, 5]]])
print(tf.reshape(x, [3, -1]).numpy(), tf.transpose(x, perm=[0, 2, 1]).shape, tf.size(x).numpy())
print(tf.cast(tf.constant([2.2, 3.3]), dtype=tf.uint8).numpy(), tf.broadcast_to(tf.constant([1, 2, 3]), [3, 3]).numpy())
print(tf.concat([a, b], axis=0).numpy(), tf.stack([a, b], axis=1).shape, [t.numpy() for t in tf.unstack(a)])
first, second = tf.split(tf.range(8), 2)
print(first.numpy(), second.numpy(), tf.tile([1, 2], [2]).numpy(), tf.squeeze(tf.ones((1, 3, 1))).shape)
print(tf.gather([10, 20, 30], [2, 0]).numpy(), tf.gather_nd(a, [[0, 1], [1, 0]]).numpy(), tf.one_hot([0, 2], 3).numpy())
print(tf.clip_by_value([-1.0, 0.5, 2.0], 0.0, 1.0).numpy(), tf.round([0.5, 1.6]).numpy(), tf.sign([-3.0, 2.0]).numpy())
print(tf.pow(2.0, 3).numpy(), tf.sqrt(9.0).numpy(), tf.abs(-1.5).numpy(), tf.exp(1.0).numpy(), tf.norm([3.0, 4.0]).numpy())
print(tf.maximum(1.0, 2.0).numpy(), tf.minimum(1.0, 2.0).numpy(), tf.sigmoid(0.5).numpy(), tf.tanh(0.5).numpy())
print(tf.where([True, False], 1, 2).numpy(), tf.boolean_mask([1, 2, 3], [True, False, True]).numpy(), tf.cumsum([1, 2, 3]).numpy())
print(tf.pad([[1]], [[1, 1], [0, 0]]).numpy(), tf.slice(a, [0, 1], [2, 1]).numpy(), tf.fill([2], 7).numpy(), tf.eye(2).numpy())
print(tf.einsum("ij,jk->ik", c, c).numpy(), tf.tensordot(c, c, axes=1).numpy(), tf.linalg.matmul(c, c).numpy())
print(tf.equal(a, b).numpy(), tf.not_equal(a, b).numpy(), tf.greater(a, b).numpy(), tf.logical_and(True, False).numpy())
print(tf.math.top_k([1.0, 3.0, 2.0], k=2).indices.numpy(), tf.math.reduce_std(c).numpy(), tf.math.reduce_mean(c, axis=0).numpy())
print(tf.linalg.diag([1.0, 2.0]).numpy(), tf.linalg.band_part(tf.ones((3, 3)), -1, 0).numpy(), tf.reduce_min(c).numpy())
print(tf.math.l2_normalize([3.0, 4.0]).numpy(), tf.math.softmax([1.0, 2.0]).numpy(), tf.math.count_nonzero([0, 1, 2]).numpy())
print(a[:, tf.newaxis].shape, c[..., 0].numpy(), tf.identity(c).numpy().sum(), tf.zeros_like(c).numpy().sum())
indices = tf.constant([[4], [1]])
print(tf.scatter_nd(indices, [9, 10], [6]).numpy(), tf.tensor_scatter_nd_add(tf.ones([6], tf.int32), indices, [5, 6]).numpy())

# Variables.
v = tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
v.assign(2 * v)
print(v.numpy(), v.assign_add(tf.ones_like(v)).numpy().sum(), v.shape.as_list())

# Gradients.
with tf.GradientTape(persistent=True) as tape:
    x = tf.constant(3.0)
    tape.watch(x)
    y = x * x
    z = y * y
print(tape.gradient(z, x).numpy(), tape.gradient(y, x).numpy())
del tape
w = tf.Variable(2.0)
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        y = w ** 3
    dy = inner.gradient(y, w)
print(outer.gradient(dy, w).numpy())
with tf.GradientTape() as tape:
    tape.watch(c)
    out = tf.nn.sigmoid(c)
    with tape.stop_recording():
        unseen = tf.reduce_sum(c)
print(tape.jacobian(out, c).shape, unseen.numpy())
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.stop_gradient(w) * w)
print(tape.gradient(loss, [w, tf.Variable(1.0)], unconnected_gradients=tf.UnconnectedGradients.ZERO)[0].numpy(), len(tape.watched_variables()))


@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)

    def grad(upstream):
        return upstream * (1 - 1 / (1 + e))
    return tf.math.log(1 + e), grad


x = tf.constant(100.0)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = log1pexp(x)
print(tape.gradient(y, x).numpy())


# Functions and control flow.
@tf.function(input_signature=[tf.TensorSpec(shape=[None], dtype=tf.float32)])
def cube_sum(x):
    total = tf.constant(0.0)
    for value in x:
        total += value ** 3
    return total


print(cube_sum(tf.constant([1.0, 2.0, 3.0])).numpy())


@tf.function
def collatz(n):
    steps = tf.constant(0)
    while n > 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


print(collatz(tf.constant(7)).numpy())
array = tf.TensorArray(tf.float32, size=3)
for i in tf.range(3):
    array = array.write(i, tf.cast(i, tf.float32) * 2.0)
print(array.stack().numpy(), array.read(1).numpy() if False else 2.0)
print(tf.map_fn(lambda t: t * t, tf.constant([1.0, 2.0])).numpy(), tf.cond(tf.constant(True), lambda: 1, lambda: 2))
i, s = tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (tf.constant(0), tf.constant(0)))
print(int(i), int(s), tf.executing_eagerly(), tf.is_tensor(c), tf.add_n([c, c]).numpy().sum())
grads, norm = tf.clip_by_global_norm([tf.constant([3.0, 4.0])], 1.0)
print(grads[0].numpy(), float(norm))
print(tf.random.normal([2]).shape, tf.random.uniform([2], 1, 5, dtype=tf.int64).shape, tf.test.is_gpu_available() if False else 0)
print(len(tf.config.list_physical_devices("GPU")), tf.TensorShape([1, None]).rank, tf.meshgrid([1, 2], [3, 4])[0].numpy())
with tf.device("/CPU:0"):
    print(tf.subtract(c, 1.0).numpy(), tf.repeat([1, 2], 2).numpy(), tf.reverse([1, 2], [0]).numpy(), tf.roll([1, 2, 3], 1, 0).numpy())
try:
    tf.matmul(tf.ones((2, 3)), tf.ones((2, 3)))
except tf.errors.InvalidArgumentError:
    print("not conformable", 1)
