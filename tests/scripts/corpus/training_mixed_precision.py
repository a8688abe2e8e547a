# Mixed precision: a policy for layers, a float32 head, a scaled loss in a loop of one's own.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers, mixed_precision

mixed_precision.set_global_policy("mixed_bfloat16")
policy = mixed_precision.global_policy()
print("Compute", policy.compute_dtype == "bfloat16", "Variables", policy.variable_dtype == "float32")
inputs = keras.Input((20,))
dense = layers.Dense(16, activation="relu", name="dense_1")
x = dense(inputs)
print(dense.compute_dtype == "bfloat16", dense.dtype == "float32")
x = layers.Dense(16, activation="relu", name="dense_2")(x)
outputs = layers.Dense(3)(x)
outputs = layers.Activation("softmax", dtype="float32", name="predictions")(outputs)
model = keras.Model(inputs, outputs)
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.05), metrics=["accuracy"])
rng = np.random.RandomState(9)
x_train = rng.normal(size=(128, 20)).astype("float32")
y_train = x_train[:, :3].argmax(1)
history = model.fit(x_train, y_train, batch_size=32, epochs=2, verbose=0)
print("fell", history.history["loss"][1] < history.history["loss"][0])
print(model.predict(x_train[:4], verbose=0).dtype == np.float32)
mixed_precision.set_global_policy("float32")
plain = keras.Sequential([keras.Input((20,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
plain.set_weights([w * 0 + 0.1 for w in plain.get_weights()])
optimizer = mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(0.1))
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for step in range(3):
    with tf.GradientTape() as tape:
        loss = loss_object(y_train, plain(x_train, training=True))
        scaled = optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled, plain.trainable_variables)
    optimizer.apply_gradients(zip(gradients, plain.trainable_variables))
    print("step", step, float(loss))
