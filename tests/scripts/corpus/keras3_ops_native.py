# Keras 3 in its own words: keras.ops, stateless layers, seed generators, variables.
import numpy as np
import keras
from keras import layers, ops

keras.utils.set_random_seed(3)
x = ops.array([[1.0, 2.0], [3.0, 4.0]])
print(ops.convert_to_numpy(ops.matmul(x, x)), float(ops.sum(x)), float(ops.mean(x)), float(ops.max(x)))
print(ops.convert_to_numpy(ops.softmax(x)), ops.convert_to_numpy(ops.relu(x - 2)), ops.convert_to_numpy(ops.square(x)))
print(ops.convert_to_numpy(ops.concatenate([x, ops.ones_like(x)], axis=1)), ops.shape(x), ops.convert_to_numpy(ops.argmax(x, axis=1)))
print(ops.convert_to_numpy(ops.take(x, ops.array([1]), axis=0)), ops.convert_to_numpy(ops.one_hot(ops.array([1, 0]), 3)))
print(ops.convert_to_numpy(ops.where(x > 2, x, ops.zeros((2, 2)))), ops.convert_to_numpy(ops.cumsum(x, axis=0)))
print(ops.convert_to_numpy(ops.reshape(ops.arange(6), (2, 3))), ops.convert_to_numpy(ops.expand_dims(x, 0)).shape)
print(ops.convert_to_numpy(ops.clip(x, 1.5, 3.0)), ops.convert_to_numpy(ops.cast(x, "int32")), ops.convert_to_numpy(ops.transpose(x)))
print(ops.convert_to_numpy(ops.exp(x)), ops.convert_to_numpy(ops.sqrt(x)), ops.convert_to_numpy(ops.minimum(x, 2.0)))
print(ops.convert_to_numpy(ops.top_k(x, 1)[0]), ops.convert_to_numpy(ops.image.resize(ops.ones((1, 2, 2, 1)), (4, 4))).sum())
print(float(ops.linalg.norm(x)), ops.convert_to_numpy(ops.normalize(x)), ops.convert_to_numpy(ops.stack([x, x])).shape)


class Linear(keras.Layer):
    def __init__(self, units=8):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b


class ComputeSum(keras.Layer):
    def __init__(self, input_dim):
        super().__init__()
        self.total = keras.Variable(ops.zeros((input_dim,)), trainable=False)

    def call(self, inputs):
        self.total.assign(self.total + ops.sum(inputs, axis=0))
        return self.total


my_sum = ComputeSum(2)
my_sum(ops.ones((2, 2)))
print(ops.convert_to_numpy(my_sum(ops.ones((2, 2)))), len(my_sum.non_trainable_weights))


class RandomNoise(keras.Layer):
    def __init__(self, stddev=0.1, seed=None):
        super().__init__()
        self.stddev = stddev
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        if training:
            return inputs + keras.random.normal(ops.shape(inputs), stddev=self.stddev, seed=self.seed_generator)
        return inputs


class MLP(keras.Model):
    def __init__(self):
        super().__init__()
        self.noise = RandomNoise(seed=1)
        self.one = Linear(16)
        self.norm = layers.LayerNormalization()
        self.two = Linear(1)

    def call(self, x, training=None):
        return self.two(ops.relu(self.norm(self.one(self.noise(x, training=training)))))


class MAPE(keras.metrics.Metric):
    def __init__(self, name="my_mape", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")
        self.steps = self.add_variable(shape=(), initializer="zeros", name="steps")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(ops.mean(ops.abs(ops.divide_no_nan(y_true - y_pred, y_true))))
        self.steps.assign_add(1.0)

    def result(self):
        return self.total / self.steps

    def reset_state(self):
        self.total.assign(0.0)
        self.steps.assign(0.0)


rng = np.random.default_rng(0)
X = rng.normal(size=(128, 5)).astype("float32")
y = 3 + X @ rng.normal(size=(5, 1)).astype("float32")
model = MLP()
model.compile(optimizer=keras.optimizers.AdamW(0.01), loss=keras.losses.MeanSquaredError(),
              metrics=[MAPE(), keras.metrics.RootMeanSquaredError(), keras.metrics.MeanAbsoluteError()])
model.fit(X, y, epochs=3, batch_size=32, verbose=0)
print(model.evaluate(X, y, verbose=0))


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return len(self.x) // self.batch_size

    def __getitem__(self, i):
        part = slice(i * self.batch_size, (i + 1) * self.batch_size)
        return self.x[part], self.y[part]


model.fit(Batches(X, y, 16), epochs=2, verbose=0)
model.save("mlp.keras")
keras.config.set_dtype_policy("float32")
print(keras.config.epsilon(), keras.backend.image_data_format())
inputs = keras.Input((4, 3))
attended = layers.MultiHeadAttention(2, 3)(inputs, inputs)
x = layers.Add()([inputs, attended])
x = layers.GroupNormalization(1)(x)
pooled = ops.mean(x, axis=1)
functional = keras.Model(inputs, layers.Dense(2, activation="softmax")(pooled))
functional.compile("adam", "sparse_categorical_crossentropy", metrics=[keras.metrics.SparseCategoricalAccuracy()])
functional.fit(rng.normal(size=(64, 4, 3)), rng.integers(0, 2, 64), epochs=2, verbose=0)
