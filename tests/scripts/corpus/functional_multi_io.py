# Several inputs and outputs: tickets, wide & deep, shared layers, loss weights.
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers import Concatenate, Dot, add, concatenate, multiply, average, subtract

rng = np.random.RandomState(9)
num_tags, num_words, num_departments = 6, 50, 4
title_input = keras.Input(shape=(None,), name="title")
body_input = keras.Input(shape=(None,), name="body")
tags_input = keras.Input(shape=(num_tags,), name="tags")
title_features = layers.Embedding(num_words, 8)(title_input)
body_features = layers.Embedding(num_words, 8)(body_input)
title_features = layers.LSTM(8)(title_features)
body_features = layers.LSTM(4)(body_features)
x = layers.concatenate([title_features, body_features, tags_input])
priority_pred = layers.Dense(1, name="priority")(x)
department_pred = layers.Dense(num_departments, name="department")(x)
model = keras.Model(inputs=[title_input, body_input, tags_input], outputs=[priority_pred, department_pred])
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={"priority": keras.losses.BinaryCrossentropy(from_logits=True),
          "department": keras.losses.CategoricalCrossentropy(from_logits=True)},
    loss_weights={"priority": 1.0, "department": 0.2},
)
title_data = rng.randint(num_words, size=(96, 5))
body_data = rng.randint(num_words, size=(96, 8))
tags_data = rng.randint(2, size=(96, num_tags)).astype("float32")
priority_targets = rng.random_sample(size=(96, 1))
dept_targets = np.eye(num_departments)[rng.randint(num_departments, size=96)]
model.fit({"title": title_data, "body": body_data, "tags": tags_data},
          {"priority": priority_targets, "department": dept_targets}, epochs=2, batch_size=32)
print(model.output_names)

# Wide & deep with an auxiliary output.
x_wide = rng.normal(size=(128, 5)).astype("float32")
x_deep = rng.normal(size=(128, 6)).astype("float32")
y = x_wide.sum(axis=1) + np.sin(x_deep[:, 0])
input_A = layers.Input(shape=[5], name="wide_input")
input_B = layers.Input(shape=[6], name="deep_input")
hidden1 = layers.Dense(12, activation="relu")(input_B)
hidden2 = layers.Dense(12, activation="relu")(hidden1)
concat = Concatenate()([input_A, hidden2])
output = layers.Dense(1, name="main_output")(concat)
aux_output = layers.Dense(1, name="aux_output")(hidden2)
model = keras.Model(inputs=[input_A, input_B], outputs=[output, aux_output])
model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer=keras.optimizers.SGD(1e-2),
              metrics=[["mae"], ["mae"]])
model.fit([x_wide, x_deep], [y, y], epochs=3, validation_split=0.25, verbose=0)
main, aux = model.predict([x_wide[:3], x_deep[:3]], verbose=0)
print(main.ravel(), aux.ravel())

# A residual toy, and merges of every kind.
inputs = keras.Input(shape=(16, 16, 3), name="img")
x = layers.Conv2D(4, 3, activation="relu")(inputs)
block_1_output = layers.MaxPooling2D(2)(x)
x = layers.Conv2D(4, 3, activation="relu", padding="same")(block_1_output)
block_2_output = layers.add([x, block_1_output])
x = layers.GlobalMaxPooling2D()(block_2_output)
a, b = layers.Dense(4)(x), layers.Dense(4)(x)
merged = concatenate([add([a, b]), multiply([a, b]), average([a, b]), subtract([a, b]), Dot(axes=1)([a, b])])
outputs = layers.Dense(3, activation="softmax")(merged)
model = keras.Model(inputs, outputs, name="toy_resnet")
model.summary()
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["acc"])
model.fit(rng.rand(64, 16, 16, 3), np.eye(3)[rng.randint(3, size=64)], batch_size=16, epochs=2, verbose=0)
