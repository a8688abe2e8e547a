"""Two groups of features in, two predictions out: a functional model, which is a torch.fx graph."""

import numpy as np

import torchkeras as keras
from torchkeras import layers

keras.utils.set_random_seed(42)

rng = np.random.default_rng(42)
features = rng.normal(size=(2000, 8)).astype("float32")
price = features[:, 0] * 2 + np.abs(features[:, 3]) - features[:, 5] * features[:, 6]
price = price.astype("float32")[:, None]
wide, deep = features[:, :5], features[:, 2:]

input_wide = keras.Input(shape=(5,), name="wide")
input_deep = keras.Input(shape=(6,), name="deep")
hidden = layers.Dense(30, activation="relu")(input_deep)
hidden = layers.Dense(30, activation="relu")(hidden)
joined = layers.Concatenate()([input_wide, hidden])
model = keras.Model(
    inputs={"wide": input_wide, "deep": input_deep},
    outputs={"main": layers.Dense(1)(joined), "aux": layers.Dense(1)(hidden)},
)
print(model.graph_module.code)

model.compile(
    loss={"main": "mse", "aux": "mse"},
    loss_weights={"main": 0.9, "aux": 0.1},
    optimizer=keras.optimizers.Adam(5e-3),
    metrics={"main": ["mae"]},
)
history = model.fit(
    {"wide": wide, "deep": deep},
    {"main": price, "aux": price},
    epochs=15,
    validation_split=0.2,
    verbose=2,
)
predicted = model.predict({"wide": wide[:3], "deep": deep[:3]}, verbose=0)
print("Predicted", predicted["main"].ravel().round(2), "for", price[:3].ravel().round(2))
assert history.history["loss"][-1] < history.history["loss"][0] / 2
