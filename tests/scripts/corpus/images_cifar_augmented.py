# A VGG-like network on small pictures: batch normalization, dropout, weight decay, callbacks.
import numpy as np
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras import regularizers
from tensorflow.keras.callbacks import LambdaCallback, LearningRateScheduler, TerminateOnNaN
from tensorflow.keras.datasets import cifar10
from tensorflow.keras.layers import (Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, GlobalMaxPooling2D,
                                     MaxPooling2D)
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import to_categorical

(x_train, y_train), (x_test, y_test) = cifar10.load_data()
x_train, x_test = x_train[:96].astype("float32"), x_test[:48].astype("float32")
mean, std = np.mean(x_train, axis=(0, 1, 2, 3)), np.std(x_train, axis=(0, 1, 2, 3))
x_train, x_test = (x_train - mean) / (std + 1e-7), (x_test - mean) / (std + 1e-7)
y_train, y_test = to_categorical(y_train[:96], 10), to_categorical(y_test[:48], 10)
model = Sequential()
model.add(Conv2D(8, (3, 3), padding="same", kernel_regularizer=regularizers.l2(1e-4), input_shape=x_train.shape[1:]))
model.add(Activation("elu"))
model.add(BatchNormalization())
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.2))
model.add(Conv2D(16, (3, 3), padding="same", kernel_regularizer=regularizers.l2(1e-4)))
model.add(Activation("elu"))
model.add(BatchNormalization())
model.add(GlobalMaxPooling2D())
model.add(Flatten())
model.add(Dense(10, activation="softmax"))


def lr_schedule(epoch):
    return 0.001 if epoch < 1 else 0.0005


seen = []
note = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(round(float(logs["loss"]), 3)))
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.001), metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=32, epochs=3, verbose=0, validation_data=(x_test, y_test),
                    callbacks=[LearningRateScheduler(lr_schedule), TerminateOnNaN(), note])
print(history.history["loss"])
print(len(seen), float(K.get_value(model.optimizer.learning_rate)))
scores = model.evaluate(x_test, y_test, batch_size=24, verbose=0)
print("\nTest result: %.3f loss: %.3f" % (scores[1] * 100, scores[0]))
K.clear_session()
