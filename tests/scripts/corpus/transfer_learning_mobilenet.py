# Transfer learning on images from a folder: augmentation, frozen base, fine-tuning.
import os

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(2)
for split, n in (("train", 12), ("validation", 6)):
    for label, name in enumerate(("cats", "dogs")):
        os.makedirs(f"data/{split}/{name}")
        for i in range(n):
            picture = rng.randint(0, 120, size=(36, 36, 3)) + 100 * label
            keras.utils.save_img(f"data/{split}/{name}/{i:03d}.png", picture, scale=False)
IMG_SIZE = (32, 32)
train_dataset = tf.keras.utils.image_dataset_from_directory("data/train", shuffle=False, batch_size=8, image_size=IMG_SIZE)
validation_dataset = tf.keras.utils.image_dataset_from_directory("data/validation", shuffle=False, batch_size=8, image_size=IMG_SIZE)
class_names = train_dataset.class_names
print(class_names, tf.data.experimental.cardinality(train_dataset).numpy())
AUTOTUNE = tf.data.AUTOTUNE
train_dataset = train_dataset.cache().shuffle(100).prefetch(buffer_size=AUTOTUNE)
validation_dataset = validation_dataset.prefetch(buffer_size=tf.data.experimental.AUTOTUNE)

data_augmentation = tf.keras.Sequential([
    layers.RandomFlip("horizontal"),
    layers.RandomRotation(0.2),
    layers.RandomZoom(0.1),
])
preprocess_input = tf.keras.applications.mobilenet_v2.preprocess_input
base_model = tf.keras.applications.MobileNetV2(input_shape=IMG_SIZE + (3,), include_top=False, weights=None, alpha=0.35)
image_batch, label_batch = next(iter(train_dataset))
feature_batch = base_model(image_batch)
print(feature_batch.shape)
base_model.trainable = False
inputs = tf.keras.Input(shape=IMG_SIZE + (3,))
x = data_augmentation(inputs)
x = preprocess_input(x)
x = base_model(x, training=False)
x = tf.keras.layers.GlobalAveragePooling2D()(x)
x = tf.keras.layers.Dropout(0.2)(x)
outputs = tf.keras.layers.Dense(1)(x)
model = tf.keras.Model(inputs, outputs)
model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
              loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
              metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0, name="accuracy")])
print(len(model.trainable_variables), len(base_model.layers))
loss0, accuracy0 = model.evaluate(validation_dataset)
history = model.fit(train_dataset, epochs=1, validation_data=validation_dataset)

base_model.trainable = True
for layer in base_model.layers[:100]:
    layer.trainable = False
model.compile(loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
              optimizer=tf.keras.optimizers.RMSprop(learning_rate=1e-5), metrics=["accuracy"])
print(len(model.trainable_variables))
history_fine = model.fit(train_dataset, epochs=2, initial_epoch=history.epoch[-1], validation_data=validation_dataset)
image = keras.utils.load_img("data/train/dogs/000.png", target_size=IMG_SIZE)
array = keras.utils.img_to_array(image)
prediction = tf.nn.sigmoid(model.predict(np.expand_dims(array, axis=0)))
print(tf.where(prediction < 0.5, 0, 1).numpy(), array.mean())
