"""An LSTM on text of different lengths: masks keep the padding out."""

import random

import numpy as np

import torchkeras as keras
from torchkeras import layers

keras.utils.set_random_seed(7)

GOOD = ["wonderful", "moving", "funny", "brilliant", "charming"]
BAD = ["dreadful", "boring", "clumsy", "hollow", "painful"]
REST = ["the", "film", "and", "its", "music", "a", "story", "about", "two", "friends", "in", "town"]


def make_review():
    """Words of which the few telling ones decide."""
    label = random.randint(0, 1)
    words = random.choices(REST, k=random.randint(3, 15))
    words.insert(random.randint(0, len(words)), random.choice(GOOD if label else BAD))
    return words, label


reviews, labels = zip(*(make_review() for _ in range(1200)), strict=True)
index = {word: number for number, word in enumerate(sorted({*GOOD, *BAD, *REST}), start=1)}
x = keras.utils.pad_sequences([[index[word] for word in words] for words in reviews], maxlen=16)
y = np.array(labels, dtype="float32")[:, None]

model = keras.Sequential(
    [
        layers.Embedding(len(index) + 1, 16, mask_zero=True),
        layers.LSTM(32),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:1000], y[:1000], epochs=6, validation_data=(x[1000:], y[1000:]), verbose=2)
_, accuracy = model.evaluate(x[1000:], y[1000:], verbose=0)
print(f"Accuracy on unseen reviews: {accuracy:.3f}")
assert accuracy > 0.9
