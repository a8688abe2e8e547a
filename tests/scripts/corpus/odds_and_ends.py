# What scripts use beside models: sequences of batches, own steps and masks, devices, printing.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

tf.get_logger().setLevel("ERROR")
for device in tf.config.experimental.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(device, True)
print(len(tf.config.list_logical_devices("GPU")))
tf.print("one", tf.constant([1, 2]))


class Batches(keras.utils.Sequence):
    def __init__(self, x, y, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return len(self.x) // self.batch_size

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        self.x = self.x * 1.0


class Shift(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs + 0.5

    def compute_mask(self, inputs, mask=None):
        return mask

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Tester(keras.Model):
    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        return {"loss": loss, "size": tf.reduce_mean(tf.abs(y_pred))}


rng = np.random.RandomState(8)
x = rng.normal(size=(48, 5, 3)).astype("float32")
x[::3, 3:] = 0
y = x.sum((1, 2))[:, None]
inputs = keras.Input((5, 3))
hidden = layers.Masking()(inputs)
hidden = Shift()(hidden)
hidden = layers.LSTM(6)(hidden)
model = Tester(inputs, layers.Dense(1)(hidden))
model.compile(optimizer="adam", loss=keras.losses.MeanSquaredError())
history = model.fit(Batches(x, y, 12), epochs=2, shuffle=False, verbose=0)
print(history.history["loss"])
print(model.evaluate(x, y, batch_size=48, verbose=0, return_dict=True)["size"])

ragged = tf.ragged.constant([[1, 2], [3]])
print(ragged.to_tensor().numpy(), tf.RaggedTensor.from_row_lengths([4, 5, 6], [1, 2]).to_list())
sparse = tf.SparseTensor(indices=[[0, 1], [1, 0]], values=[2.0, 3.0], dense_shape=[2, 2])
print(tf.sparse.to_dense(sparse).numpy(), tf.sparse.sparse_dense_matmul(sparse, tf.eye(2)).numpy())
generator = tf.random.Generator.from_seed(4)
print(generator.normal([3]).shape, keras.random.uniform((2, 2)).shape)
print(float(keras.activations.sigmoid(tf.constant(0.0))), tf.constant([3.0, 1.0]).numpy().min())
volume = keras.Sequential([keras.Input((4, 4, 4, 1)), layers.Conv3D(2, 3), layers.Flatten(), layers.Dense(1)])
volume.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsolutePercentageError(name="mape")])
cubes = rng.normal(size=(8, 4, 4, 4, 1)).astype("float32")
print(volume.fit(cubes, cubes.mean((1, 2, 3)) + 3, epochs=2, verbose=0, shuffle=False).history["loss"])
try:
    tf.reshape(tf.constant([1, 2, 3]), [2, 2])
except tf.errors.InvalidArgumentError:
    print("caught", 1)
