# Sentiment from text files on disk: standardize, vectorize, embed; the end-to-end model takes strings.
import os
import re
import string

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses

rng = np.random.RandomState(11)
good, bad = "great lovely fine superb".split(), "awful dull poor boring".split()
neutral = "the film was a plot with actors and <br /> music".split()
for part, size in (("train", 40), ("test", 16)):
    for name, words in (("neg", bad), ("pos", good)):
        folder = os.path.join("reviews", part, name)
        os.makedirs(folder)
        for i in range(size):
            text = list(rng.choice(neutral, 8)) + list(rng.choice(words, 2))
            with open(os.path.join(folder, f"{i}.txt"), "w") as f:
                f.write(" ".join(rng.permutation(text)).capitalize() + "!")

batch_size = 8
raw_train_ds = tf.keras.utils.text_dataset_from_directory("reviews/train", batch_size=batch_size, shuffle=False)
raw_val_ds = tf.keras.utils.text_dataset_from_directory("reviews/test", batch_size=batch_size, shuffle=False).take(2)
raw_test_ds = tf.keras.utils.text_dataset_from_directory("reviews/test", batch_size=batch_size, shuffle=False)
print(len(raw_test_ds.class_names), [int(y) for _, ys in raw_test_ds for y in ys])
for text_batch, label_batch in raw_train_ds.take(1):
    print(text_batch.shape, sum(len(t) > 3 for t in text_batch.numpy()))


def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    stripped_html = tf.strings.regex_replace(lowercase, "<br />", " ")
    return tf.strings.regex_replace(stripped_html, "[%s]" % re.escape(string.punctuation), "")


max_features, sequence_length = 50, 12
vectorize_layer = layers.TextVectorization(standardize=custom_standardization, max_tokens=max_features, output_mode="int",
                                           output_sequence_length=sequence_length)
vectorize_layer.adapt(raw_train_ds.map(lambda text, label: text))
print(len(vectorize_layer.get_vocabulary()), vectorize_layer(tf.constant(["The film was superb!"])).shape)


def vectorize_text(text, label):
    text = tf.expand_dims(text, -1)
    return vectorize_layer(text), label


train_ds = raw_train_ds.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
val_ds = raw_val_ds.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
test_ds = raw_test_ds.map(vectorize_text)
model = tf.keras.Sequential([
    layers.Embedding(max_features, 16),
    layers.Dropout(0.2),
    layers.Conv1D(16, 3, activation="relu"),
    layers.MaxPooling1D(2),
    layers.GlobalAveragePooling1D(),
    layers.Dropout(0.2),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(loss=losses.BinaryCrossentropy(), optimizer="adam", metrics=[tf.metrics.BinaryAccuracy(threshold=0.5)])
model.fit(train_ds, validation_data=val_ds, epochs=4, verbose=0)
loss, accuracy = model.evaluate(test_ds, verbose=0)
print("Loss: ", loss, "Accuracy: ", accuracy)
export_model = tf.keras.Sequential([vectorize_layer, model])
export_model.compile(loss=losses.BinaryCrossentropy(from_logits=False), optimizer="adam", metrics=["accuracy"])
print(export_model.predict(tf.constant(["A superb and lovely film", "A dull film with awful music"]), verbose=0))

bigrams = layers.TextVectorization(max_tokens=30, ngrams=2, output_mode="tf_idf")
texts = np.array(["the cat sat", "the dog sat", "the cat ran far"])
bigrams.adapt(texts)
print(bigrams(texts).numpy().round(3).sum(axis=1), bigrams.vocabulary_size())
bag = layers.TextVectorization(output_mode="multi_hot")
bag.adapt(texts)
print(bag(["the far cat"]).numpy().sum(), bag.get_config()["output_mode"] == "multi_hot")
