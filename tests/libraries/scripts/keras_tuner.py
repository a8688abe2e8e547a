"""keras-tuner: three searches over units and rates."""

import keras_tuner as kt
import numpy as np
from tensorflow import keras


def build(hp):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(hp.Int("units", 4, 16, step=4), activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    rate = hp.Choice("rate", [1e-2, 1e-3])
    model.compile(keras.optimizers.Adam(rate), "mse", metrics=["mae"])
    return model


x = np.random.default_rng(0).uniform(size=(64, 3)).astype("float32")
y = x.sum(1, keepdims=True)
for tuner, options in [
    (kt.RandomSearch, {"max_trials": 3}),
    (kt.Hyperband, {"max_epochs": 3}),
    (kt.BayesianOptimization, {"max_trials": 3}),
]:
    search = tuner(build, "val_loss", directory=tuner.__name__, overwrite=True, **options)
    search.search(x, y, epochs=2, validation_split=0.25, verbose=0)
    best = search.get_best_hyperparameters()[0].values
    assert best["units"] in (4, 8, 12, 16), best
    assert search.get_best_models()[0].predict(x[:2], verbose=0).shape == (2, 1)
print("done")
