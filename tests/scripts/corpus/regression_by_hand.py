# Linear and logistic regression with variables, tapes and gradient descent by hand.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(10)
TRUE_W, TRUE_B = 3.0, 2.0
x = tf.constant(rng.normal(size=(200,)), dtype=tf.float32)
y = x * TRUE_W + TRUE_B + tf.constant(rng.normal(size=(200,)), dtype=tf.float32)


class MyModel(tf.Module):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w = tf.Variable(5.0)
        self.b = tf.Variable(0.0)

    def __call__(self, x):
        return self.w * x + self.b


def loss(target_y, predicted_y):
    return tf.reduce_mean(tf.square(target_y - predicted_y))


model = MyModel()
print("Starting:", loss(y, model(x)).numpy(), len(model.trainable_variables))
for epoch in range(5):
    with tf.GradientTape() as t:
        current_loss = loss(y, model(x))
    dw, db = t.gradient(current_loss, [model.w, model.b])
    model.w.assign_sub(0.1 * dw)
    model.b.assign_sub(0.1 * db)
    print(f"Epoch {epoch}: W = {model.w.numpy():1.4f}, b = {model.b.numpy():1.4f}, loss={current_loss.numpy():2.5f}")

features = rng.normal(size=(120, 4)).astype("float32")
labels = (features[:, 0] - features[:, 2] > 0).astype("float32")
w = tf.Variable(tf.zeros([4, 1]), name="weight")
b = tf.Variable(0.0, name="bias")
data = tf.data.Dataset.from_tensor_slices((features, labels)).batch(40).repeat(2)
for step, (batch_x, batch_y) in enumerate(data):
    with tf.GradientTape() as tape:
        logits = tf.squeeze(tf.matmul(batch_x, w) + b, axis=1)
        cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch_y, logits=logits))
    grads = tape.gradient(cost, [w, b])
    for variable, grad in zip([w, b], grads):
        variable.assign(variable - 0.5 * grad)
    correct = tf.equal(tf.cast(tf.sigmoid(logits) > 0.5, tf.float32), batch_y)
    print("step", step, float(cost), float(tf.reduce_mean(tf.cast(correct, tf.float32))))

xs = tf.Variable(2.0)
with tf.GradientTape() as second:
    with tf.GradientTape() as first:
        value = xs**3 + tf.sin(xs)
    slope = first.gradient(value, xs)
print(float(slope), float(second.gradient(slope, xs)))
