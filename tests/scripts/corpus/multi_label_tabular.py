# Wide and deep on a table with several answers: normalization, crossed and one-hot categories.
import numpy as np
import pandas as pd
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(14)
n = 160
frame = pd.DataFrame({
    "age": rng.randint(18, 80, n),
    "income": rng.lognormal(3, 0.5, n),
    "city": rng.choice(["Oslo", "Rome", "Lima"], n),
})
targets = np.stack([frame.age > 50, frame.income > 20, frame.city == "Rome"], axis=1).astype("float32")
normalizer = layers.Normalization(axis=-1)
normalizer.adapt(frame[["age", "income"]].values.astype("float32"))
lookup = layers.StringLookup(vocabulary=["Oslo", "Rome", "Lima"], output_mode="one_hot")
cities = np.asarray(lookup(frame[["city"]].values.astype(str)))
numbers = keras.Input((2,), name="numbers")
city = keras.Input((4,), name="city")
deep = layers.Dense(16, activation="elu", kernel_initializer="he_uniform")(normalizer(numbers))
deep = layers.Dense(8, activation="selu", kernel_initializer="lecun_normal")(deep)
x = layers.concatenate([deep, city])
outputs = layers.Dense(3, activation="sigmoid", name="answers")(x)
model = keras.Model([numbers, city], outputs)
model.compile(optimizer=keras.optimizers.Nadam(0.02), loss="binary_crossentropy",
              metrics=[keras.metrics.BinaryAccuracy(name="acc"), keras.metrics.AUC(multi_label=True, name="auc"),
                       keras.metrics.Precision(), keras.metrics.Recall()])
values = {"numbers": frame[["age", "income"]].values.astype("float32"), "city": cities.astype("float32")}
history = model.fit(values, targets, epochs=3, batch_size=32, verbose=0,
                    sample_weight=np.where(targets[:, 0] > 0, 2.0, 1.0))
print(history.history["loss"], history.history["auc"])
results = model.evaluate(values, targets, verbose=0, return_dict=True)
print(results["acc"], results["loss"])
model.summary(print_fn=lambda line, **kwargs: None)
print(model.count_params(), [layer.name for layer in model.layers][-1] == "answers")
