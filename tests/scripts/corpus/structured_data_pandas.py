# Structured data from pandas: preprocessing layers, class weights, metrics for imbalanced classes.
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(12)
n = 240
frame = pd.DataFrame({
    "age": rng.randint(20, 80, n),
    "chol": rng.normal(240, 40, n),
    "sex": rng.choice(["female", "male"], n),
    "thal": rng.choice(["fixed", "normal", "reversible"], n),
})
frame["target"] = ((frame["age"] > 60) & (frame["chol"] > 230)).astype(int)
print(frame["target"].sum())
val_dataframe = frame[-60:]
train_dataframe = frame.drop(val_dataframe.index)


def dataframe_to_dataset(dataframe):
    dataframe = dataframe.copy()
    labels = dataframe.pop("target")
    ds = tf.data.Dataset.from_tensor_slices((dict(dataframe), labels))
    return ds.shuffle(buffer_size=len(dataframe))


train_ds = dataframe_to_dataset(train_dataframe).batch(32)
val_ds = dataframe_to_dataset(val_dataframe).batch(32)
for x, y in train_ds.take(1):
    print(sorted(x), y.numpy().sum(), float(tf.reduce_mean(x["chol"])))


def encode_numerical_feature(feature, name, dataset):
    normalizer = layers.Normalization()
    feature_ds = dataset.map(lambda x, y: tf.expand_dims(tf.cast(x[name], tf.float32), -1))
    normalizer.adapt(feature_ds)
    return normalizer(feature)


def encode_categorical_feature(feature, name, dataset):
    lookup = layers.StringLookup(output_mode="multi_hot")
    feature_ds = dataset.map(lambda x, y: tf.expand_dims(x[name], -1))
    lookup.adapt(feature_ds)
    return lookup(feature)


age = keras.Input(shape=(1,), name="age")
chol = keras.Input(shape=(1,), name="chol")
sex = keras.Input(shape=(1,), name="sex", dtype="string")
thal = keras.Input(shape=(1,), name="thal", dtype="string")
all_features = layers.concatenate([
    encode_numerical_feature(age, "age", train_ds),
    encode_numerical_feature(chol, "chol", train_ds),
    encode_categorical_feature(sex, "sex", train_ds),
    encode_categorical_feature(thal, "thal", train_ds),
])
x = layers.Dense(16, activation="relu")(all_features)
x = layers.Dropout(0.5)(x)
output = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model([age, chol, sex, thal], output)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(train_ds, epochs=3, validation_data=val_ds, verbose=0)

# Imbalanced classes on the numeric columns.
neg, pos = np.bincount(frame["target"])
features = frame[["age", "chol"]].to_numpy("float32")
features = (features - features.mean(0)) / features.std(0)
X_train, X_test, y_train, y_test = train_test_split(features, frame["target"].to_numpy("float32"), test_size=0.25, random_state=1)
METRICS = [
    keras.metrics.TruePositives(name="tp"), keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"), keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.BinaryAccuracy(name="accuracy"), keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"), keras.metrics.AUC(name="auc"), keras.metrics.AUC(name="prc", curve="PR"),
]
output_bias = tf.keras.initializers.Constant(np.log([pos / neg]))
model = keras.Sequential([
    layers.Dense(12, activation="relu", input_shape=(2,)),
    layers.Dense(1, activation="sigmoid", bias_initializer=output_bias),
])
model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-2), loss=keras.losses.BinaryCrossentropy(), metrics=METRICS)
weight_for_0, weight_for_1 = (1 / neg) * (n / 2.0), (1 / pos) * (n / 2.0)
model.fit(X_train, y_train, epochs=3, batch_size=30, class_weight={0: weight_for_0, 1: weight_for_1},
          validation_data=(X_test, y_test), verbose=0)
print(model.evaluate(X_test, y_test, return_dict=True, verbose=0)["auc"])
model.fit(X_train, y_train, sample_weight=np.where(y_train > 0, 2.0, 1.0), epochs=1, verbose=0)
print(tf.math.confusion_matrix(y_test, (model.predict(X_test, verbose=0) > 0.5).ravel()).numpy())
