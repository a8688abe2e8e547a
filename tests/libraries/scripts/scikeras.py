"""scikeras: a classifier in a grid search, and a regressor."""

import numpy as np
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.model_selection import GridSearchCV
from tensorflow import keras

x = np.random.default_rng(0).normal(size=(80, 4)).astype("float32")
y = (x[:, 0] > 0).astype(int)


def classify(hidden=8, meta=None):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(hidden, "relu"),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )


def regress():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


classifier = KerasClassifier(
    classify,
    loss="binary_crossentropy",
    optimizer="adam",
    optimizer__learning_rate=0.05,
    hidden=10,
    epochs=12,
    verbose=0,
)
assert classifier.fit(x, y).score(x, y) > 0.8
assert classifier.predict_proba(x).shape == (80, 2)
grid = GridSearchCV(classifier, {"hidden": [4, 8], "epochs": [2, 5]}, cv=2).fit(x, y)
assert grid.best_params_["hidden"] in (4, 8)
assert KerasRegressor(regress, epochs=3, verbose=0).fit(x, x[:, 1]).predict(x).shape == (80,)
print("done")
