# Word pairs and small pictures with tf.nn alone: variables, embeddings, convolutions, logits.
import numpy as np
import tensorflow as tf

sentence = "the wide road shimmered in the hot sun and the cold moon rose over the wide sea".split()
vocab = {word: i for i, word in enumerate(sorted(set(sentence)), start=1)}
sequence = [vocab[w] for w in sentence]
positive, _ = tf.keras.preprocessing.sequence.skipgrams(sequence, vocabulary_size=len(vocab) + 1, window_size=2, negative_samples=0, seed=1, shuffle=False)
print(len(vocab), len(positive))
pairs = np.array(sorted(positive), "int32")
targets, contexts = tf.constant(pairs[:, 0]), tf.constant(pairs[:, 1:])
embedding = tf.Variable(tf.random.normal([len(vocab) + 1, 6]), name="embedding")
output = tf.Variable(tf.random.truncated_normal([len(vocab) + 1, 6], stddev=0.4))
negatives = tf.constant(np.random.RandomState(0).randint(1, len(vocab) + 1, size=(len(pairs), 3)), tf.int32)
labels = tf.concat([tf.ones([len(pairs), 1]), tf.zeros([len(pairs), 3])], axis=1)
optimizer = tf.optimizers.SGD(learning_rate=1.0)
for step in range(4):
    with tf.GradientTape() as tape:
        word = tf.nn.embedding_lookup(embedding, targets)
        others = tf.nn.embedding_lookup(output, tf.concat([contexts, negatives], 1))
        dots = tf.einsum("be,bce->bc", word, others)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=dots))
    grads = tape.gradient(loss, [embedding, output])
    optimizer.apply_gradients(zip([tf.convert_to_tensor(g) for g in grads], [embedding, output]))
    print(step, loss.numpy())

(x, y), _ = tf.keras.datasets.mnist.load_data()
x = tf.reshape(tf.cast(x[:64], tf.float32) / 255.0, [-1, 28, 28, 1])
y = tf.cast(y[:64], tf.int64)
kernel = tf.Variable(tf.initializers.RandomNormal(stddev=0.1)([3, 3, 1, 4]))
bias = tf.Variable(tf.zeros_initializer()([4]))
weights = tf.Variable(tf.random_normal_initializer(stddev=0.1)([14 * 14 * 4, 10]))
adam = tf.optimizers.Adam(0.01)


def forward(images):
    h = tf.nn.conv2d(images, kernel, strides=[1, 1, 1, 1], padding="SAME")
    h = tf.nn.leaky_relu(tf.nn.bias_add(h, bias), alpha=0.1)
    h = tf.nn.max_pool(h, ksize=2, strides=2, padding="SAME")
    return tf.matmul(tf.nn.dropout(tf.reshape(h, [tf.shape(h)[0], -1]), rate=0.2), weights)


for step in range(4):
    with tf.GradientTape() as tape:
        logits = forward(x)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)) + 1e-4 * tf.nn.l2_loss(weights)
    variables = [kernel, bias, weights]
    grads, size = tf.clip_by_global_norm(tape.gradient(loss, variables), 5.0)
    adam.apply_gradients(zip(grads, variables))
    print(step, loss.numpy(), size.numpy())
print(tf.losses.categorical_crossentropy(tf.one_hot(y, 10), tf.nn.softmax(logits)).numpy().mean())
print(tf.losses.MSE([[1.0, 2.0]], [[2.0, 4.0]]).numpy(), tf.losses.binary_crossentropy([[1.0]], [[0.8]]).numpy())


@tf.custom_gradient
def clipped(t):
    def grad(upstream):
        return tf.clip_by_norm(upstream, 0.5)
    return tf.identity(t), grad


v = tf.Variable([2.0, -1.0])
with tf.GradientTape(persistent=True) as tape:
    z = tf.reduce_sum(clipped(v * v))
    with tape.stop_recording():
        print(z.numpy())
print(tape.gradient(z, v).numpy())
a = tf.constant(3.0)
with tf.GradientTape() as outer:
    outer.watch(a)
    with tf.GradientTape() as inner:
        inner.watch(a)
        cube = a ** 3
    first = inner.gradient(cube, a)
print(first.numpy(), outer.gradient(first, a).numpy())
