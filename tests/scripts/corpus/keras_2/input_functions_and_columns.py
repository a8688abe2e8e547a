# Feature columns, input functions and DenseFeatures, as written for estimators.
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import feature_column as fc
from tensorflow.keras import layers

rng = np.random.RandomState(7)
n = 120
people = pd.DataFrame({
    "age": rng.randint(18, 70, n).astype("float32"),
    "fare": rng.gamma(2.0, 15.0, n).round(2),
    "sex": rng.choice(["male", "female"], n),
    "deck": rng.choice(["A", "B", "C", "unknown"], n),
    "cabins": rng.randint(0, 4, n),
    "town": rng.choice(["north", "south", "east", "west", "centre"], n),
})
people["survived"] = ((people.sex == "female") | (people.age < 30)).astype(int)
train, test = people[:90].copy(), people[90:].copy()
y_train, y_test = train.pop("survived"), test.pop("survived")

columns = [
    fc.numeric_column("age", normalizer_fn=lambda x: (x - 40.0) / 20.0),
    fc.numeric_column("fare"),
    fc.bucketized_column(fc.numeric_column("age"), boundaries=[25, 35, 50]),
    fc.indicator_column(fc.categorical_column_with_vocabulary_list("sex", ["male", "female"])),
    fc.indicator_column(fc.categorical_column_with_vocabulary_list("deck", ["A", "B", "C"], num_oov_buckets=1)),
    fc.embedding_column(fc.categorical_column_with_vocabulary_list("town", ["north", "south", "east", "west", "centre"]), dimension=3, initializer=tf.keras.initializers.RandomNormal(stddev=0.5)),
    fc.indicator_column(fc.categorical_column_with_hash_bucket("town", hash_bucket_size=10)),
    fc.indicator_column(fc.crossed_column(["sex", "deck"], hash_bucket_size=12)),
    fc.indicator_column(fc.categorical_column_with_identity("cabins", num_buckets=4)),
]


def make_input_fn(data, labels, epochs=1, shuffle=True, batch_size=15):
    def input_fn():
        ds = tf.data.Dataset.from_tensor_slices((dict(data), labels))
        if shuffle:
            ds = ds.shuffle(100)
        return ds.batch(batch_size).repeat(epochs)
    return input_fn


train_input_fn = make_input_fn(train, y_train)
for features, labels in train_input_fn().take(1):
    print(sorted(features), labels.numpy())
    print(layers.DenseFeatures(columns[0])(features).numpy()[:3, 0])
    print(layers.DenseFeatures(columns[2])(features).numpy()[:3])
    print(layers.DenseFeatures(columns[3:5])(features).numpy().sum(axis=0))
    print(layers.DenseFeatures(columns[6:8])(features).numpy().sum(axis=0))

model = tf.keras.Sequential([
    layers.DenseFeatures(columns),
    layers.Dense(16, activation="relu"),
    layers.Dropout(0.1),
    layers.Dense(1),
])
model.compile(optimizer="adam", loss=tf.keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(train_input_fn(), validation_data=make_input_fn(test, y_test, shuffle=False)(), epochs=3, verbose=0)
print(model.evaluate(make_input_fn(test, y_test, shuffle=False)(), verbose=0))
print(tf.nn.sigmoid(model.predict(make_input_fn(test, y_test, shuffle=False)(), verbose=0))[:3, 0].numpy())
