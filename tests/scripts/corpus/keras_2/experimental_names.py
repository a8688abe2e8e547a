# Names under experimental, before they moved.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers.experimental import preprocessing

rng = np.random.RandomState(5)
table = rng.normal(3.0, 2.0, (60, 3)).astype("float32")
target = (table.sum(axis=1) > 9).astype("float32")

normalizer = preprocessing.Normalization()
normalizer.adapt(table)
print(normalizer(table[:2]).numpy())
model = keras.Sequential([normalizer, layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(table, target, epochs=3, verbose=0)

vectorizer = preprocessing.TextVectorization(max_tokens=20, output_mode="int", output_sequence_length=4)
vectorizer.adapt(np.array([["red fish"], ["blue fish"], ["red blue green"]]))
print(vectorizer(np.array([["red whale fish"]])).numpy(), vectorizer.get_vocabulary()[2:])
lookup = preprocessing.StringLookup(vocabulary=["a", "b"])
print(lookup(tf.constant([["b", "z", "a"]])).numpy())
numbers = preprocessing.IntegerLookup(vocabulary=[10, 20])
print(numbers([[20, 7]]).numpy())
print(preprocessing.CategoryEncoding(num_tokens=4, output_mode="multi_hot")([[0, 2]]).numpy())
print(preprocessing.Discretization(bin_boundaries=[0.0, 1.0])([[-1.0, 0.5, 3.0]]).numpy())
image = tf.constant(rng.rand(1, 8, 8, 3).astype("float32"))
print(preprocessing.Rescaling(2.0, offset=-1.0)(image).numpy().mean())
print(preprocessing.Resizing(4, 4)(image).numpy().sum(), preprocessing.CenterCrop(4, 4)(image).numpy().sum())

net = keras.Sequential([
    preprocessing.Rescaling(1.0 / 255, input_shape=(8, 8, 3)),
    preprocessing.RandomFlip("horizontal"),
    preprocessing.RandomRotation(0.1),
    preprocessing.RandomZoom(0.1),
    layers.Conv2D(4, 3, activation="relu"),
    layers.experimental.SyncBatchNormalization(),
    layers.GlobalAveragePooling2D(),
    layers.Dense(2),
])
net.compile(optimizer=keras.optimizers.experimental.AdamW(1e-2, weight_decay=1e-2),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
net.fit((rng.rand(32, 8, 8, 3) * 255).astype("float32"), rng.randint(0, 2, 32), epochs=2, verbose=0)

linear = keras.experimental.LinearModel()
deep = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(1)])
both = keras.experimental.WideDeepModel(linear, deep)
both.compile(optimizer=["sgd", "adam"], loss="mse")
both.fit([table, table], target, epochs=2, verbose=0)
print(both.predict([table[:2], table[:2]], verbose=0).shape)

decay = keras.optimizers.schedules.CosineDecayRestarts(0.1, 10)
cosine = keras.experimental.CosineDecay(0.1, 10)
print(float(decay(15)), float(cosine(5)))
part = keras.utils.experimental.DatasetCreator(lambda context: tf.data.Dataset.from_tensor_slices((table, target)).repeat().batch(20))
model.fit(part, epochs=1, steps_per_epoch=3, verbose=0)
restore = keras.callbacks.experimental.BackupAndRestore("backup")
model.fit(table, target, epochs=2, verbose=0, callbacks=[restore])
policy = tf.keras.mixed_precision.Policy("float32")
print(policy.compute_dtype, tf.data.experimental.AUTOTUNE, tf.data.experimental.cardinality(tf.data.Dataset.range(3)).numpy())
print(tf.config.experimental.list_physical_devices("GPU"), tf.distribute.experimental.CentralStorageStrategy is not None)
