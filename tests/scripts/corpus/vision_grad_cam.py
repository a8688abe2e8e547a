# Grad-CAM: which parts of a picture a class looks at, and saliency by the gradient of the input.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(3)
images = rng.uniform(size=(48, 16, 16, 1)).astype("float32")
labels = (images[:, :8, :8].mean((1, 2, 3)) > 0.5).astype("int32")
inputs = keras.Input((16, 16, 1))
x = layers.Conv2D(4, 3, activation="relu", name="first")(inputs)
x = layers.MaxPooling2D()(x)
x = layers.Conv2D(6, 3, activation="relu", name="last_conv")(x)
outputs = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
model = keras.Model(inputs, outputs)
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
print(model.fit(images, labels, epochs=2, verbose=0).history["loss"])

grad_model = keras.Model(model.inputs, [model.get_layer("last_conv").output, model.output])
image = tf.constant(images[:1])
with tf.GradientTape() as tape:
    conv_output, predictions = grad_model(image)
    index = tf.argmax(predictions[0])
    channel = predictions[:, index]
grads = tape.gradient(channel, conv_output)
pooled = tf.reduce_mean(grads, axis=(0, 1, 2))
heatmap = tf.squeeze(conv_output[0] @ pooled[..., tf.newaxis])
heatmap = tf.maximum(heatmap, 0) / (tf.math.reduce_max(heatmap) + 1e-8)
print(heatmap.shape, float(tf.reduce_sum(heatmap)))

variable = tf.Variable(images[:1])
with tf.GradientTape() as tape:
    score = model(variable)[0, 1]
saliency = tf.reduce_max(tf.abs(tape.gradient(score, variable)), axis=-1)
print(saliency.shape, float(tf.reduce_sum(saliency)))

dream = tf.Variable(images[1:2])
for step in range(3):
    with tf.GradientTape() as tape:
        tape.watch(dream)
        loss = tf.reduce_mean(grad_model(dream)[0])
    gradient = tape.gradient(loss, dream)
    gradient /= tf.math.reduce_std(gradient) + 1e-8
    dream.assign_add(gradient * 0.01)
    dream.assign(tf.clip_by_value(dream, -1, 1))
    print("step", step, float(loss))
