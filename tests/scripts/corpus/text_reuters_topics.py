# Newswires by topic: words to vectors, one-hot targets, a dense network.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.datasets import reuters

(train_data, train_labels), (test_data, test_labels) = reuters.load_data(num_words=500)
word_index = reuters.get_word_index()
print(len(train_data), len(test_data), isinstance(word_index, dict))


def vectorize(sequences, dimension=500):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        results[i, [word for word in sequence if word < dimension]] = 1.0
    return results


x_train, x_test = vectorize(train_data), vectorize(test_data)
y_train = keras.utils.to_categorical(train_labels, 46)
y_test = keras.utils.to_categorical(test_labels, 46)
model = keras.Sequential([
    layers.Dense(32, activation=keras.activations.relu, input_shape=(500,)),
    layers.Dense(32, activation="relu", kernel_initializer="he_normal", bias_initializer=keras.initializers.Zeros()),
    layers.Dense(46, activation=keras.activations.softmax),
])
model.compile(optimizer=tf.optimizers.RMSprop(0.001), loss=tf.losses.CategoricalCrossentropy(), metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=3, batch_size=64, validation_data=(x_test, y_test), verbose=0)
print(history.history["loss"], history.history["val_loss"])
predictions = model.predict(x_test, verbose=0)
print(predictions.shape, float(np.sum(predictions[0])))
hits = keras.metrics.sparse_categorical_accuracy(test_labels, predictions)
print(float(tf.reduce_mean(hits)))
errors = keras.losses.categorical_crossentropy(y_test, predictions)
print(float(tf.reduce_mean(errors)))
accuracy = keras.metrics.Accuracy()
accuracy.update_state(test_labels, np.argmax(predictions, axis=-1))
squares = keras.metrics.MeanSquaredError()
squares.update_state(y_test, predictions)
print(float(accuracy.result()), float(squares.result()))
copy = keras.Sequential.from_config(model.get_config())
copy.set_weights(model.get_weights())
print(float(np.abs(copy.predict(x_test, verbose=0) - predictions).max()))
