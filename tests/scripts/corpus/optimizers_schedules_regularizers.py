# Optimizers, schedules, initializers, activations and regularizers side by side.
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers, optimizers, regularizers
from tensorflow.keras.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Nadam, RMSprop
from tensorflow.keras.optimizers.schedules import ExponentialDecay

rng = np.random.RandomState(0)
X = rng.normal(size=(160, 10)).astype("float32")
labels = rng.randint(0, 3, 160)
X[np.arange(160), labels] += 2.0
Y = keras.utils.to_categorical(labels, 3)


def build(optimizer, activation="relu", initializer="glorot_uniform", **options):
    model = keras.models.Sequential()
    model.add(layers.Dense(12, input_dim=10, activation=activation, kernel_initializer=initializer, **options))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy", "categorical_crossentropy"])
    return model


for optimizer in (SGD(0.05), SGD(learning_rate=0.05, momentum=0.9, nesterov=True), RMSprop(0.01), Adam(0.01, amsgrad=True),
                  AdamW(0.01, weight_decay=0.01), Adamax(0.01), Nadam(0.01), Adagrad(0.1), Adadelta(1.0),
                  optimizers.Ftrl(0.1), optimizers.Lion(0.003), Adam(clipvalue=0.5), Adam(clipnorm=0.1), "sgd"):
    build(optimizer).fit(X, Y, epochs=2, batch_size=40, verbose=0)
decays = [
    ExponentialDecay(0.1, decay_steps=4, decay_rate=0.9, staircase=True),
    optimizers.schedules.InverseTimeDecay(0.1, decay_steps=4, decay_rate=0.5),
    optimizers.schedules.PiecewiseConstantDecay([4, 8], [0.1, 0.05, 0.01]),
    optimizers.schedules.PolynomialDecay(0.1, 10), optimizers.schedules.CosineDecay(0.1, 10),
]
for decay in decays:
    print(float(decay(5)))
    build(SGD(learning_rate=decay)).fit(X, Y, epochs=3, batch_size=40, verbose=0)
for activation in ("sigmoid", "tanh", "elu", "selu", "gelu", "swish", "softplus", "softsign", "hard_sigmoid",
                   keras.activations.relu, keras.activations.tanh):
    build("adam", activation).fit(X, Y, epochs=1, batch_size=40, verbose=0)
for initializer in ("he_uniform", "he_normal", "lecun_uniform", "orthogonal", "zeros", "ones", "random_normal",
                    keras.initializers.RandomUniform(-0.1, 0.1), keras.initializers.TruncatedNormal(stddev=0.1),
                    keras.initializers.VarianceScaling(2.0, mode="fan_avg"), keras.initializers.RandomNormal(0.0, 0.05)):
    build("sgd", initializer=initializer).fit(X, Y, epochs=1, batch_size=40, verbose=0)
for options in ({"kernel_regularizer": regularizers.l1(0.01)}, {"kernel_regularizer": regularizers.l2(0.01)},
                {"kernel_regularizer": regularizers.l1_l2(l1=0.001, l2=0.001)}, {"bias_regularizer": "l2"},
                {"activity_regularizer": regularizers.L2(0.01)}, {"kernel_constraint": keras.constraints.MaxNorm(0.5)},
                {"kernel_constraint": "non_neg"}, {"kernel_constraint": keras.constraints.UnitNorm()}):
    model = build("adam", **options)
    model.fit(X, Y, epochs=2, batch_size=40, verbose=0)
    print(sum(float(loss) for loss in model.losses), np.abs(model.get_weights()[0]).sum())
adam = Adam(0.01)
model = build(adam)
model.fit(X, Y, epochs=1, verbose=0)
adam.learning_rate.assign(0.001)
model.optimizer.learning_rate = 0.002
model.fit(X, Y, epochs=1, verbose=0)
print(adam.iterations.numpy(), float(adam.learning_rate))

deep = keras.Sequential([keras.Input((10,))])
for _ in range(3):
    deep.add(layers.Dense(8, use_bias=False))
    deep.add(layers.BatchNormalization(momentum=0.9))
    deep.add(layers.PReLU())
deep.add(layers.AlphaDropout(0.2))
deep.add(layers.GaussianNoise(0.1))
deep.add(layers.ELU())
deep.add(layers.ActivityRegularization(l2=0.001))
deep.add(layers.Dense(3))
deep.compile(optimizer="adam", loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
             metrics=[keras.metrics.CategoricalAccuracy(), keras.metrics.TopKCategoricalAccuracy(k=2)])
deep.fit(X, Y, epochs=3, batch_size=32, verbose=0)
print(len(deep.non_trainable_weights), [v.name for v in deep.layers[1].variables].__len__())
