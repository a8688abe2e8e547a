# A table of mixed columns: CSV files, lookups, hashing and normalization in a functional model.
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(1)
n = 120
table = pd.DataFrame({
    "age": rng.randint(20, 70, n),
    "income": rng.normal(50, 12, n).round(2),
    "kind": rng.choice(["cat", "dog", "fish"], n),
    "level": rng.choice([1, 4, 7], n),
})
table["target"] = ((table.age > 45) ^ (table.kind == "dog")).astype(int)
table.to_csv("table.csv", index=False)

rows = tf.data.experimental.CsvDataset("table.csv", [tf.int32, tf.float32, tf.string, tf.int32, tf.int32], header=True)
for row in rows.take(2):
    print(row[0].numpy(), row[1].numpy(), row[3].numpy())
batches = tf.data.experimental.make_csv_dataset("table.csv", batch_size=5, label_name="target", num_epochs=1, shuffle=False)
for features, label in batches.take(1):
    print(sorted(features), features["age"].numpy(), label.numpy(), features["income"].dtype.name)


def df_to_dataset(dataframe, shuffle=True, batch_size=24):
    dataframe = dataframe.copy()
    labels = dataframe.pop("target")
    columns = {key: np.asarray(value)[:, np.newaxis] for key, value in dataframe.items()}
    ds = tf.data.Dataset.from_tensor_slices((columns, labels))
    if shuffle:
        ds = ds.shuffle(buffer_size=len(dataframe))
    return ds.batch(batch_size).prefetch(batch_size)


train_ds = df_to_dataset(table.iloc[:96])
val_ds = df_to_dataset(table.iloc[96:], shuffle=False)


def get_normalization_layer(name, dataset):
    normalizer = layers.Normalization(axis=None)
    normalizer.adapt(dataset.map(lambda x, y: x[name]))
    return normalizer


def get_category_encoding_layer(name, dataset, dtype, max_tokens=None):
    if dtype == "string":
        index = layers.StringLookup(max_tokens=max_tokens)
    else:
        index = layers.IntegerLookup(max_tokens=max_tokens)
    index.adapt(dataset.map(lambda x, y: x[name]))
    encoder = layers.CategoryEncoding(num_tokens=index.vocabulary_size())
    return lambda feature: encoder(index(feature))


all_inputs, encoded = {}, []
for header in ["age", "income"]:
    column = keras.Input(shape=(1,), name=header, dtype="float32")
    layer = get_normalization_layer(header, train_ds)
    print(layer.mean.numpy().ravel(), layer.variance.numpy().ravel())
    all_inputs[header] = column
    encoded.append(layer(column))
for header, dtype in [("kind", "string"), ("level", "int64")]:
    column = keras.Input(shape=(1,), name=header, dtype=dtype)
    all_inputs[header] = column
    encoded.append(get_category_encoding_layer(header, train_ds, dtype, max_tokens=5)(column))
x = layers.concatenate(encoded)
x = layers.Dense(16, activation="relu")(x)
x = layers.Dropout(0.5)(x)
model = keras.Model(all_inputs, layers.Dense(1)(x))
model.compile(optimizer="adam", loss=tf.losses.BinaryCrossentropy(from_logits=True), metrics=[tf.metrics.BinaryAccuracy(threshold=0.0)])
model.fit(train_ds, epochs=4, validation_data=val_ds, verbose=0)
sample = {"age": 50, "income": 40.5, "kind": "dog", "level": 4}
input_dict = {name: tf.convert_to_tensor([value]) for name, value in sample.items()}
print(model.predict({k: v[:, None] for k, v in input_dict.items()}, verbose=0))
print(layers.Hashing(num_bins=6)(tf.constant([["cat"], ["dog"], ["fish"]])).numpy().ravel())
print(layers.Discretization(bin_boundaries=[30.0, 50.0])(np.array([[25.0], [35.0], [60.0]])).numpy().ravel())
print(layers.HashedCrossing(num_bins=5)((tf.constant(["a", "b"]), tf.constant([3, 4]))).numpy())
lookup = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")
print(lookup(tf.constant([["a", "z"], ["b", "b"]])).numpy().tolist(), layers.StringLookup(vocabulary=["a", "b"], invert=True)([1, 2]).shape)
