# Regression with k-fold validation on the housing data.
import numpy as np
from keras import layers, models
from keras.datasets import boston_housing
import keras.backend as K

(train_data, train_targets), (test_data, test_targets) = boston_housing.load_data()
mean = train_data.mean(axis=0)
train_data -= mean
std = train_data.std(axis=0)
train_data /= std
test_data = (test_data - mean) / std


def build_model():
    model = models.Sequential()
    model.add(layers.Input(shape=(train_data.shape[1],)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


k = 3
num_val_samples = len(train_data) // k
all_mae = []
for i in range(k):
    K.clear_session()
    val_data = train_data[i * num_val_samples:(i + 1) * num_val_samples]
    val_targets = train_targets[i * num_val_samples:(i + 1) * num_val_samples]
    partial_data = np.concatenate([train_data[:i * num_val_samples], train_data[(i + 1) * num_val_samples:]], axis=0)
    partial_targets = np.concatenate([train_targets[:i * num_val_samples], train_targets[(i + 1) * num_val_samples:]], axis=0)
    model = build_model()
    history = model.fit(partial_data, partial_targets, validation_data=(val_data, val_targets),
                        epochs=5, batch_size=16, verbose=0)
    all_mae.append(history.history["val_mae"])
average = [np.mean([x[i] for x in all_mae]) for i in range(5)]
print(average)
model = build_model()
model.fit(train_data, train_targets, epochs=3, batch_size=16, verbose=0)
print(model.evaluate(test_data, test_targets, verbose=0))
print(model.predict(test_data[:4], verbose=0).ravel())
print(model.metrics_names)
