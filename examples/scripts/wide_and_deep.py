"""Predict house prices from two groups of features: a functional model with two inputs and two outputs."""

import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(42)

rng = np.random.default_rng(42)
features = rng.normal(size=(2000, 8)).astype("float32")
price = features[:, 0] * 2 + np.abs(features[:, 3]) - features[:, 5] * features[:, 6]
price = (price + rng.normal(scale=0.1, size=2000)).astype("float32")[:, None]
train, test = slice(0, 1600), slice(1600, None)

wide_columns, deep_columns = features[:, :5], features[:, 2:]

input_wide = keras.layers.Input(shape=[5], name="wide_input")
input_deep = keras.layers.Input(shape=[6], name="deep_input")
normalized = keras.layers.Normalization()
normalized.adapt(deep_columns[train])
hidden1 = keras.layers.Dense(30, activation="relu")(normalized(input_deep))
hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
concat = keras.layers.concatenate([input_wide, hidden2])
output = keras.layers.Dense(1, name="main_output")(concat)
aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
model = keras.Model(inputs=[input_wide, input_deep], outputs=[output, aux_output])

model.compile(
    loss=["mse", "mse"],
    loss_weights=[0.9, 0.1],
    optimizer=keras.optimizers.Adam(learning_rate=5e-3),
    metrics=[["mae"], ["mae"]],
)
history = model.fit(
    [wide_columns[train], deep_columns[train]],
    [price[train], price[train]],
    epochs=20,
    validation_split=0.1,
    verbose=2,
    callbacks=[keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)],
)

results = model.evaluate(
    {"wide_input": wide_columns[test], "deep_input": deep_columns[test]},
    {"main_output": price[test], "aux_output": price[test]},
    return_dict=True,
    verbose=0,
)
print("Evaluation:", {name: round(value, 3) for name, value in results.items()})
main, aux = model.predict([wide_columns[test][:3], deep_columns[test][:3]], verbose=0)
print("Predicted", main.ravel().round(2), "for", price[test][:3].ravel().round(2))
assert history.history["loss"][-1] < history.history["loss"][0] / 2
