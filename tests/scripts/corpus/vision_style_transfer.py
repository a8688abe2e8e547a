# Style transfer in small: Gram matrices of features, an image that is optimized, total variation.
import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(4)
content = tf.constant(rng.uniform(size=(1, 24, 24, 3)), dtype=tf.float32)
style = tf.constant(rng.uniform(size=(1, 24, 24, 3)), dtype=tf.float32)
features = keras.Sequential([
    keras.Input((24, 24, 3)),
    keras.layers.Conv2D(6, 3, activation="relu", name="block1"),
    keras.layers.AveragePooling2D(2),
    keras.layers.Conv2D(8, 3, activation="relu", name="block2"),
])
extractor = keras.Model(features.inputs, [layer.output for layer in features.layers if "block" in layer.name])
extractor.trainable = False


def gram_matrix(x):
    result = tf.linalg.einsum("bijc,bijd->bcd", x, x)
    shape = tf.shape(x)
    return result / tf.cast(shape[1] * shape[2], tf.float32)


style_targets = [gram_matrix(output) for output in extractor(style)]
content_target = extractor(content)[-1]
image = tf.Variable(content)
optimizer = tf.keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)


@tf.function
def train_step(image):
    with tf.GradientTape() as tape:
        outputs = extractor(image)
        style_loss = tf.add_n([tf.reduce_mean((gram_matrix(o) - t) ** 2) for o, t in zip(outputs, style_targets)])
        content_loss = tf.reduce_mean((outputs[-1] - content_target) ** 2)
        loss = 100.0 * style_loss + content_loss + 1e-4 * tf.reduce_sum(tf.image.total_variation(image))
    optimizer.apply_gradients([(tape.gradient(loss, image), image)])
    image.assign(tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0))
    return loss


for step in range(4):
    print("step", step, float(train_step(image)))
print(float(tf.reduce_mean(tf.abs(image - content))))
