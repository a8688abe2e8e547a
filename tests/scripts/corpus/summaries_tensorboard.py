# TensorBoard: the callback, and tf.summary by hand.
import datetime
import os

import numpy as np
import tensorflow as tf

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0
model = tf.keras.models.Sequential([
    tf.keras.layers.Input(shape=(28, 28), name="pixels"),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(16, activation="relu"),
    tf.keras.layers.Dropout(0.2),
    tf.keras.layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
log_dir = "logs/fit/" + datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
model.fit(x_train, y_train, epochs=2, validation_data=(x_test, y_test), verbose=0,
          callbacks=[tf.keras.callbacks.TensorBoard(log_dir=log_dir, histogram_freq=1)])
print(len(os.listdir(log_dir)))

train_log_dir, test_log_dir = "logs/gradient_tape/train", "logs/gradient_tape/test"
train_summary_writer = tf.summary.create_file_writer(train_log_dir)
test_summary_writer = tf.summary.create_file_writer(test_log_dir)
loss_object = tf.keras.losses.SparseCategoricalCrossentropy()
optimizer = tf.keras.optimizers.Adam()
train_loss = tf.keras.metrics.Mean("train_loss", dtype=tf.float32)
train_accuracy = tf.keras.metrics.SparseCategoricalAccuracy("train_accuracy")
train_dataset = tf.data.Dataset.from_tensor_slices((x_train.astype("float32"), y_train)).shuffle(512).batch(128)
for epoch in range(2):
    for x, y in train_dataset:
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = loss_object(y, predictions)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        train_loss(loss)
        train_accuracy(y, predictions)
    with train_summary_writer.as_default():
        tf.summary.scalar("loss", train_loss.result(), step=epoch)
        tf.summary.scalar("accuracy", train_accuracy.result(), step=epoch)
        tf.summary.histogram("weights", model.layers[1].kernel if hasattr(model.layers[1], "kernel") else np.ones(4), step=epoch)
        tf.summary.text("note", "epoch done", step=epoch)
    with test_summary_writer.as_default(step=epoch):
        tf.summary.image("digits", np.reshape(x_test[:4], (-1, 28, 28, 1)), max_outputs=4)
    print(train_loss.result().numpy(), train_accuracy.result().numpy())
    train_loss.reset_state()
    train_accuracy.reset_state()
train_summary_writer.flush()
train_summary_writer.close()


@tf.function
def my_func(x, y):
    return tf.nn.relu(tf.matmul(x, y))


writer = tf.summary.create_file_writer("logs/func")
tf.summary.trace_on(graph=True)
z = my_func(tf.ones((3, 3)), tf.ones((3, 3)))
with writer.as_default():
    tf.summary.trace_export(name="my_func_trace", step=0)
print(z.numpy().sum(), len(os.listdir(train_log_dir)) > 0)


class LogRate(tf.keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        self.rate = float(self.model.optimizer.learning_rate)

    def on_batch_end(self, batch, logs=None):
        self.seen = getattr(self, "seen", 0) + 1

    def on_test_batch_begin(self, batch, logs=None):
        self.tests = getattr(self, "tests", 0) + 1

    def on_train_end(self, logs=None):
        print(self.rate, self.seen, self.tests)


model.fit(x_train, y_train, batch_size=128, epochs=2, validation_data=(x_test, y_test), verbose=0, callbacks=[LogRate()])
