# Training from scratch: metrics, tapes, tf.function and regularisation losses.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

inputs = keras.Input(shape=(784,), name="digits")
x = layers.Dense(32, activation="relu", name="dense_1", kernel_regularizer=keras.regularizers.L2(1e-4))(inputs)
x = layers.Dense(32, activation="relu", activity_regularizer=keras.regularizers.l1(1e-5))(x)
outputs = layers.Dense(10, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)
optimizer = keras.optimizers.SGD(learning_rate=1e-2)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = np.reshape(x_train, (-1, 784)).astype("float32") / 255
x_test = np.reshape(x_test, (-1, 784)).astype("float32") / 255
x_val, y_val = x_train[-100:], y_train[-100:]
train_dataset = tf.data.Dataset.from_tensor_slices((x_train[:-100], y_train[:-100]))
train_dataset = train_dataset.shuffle(buffer_size=1024).batch(64).prefetch(tf.data.AUTOTUNE)
val_dataset = tf.data.Dataset.from_tensor_slices((x_val, y_val)).batch(64)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
        loss_value += tf.add_n(model.losses)
    grads = tape.gradient(loss_value, model.trainable_weights)
    grads = [tf.clip_by_norm(g, 1.0) for g in grads]
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_acc_metric.update_state(y, logits)
    return loss_value


@tf.function
def test_step(x, y):
    val_logits = model(x, training=False)
    val_acc_metric.update_state(y, val_logits)


for epoch in range(3):
    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        loss_value = train_step(x_batch_train, y_batch_train)
        if step % 4 == 0:
            print("loss at step %d: %.4f" % (step, float(loss_value)))
    print("accuracy over epoch: %.4f" % (float(train_acc_metric.result()),))
    train_acc_metric.reset_state()
    for x_batch_val, y_batch_val in val_dataset:
        test_step(x_batch_val, y_batch_val)
    print("validation: %.4f" % (float(val_acc_metric.result()),))
    val_acc_metric.reset_state()
print(optimizer.iterations.numpy())

# Linear regression by hand.
TRUE_W, TRUE_B = 3.0, 2.0
points = tf.linspace(-2.0, 2.0, 101)
noise = tf.random.normal(shape=[101])
targets = points * TRUE_W + TRUE_B + noise


class MyModel(tf.Module):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w = tf.Variable(5.0)
        self.b = tf.Variable(0.0, name="b")

    def __call__(self, x):
        return self.w * x + self.b


linear = MyModel()
print([v.shape for v in linear.variables])
for epoch in range(5):
    with tf.GradientTape() as t:
        current_loss = tf.reduce_mean(tf.square(targets - linear(points)))
    dw, db = t.gradient(current_loss, [linear.w, linear.b])
    linear.w.assign_sub(0.1 * dw)
    linear.b.assign_sub(0.1 * db)
    print(f"{epoch}: W {linear.w.numpy():.3f} b {linear.b.numpy():.3f} loss {current_loss:.4f}")
