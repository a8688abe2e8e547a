# Images in files: downloaded, listed, read, decoded and scaled by tf.data, then classified.
import pathlib
import zipfile

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(5)
source = pathlib.Path("source").absolute()
for label, name in enumerate(("daisy", "rose")):
    (source / name).mkdir(parents=True)
    for i in range(16):
        picture = rng.randint(0, 120, size=(20, 24, 3)) + 100 * label
        keras.utils.save_img(str(source / name / f"{i}.png"), picture, scale=False)
with zipfile.ZipFile("flowers.zip", "w") as archive:
    for path in sorted(source.rglob("*.png")):
        archive.write(path, "flowers/" + str(path.relative_to(source)))
archive_path = tf.keras.utils.get_file("flowers.zip", origin=pathlib.Path("flowers.zip").absolute().as_uri(),
                                       cache_dir=".", cache_subdir="cache")
with zipfile.ZipFile(archive_path) as archive:
    archive.extractall("unpacked")
files = sorted(str(path) for path in pathlib.Path("unpacked/flowers").glob("*/*.png"))
print(len(files))


def load(path, label):
    image = tf.io.read_file(path)
    image = tf.image.decode_png(image, channels=3)
    image = tf.image.convert_image_dtype(image, tf.float32)
    image = tf.image.resize(image, [16, 16])
    image.set_shape([16, 16, 3])
    return image, label


labels = [0 if "daisy" in path else 1 for path in files]
dataset = tf.data.Dataset.from_tensor_slices((files, labels)).map(load, num_parallel_calls=tf.data.AUTOTUNE)
dataset = dataset.batch(8).prefetch(tf.data.AUTOTUNE)
images, targets = next(iter(dataset))
print(images.shape, images.numpy().min(), images.numpy().max(), targets.numpy())
print(tf.image.decode_image(tf.io.read_file(files[0])).shape, tf.image.flip_left_right(images)[0, 0, 0].numpy())
print(tf.image.random_flip_left_right(images).shape, tf.image.random_crop(images[0], [8, 8, 3]).shape)

model = keras.Sequential([
    layers.Input((16, 16, 3)),
    layers.Rescaling(2.0, offset=-1.0),
    layers.Resizing(12, 12),
    layers.Conv2D(4, 3, activation="relu"),
    layers.Flatten(),
    layers.Dense(2),
])
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
history = model.fit(dataset, epochs=3, verbose=0)
print(history.history["loss"])

augmentation = keras.Sequential([layers.RandomTranslation(0.1, 0.1), layers.RandomContrast(0.2)])
print(augmentation(images, training=False).shape)
