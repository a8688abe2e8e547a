# Sarcasm-style text classification with a Tokenizer and padded sequences.
import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer

rng = np.random.RandomState(3)
good = ["great", "lovely", "fine", "sunny", "happy"]
bad = ["awful", "broken", "sad", "rainy", "late"]
things = ["train", "movie", "soup", "garden", "phone", "book"]
sentences, labels = [], []
for i in range(240):
    label = int(rng.randint(2))
    words = [["The", "A"][rng.randint(2)], things[rng.randint(6)], "was", (bad if label else good)[rng.randint(5)]]
    sentences.append(" ".join(words) + ["!", ".", "?"][rng.randint(3)])
    labels.append(label)
training_sentences, testing_sentences = sentences[:200], sentences[200:]
training_labels, testing_labels = np.array(labels[:200]), np.array(labels[200:])

vocab_size, embedding_dim, max_length, oov_tok = 15, 8, 6, "<OOV>"
tokenizer = Tokenizer(num_words=vocab_size, oov_token=oov_tok)
tokenizer.fit_on_texts(training_sentences)
word_index = tokenizer.word_index
print(len(word_index), tokenizer.word_counts["was"], tokenizer.index_word[2])
training_padded = pad_sequences(tokenizer.texts_to_sequences(training_sentences), maxlen=max_length,
                                padding="post", truncating="post")
testing_padded = pad_sequences(tokenizer.texts_to_sequences(testing_sentences), maxlen=max_length,
                               padding="post", truncating="post")
print(training_padded[:2])
print(tokenizer.texts_to_matrix(testing_sentences, mode="tfidf").sum())
print(tokenizer.sequences_to_matrix(tokenizer.texts_to_sequences(testing_sentences), mode="count").sum())

model = tf.keras.Sequential([
    tf.keras.layers.Embedding(vocab_size, embedding_dim),
    tf.keras.layers.GlobalAveragePooling1D(),
    tf.keras.layers.Dense(12, activation="relu"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.build(input_shape=(None, max_length))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.summary()
model.fit(training_padded, training_labels, epochs=5, validation_data=(testing_padded, testing_labels), verbose=2)
e = model.layers[0]
weights = e.get_weights()[0]
print(weights.shape, weights.mean())

new_sentence = ["the book was lovely", "a train was late"]
print(model.predict(pad_sequences(tokenizer.texts_to_sequences(new_sentence), maxlen=max_length,
                                  padding="post", truncating="post")))

# The same with convolutions over words.
model = tf.keras.Sequential([
    tf.keras.layers.Embedding(vocab_size, embedding_dim),
    tf.keras.layers.Conv1D(16, 3, activation="relu"),
    tf.keras.layers.GlobalMaxPooling1D(),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer=tf.keras.optimizers.RMSprop(learning_rate=1e-3), metrics=["accuracy"])
model.fit(training_padded, training_labels, epochs=4, verbose=0)
