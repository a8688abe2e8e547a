# Sentiment of reviews with an embedding and an LSTM, then a bidirectional one.
from tensorflow.keras.datasets import imdb
from tensorflow.keras.layers import LSTM, Bidirectional, Dense, Embedding, SpatialDropout1D
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing import sequence

max_features = 500
maxlen = 24
batch_size = 32
(input_train, y_train), (input_test, y_test) = imdb.load_data(num_words=max_features)
word_index = imdb.get_word_index()
reverse = dict([(value, key) for (key, value) in word_index.items()])
print(" ".join([reverse.get(i - 3, "?") for i in input_train[0][:5]]))
input_train = sequence.pad_sequences(input_train, maxlen=maxlen)
input_test = sequence.pad_sequences(input_test, maxlen=maxlen, padding="post", truncating="post")
print(input_train.shape, input_test.sum())

model = Sequential()
model.add(Embedding(max_features, 16))
model.add(SpatialDropout1D(0.2))
model.add(LSTM(16, dropout=0.2, recurrent_dropout=0.2))
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])
history = model.fit(input_train, y_train, epochs=2, batch_size=batch_size, validation_split=0.2)
acc = history.history["acc"]
val_acc = history.history["val_acc"]

model = Sequential()
model.add(Embedding(max_features, 16, mask_zero=True))
model.add(Bidirectional(LSTM(8, return_sequences=True)))
model.add(Bidirectional(LSTM(8)))
model.add(Dense(1, activation="sigmoid"))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(input_train, y_train, epochs=2, batch_size=batch_size, validation_data=(input_test, y_test))
loss, accuracy = model.evaluate(input_test, y_test)
print("loss", loss, "accuracy", accuracy)
