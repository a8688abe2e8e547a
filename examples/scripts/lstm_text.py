"""Is a review good or bad? An LSTM on made-up text of different lengths."""

import random

import numpy as np
from tensorflow.keras.layers import LSTM, Bidirectional, Dense, Embedding
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import pad_sequences, set_random_seed

set_random_seed(7)

SUBJECTS = ["the film", "the plot", "this story", "every scene", "the music", "the cast"]
GOOD = ["was wonderful", "moved me", "is great fun", "shines", "was a joy"]
BAD = ["was dreadful", "bored me", "is a mess", "falls flat", "was a pain"]
FILLERS = ["i saw it with friends", "it rained that day", "we went home late", "the seats were red"]


def make_review():
    label = random.randint(0, 1)
    clauses = [f"{random.choice(SUBJECTS)} {random.choice(GOOD if label else BAD)}"]
    clauses += random.sample(FILLERS, random.randint(0, 3))
    random.shuffle(clauses)
    return " and ".join(clauses), label


texts, labels = zip(*(make_review() for _ in range(1200)))
vocabulary = {word: index for index, word in enumerate(sorted({w for t in texts for w in t.split()}), 1)}
sequences = [[vocabulary[word] for word in text.split()] for text in texts]
x = pad_sequences(sequences, maxlen=24, padding="post")
y = np.array(labels, dtype="float32")

model = Sequential()
model.add(Embedding(len(vocabulary) + 1, 16, mask_zero=True))
model.add(Bidirectional(LSTM(16, return_sequences=True)))
model.add(LSTM(16, dropout=0.1))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.build((None, 24))
model.summary()

model.fit(x[:1000], y[:1000], epochs=4, batch_size=32, validation_data=(x[1000:], y[1000:]), verbose=2)
loss, accuracy = model.evaluate(x[1000:], y[1000:], verbose=0)
print(f"Accuracy on unseen reviews: {accuracy:.3f}")
assert accuracy > 0.9
