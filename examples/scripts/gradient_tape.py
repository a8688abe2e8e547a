"""A subclassed model trained by a loop of one's own."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model
from tensorflow.keras.layers import Dense, Dropout, Flatten

tf.random.set_seed(1)
np.random.seed(1)


def make_images(count):
    """Images of a bright square in one of four corners."""
    labels = np.random.randint(0, 4, count)
    images = np.random.rand(count, 12, 12).astype("float32")
    for image, label in zip(images, labels):
        row, column = 6 * (label // 2), 6 * (label % 2)
        image[row : row + 6, column : column + 6] += 0.3
    return images, labels


x_train, y_train = make_images(1600)
x_test, y_test = make_images(400)
train_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(1600).batch(32)
test_ds = (
    tf.data.Dataset.from_tensor_slices((x_test, y_test))
    .map(lambda image, label: (tf.cast(image, tf.float32), label), num_parallel_calls=tf.data.AUTOTUNE)
    .batch(32)
    .prefetch(tf.data.AUTOTUNE)
)


class MyModel(Model):
    def __init__(self):
        super().__init__()
        self.flatten = Flatten()
        self.d1 = Dense(64, activation="relu")
        self.dropout = Dropout(0.2)
        self.d2 = Dense(4)

    def call(self, x, training=False):
        x = self.d1(self.flatten(x))
        x = self.dropout(x, training=training)
        return self.d2(x)


model = MyModel()
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam()
train_loss = tf.keras.metrics.Mean(name="train_loss")
train_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="train_accuracy")
test_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images, training=True)
        loss = loss_object(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)
    train_accuracy(labels, predictions)


@tf.function
def test_step(images, labels):
    predictions = model(images, training=False)
    test_accuracy(labels, predictions)


for epoch in range(4):
    train_loss.reset_state()
    train_accuracy.reset_state()
    test_accuracy.reset_state()
    for images, labels in train_ds:
        train_step(images, labels)
    for test_images, test_labels in test_ds:
        test_step(test_images, test_labels)
    print(
        f"Epoch {epoch + 1}, "
        f"Loss: {train_loss.result():0.4f}, "
        f"Accuracy: {train_accuracy.result() * 100:0.1f}, "
        f"Test Accuracy: {test_accuracy.result() * 100:0.1f}"
    )

# The gradient of the score by the image: what the model looks at.
image = tf.convert_to_tensor(x_test[:1])
with tf.GradientTape() as tape:
    tape.watch(image)
    score = tf.reduce_max(model(image), axis=-1)
saliency = tf.abs(tape.gradient(score, image))
print("Saliency", saliency.shape.as_list(), "largest at", int(tf.argmax(tf.reshape(saliency, [-1]))))
assert test_accuracy.result().numpy() > 0.9
