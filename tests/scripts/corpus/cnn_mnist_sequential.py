import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train.reshape((-1, 28, 28, 1)).astype("float32") / 255
x_test = x_test.reshape((-1, 28, 28, 1)).astype("float32") / 255
y_train = tf.keras.utils.to_categorical(y_train)
y_test = tf.keras.utils.to_categorical(y_test)

model = models.Sequential()
model.add(layers.Conv2D(8, (3, 3), activation="relu", input_shape=(28, 28, 1)))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(16, (3, 3), activation="relu"))
model.add(layers.MaxPool2D(pool_size=2))
model.add(layers.Dropout(0.25))
model.add(layers.Flatten())
model.add(layers.Dense(32))
model.add(layers.Activation("relu"))
model.add(layers.Dropout(rate=0.5))
model.add(layers.Dense(10, activation="softmax"))
model.summary()

model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=64, epochs=3, validation_split=0.2)
test_loss, test_acc = model.evaluate(x_test, y_test)
print("test accuracy", test_acc)
print("loss per epoch", history.history["loss"])
predictions = model.predict(x_test)
print(np.argmax(predictions[:5], axis=1))
