# Texts, sequences and pictures by keras.preprocessing.
import numpy as np
import pandas as pd
from tensorflow.keras import layers, models
from tensorflow.keras.preprocessing.image import (
    ImageDataGenerator, array_to_img, img_to_array, load_img, save_img)
from tensorflow.keras.preprocessing.sequence import (
    TimeseriesGenerator, make_sampling_table, pad_sequences, skipgrams)
from tensorflow.keras.preprocessing.text import (
    Tokenizer, hashing_trick, one_hot, text_to_word_sequence, tokenizer_from_json)

texts = ["The cat sat on the mat.", "The dog ate my homework!", "A cat and a dog, and a mouse", "My mat; my cat"]
tokenizer = Tokenizer(num_words=8, oov_token="<unk>", lower=True)
tokenizer.fit_on_texts(texts)
print(tokenizer.word_index["cat"], len(tokenizer.word_index), tokenizer.document_count)
print(tokenizer.texts_to_sequences(texts), tokenizer.sequences_to_texts([[1, 2, 3]])[0])
for mode in ("binary", "count", "freq", "tfidf"):
    print(tokenizer.texts_to_matrix(texts, mode=mode).round(4)[2])
again = tokenizer_from_json(tokenizer.to_json())
print(again.texts_to_sequences(["the mouse sat"]), text_to_word_sequence("Be, or not", filters=","))
letters = Tokenizer(char_level=True)
letters.fit_on_texts(["banana"])
print(letters.word_counts["a"], letters.texts_to_sequences(["nab"]))
print(len(one_hot("a b c", 50)), hashing_trick("a b a", 20, hash_function="md5"))

padded = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=5, padding="post", truncating="post", value=0)
print(padded, pad_sequences([[1, 2, 3], [4]], dtype="float32"))
labels = np.array([0, 1, 0, 1])
model = models.Sequential([
    layers.Embedding(8, 4, input_length=5, mask_zero=True), layers.LSTM(3), layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["acc"])
history = model.fit(padded, labels, epochs=3, verbose=0)
print(history.history["acc"][-1], model.input_shape, model.output_shape)

print(make_sampling_table(5).round(5))
pairs, kinds = skipgrams([1, 2, 3, 4], vocabulary_size=5, window_size=1, negative_samples=0.0, shuffle=False)
print(pairs, kinds)

series = np.arange(30, dtype="float32").reshape(15, 2)
windows = TimeseriesGenerator(series, series[:, 0], length=4, sampling_rate=1, stride=2, batch_size=3)
print(len(windows), windows[0][0].shape, windows[0][1], windows[len(windows) - 1][1])
model = models.Sequential([layers.SimpleRNN(3, input_shape=(4, 2)), layers.Dense(1)])
model.compile("sgd", "mae")
model.fit(windows, epochs=2, verbose=0)

rng = np.random.RandomState(4)
pictures = (rng.rand(12, 8, 8, 3) * 255).astype("float32")
kinds = np.arange(12) % 2
generator = ImageDataGenerator(
    rescale=1.0 / 255, featurewise_center=True, featurewise_std_normalization=True, validation_split=0.25)
generator.fit(pictures)
flow = generator.flow(pictures, kinds, batch_size=4, shuffle=False, subset="training")
x, y = next(flow)
print(len(flow), x.mean(), x.std(), y, generator.mean.ravel(), generator.std.ravel())
model = models.Sequential([layers.Flatten(input_shape=(8, 8, 3)), layers.Dense(1, activation="sigmoid")])
model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
model.fit_generator(flow, steps_per_epoch=len(flow), epochs=2, verbose=0)

for n in range(4):
    save_img(f"p{n}.png", pictures[n])
table = pd.DataFrame({"file": [f"p{n}.png" for n in range(4)], "kind": ["a", "b", "a", "b"], "score": [0.1, 0.2, 0.3, 0.4]})
from_table = ImageDataGenerator(samplewise_center=True).flow_from_dataframe(
    table, ".", x_col="file", y_col="kind", target_size=(4, 4), class_mode="binary", batch_size=2, shuffle=False)
x, y = next(from_table)
print(from_table.class_indices, from_table.n, x.shape, y, abs(x.mean()) < 1e-3)
raw = ImageDataGenerator().flow_from_dataframe(
    table, ".", x_col="file", y_col="score", target_size=(8, 8), class_mode="raw", batch_size=4, shuffle=False)
print(next(raw)[1], next(raw)[0].sum())
loaded = img_to_array(load_img("p0.png", target_size=(8, 8)))
print(loaded.shape, loaded.mean(), array_to_img(loaded).size, img_to_array(load_img("p0.png", color_mode="grayscale")).shape)
moved = ImageDataGenerator().apply_transform(pictures[0], {"flip_horizontal": True, "tx": 1, "ty": 0})
print(moved.shape, moved.sum())
