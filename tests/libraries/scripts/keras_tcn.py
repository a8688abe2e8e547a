"""keras-tcn: a temporal convolutional network is trained, saved and loaded."""

import numpy as np
from tcn import TCN
from tensorflow import keras
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential

x = np.random.default_rng(0).normal(size=(128, 20, 1)).astype("float32")
y = x[:, -5:].sum(1)
model = Sequential(
    [
        TCN(input_shape=(20, 1), nb_filters=8, dilations=(1, 2, 4), use_batch_norm=True),
        Dense(1),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "mse")
losses = model.fit(x, y, epochs=4, verbose=0).history["loss"]
assert losses[-1] < losses[0], losses
model.save("tcn.keras")
loaded = keras.models.load_model("tcn.keras", custom_objects={"TCN": TCN})
np.testing.assert_allclose(
    loaded.predict(x[:4], verbose=0), model.predict(x[:4], verbose=0), atol=1e-6
)
print("done")
