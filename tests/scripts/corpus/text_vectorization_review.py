# Text classification from folders with TextVectorization and string functions.
import os
import re
import string

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses

rng = np.random.RandomState(8)
words = {"pos": ["wonderful", "warm", "funny", "brave"], "neg": ["dull", "cold", "boring", "weak"]}
for split, n in (("train", 30), ("test", 12)):
    for label in ("neg", "pos"):
        os.makedirs(f"aclImdb/{split}/{label}")
        for i in range(n):
            text = " ".join(rng.choice(words[label] + ["film", "the", "a", "story<br />"], size=10)) + "!"
            with open(f"aclImdb/{split}/{label}/{i}.txt", "w") as file:
                file.write(text)
raw_train_ds = tf.keras.utils.text_dataset_from_directory("aclImdb/train", batch_size=10, shuffle=False)
raw_test_ds = tf.keras.utils.text_dataset_from_directory("aclImdb/test", batch_size=10, shuffle=False)
print(raw_train_ds.class_names)
for text_batch, label_batch in raw_train_ds.take(1):
    print(len(text_batch.numpy()[0]), label_batch.numpy()[0])


def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    stripped_html = tf.strings.regex_replace(lowercase, "<br />", " ")
    return tf.strings.regex_replace(stripped_html, "[%s]" % re.escape(string.punctuation), "")


max_features, sequence_length = 20, 12
vectorize_layer = layers.TextVectorization(standardize=custom_standardization, max_tokens=max_features,
                                           output_mode="int", output_sequence_length=sequence_length)
train_text = raw_train_ds.map(lambda x, y: x)
vectorize_layer.adapt(train_text)


def vectorize_text(text, label):
    text = tf.expand_dims(text, -1)
    return vectorize_layer(text), label


text_batch, label_batch = next(iter(raw_train_ds))
first, label = vectorize_text(text_batch[0], label_batch[0])
print(first.numpy(), label.numpy())
vocabulary = vectorize_layer.get_vocabulary()
print(len(vocabulary), vectorize_layer.vocabulary_size())
train_ds = raw_train_ds.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
test_ds = raw_test_ds.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
model = tf.keras.Sequential([
    layers.Embedding(max_features, 16),
    layers.Dropout(0.2),
    layers.GlobalAveragePooling1D(),
    layers.Dropout(0.2),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(loss=losses.BinaryCrossentropy(), optimizer="adam", metrics=[tf.metrics.BinaryAccuracy(threshold=0.5)])
model.fit(train_ds, validation_data=test_ds, epochs=3)
loss, accuracy = model.evaluate(test_ds)
print(loss, accuracy)

# Multi-hot and TF-IDF, and lookups.
vectorizer = layers.TextVectorization(output_mode="tf_idf", max_tokens=30)
vectorizer.adapt(["the film was warm", "the story was cold", "a film"])
print(np.round(vectorizer(["the warm film"]).numpy(), 4))
multi = layers.TextVectorization(output_mode="multi_hot", vocabulary=["warm", "cold"])
print(multi(["warm warm", "cold night"]).numpy())
lookup = layers.StringLookup(vocabulary=["a", "b", "c"], mask_token=None)
print(lookup(tf.constant(["c", "z", "a"])).numpy())
chars = tf.strings.unicode_split("hello", input_encoding="UTF-8")
ids = layers.StringLookup(vocabulary=list("ehlo"), mask_token=None)(chars)
back = layers.StringLookup(vocabulary=list("ehlo"), invert=True, mask_token=None)
print(ids.numpy(), len(tf.strings.reduce_join(back(ids), axis=-1).numpy()))
print(layers.IntegerLookup(vocabulary=[10, 20])([20, 5]).numpy(), layers.CategoryEncoding(num_tokens=3, output_mode="one_hot")([0, 2]).numpy())
print(tf.strings.split(["a b c", "d"]).to_list().__len__(), tf.strings.substr("keras", 1, 3).numpy())
print(tf.strings.to_number(["1.5", "2"]).numpy(), tf.strings.bytes_split("ab").shape)
