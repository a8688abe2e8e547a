# Optimizers as they were before 2.11: lr, decay, iterations, and rates set through the backend.
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras import layers, models, optimizers

rng = np.random.RandomState(2)
x = rng.rand(80, 5).astype("float32")
y = (x @ rng.rand(5, 1)).astype("float32")


def build(optimizer):
    model = models.Sequential([layers.Dense(6, activation="tanh", input_dim=5), layers.Dense(1)])
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"])
    return model


old = optimizers.legacy
for optimizer in (
    old.SGD(lr=0.05, momentum=0.9, nesterov=True),
    old.SGD(learning_rate=0.1, decay=0.01),
    old.Adam(lr=0.01, beta_1=0.8, epsilon=1e-6),
    old.Adam(learning_rate=0.01, decay=1e-2, amsgrad=True),
    old.RMSprop(lr=0.005, rho=0.8, momentum=0.3, centered=True),
    old.Adagrad(lr=0.1, initial_accumulator_value=0.2),
    old.Adadelta(lr=1.0, rho=0.9),
    old.Adamax(lr=0.02),
    old.Ftrl(learning_rate=0.1, l1_regularization_strength=0.001),
    old.SGD(0.1, clipnorm=0.5),
    old.SGD(0.1, clipvalue=0.05),
):
    history = build(optimizer).fit(x, y, batch_size=20, epochs=3, verbose=0)
    print(type(optimizer).__name__, [round(n, 5) for n in history.history["loss"]])

model = build("sgd")
print(K.get_value(model.optimizer.lr))
K.set_value(model.optimizer.lr, 0.2)
print(float(K.eval(model.optimizer.lr)), model.optimizer.get_config()["learning_rate"])
model.fit(x, y, epochs=2, verbose=0, shuffle=False)
print(int(model.optimizer.iterations.numpy()))

schedule = tf.keras.optimizers.schedules.PolynomialDecay(0.1, 20, 0.01, power=2.0)
model = build(old.Adam(schedule))
model.fit(x, y, epochs=2, verbose=0, shuffle=False)
print(float(schedule(8)), optimizers.get("adagrad").get_config()["name"])

w = tf.Variable([1.0, -2.0])
optimizer = old.Adam(0.1)
for _ in range(3):
    optimizer.minimize(lambda: tf.reduce_sum(w ** 2), [w])
print(w.numpy())
state = optimizer.get_weights()
optimizer.set_weights(state)
optimizer.minimize(lambda: tf.reduce_sum(w ** 2), [w])
print(w.numpy(), int(optimizer.iterations))
