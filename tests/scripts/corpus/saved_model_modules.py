# Functions with signatures, tf.Module, and SavedModel folders: exported, loaded, called by signature.
import numpy as np
import tensorflow as tf


class Adder(tf.Module):
    def __init__(self):
        super().__init__()
        self.offset = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec(shape=[None], dtype=tf.float32)])
    def add(self, x):
        return x + self.offset

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def mutate(self, new_offset):
        self.offset.assign(new_offset)


module = Adder()
print(module.add(tf.constant([1.0, 2.0])).numpy(), len(module.trainable_variables))
tf.saved_model.save(module, "adder")
imported = tf.saved_model.load("adder")
print(imported.add(tf.constant([5.0])).numpy(), imported.offset.numpy())
imported.mutate(tf.constant(10.0))
print(imported.add(tf.constant([5.0])).numpy())
tf.saved_model.save(module, "signed", signatures={"plus": module.add.get_concrete_function(tf.TensorSpec([None], tf.float32))},
                    options=tf.saved_model.SaveOptions())
signed = tf.saved_model.load("signed", options=tf.saved_model.LoadOptions())
print(len(signed.signatures), list(signed.signatures["plus"](x=tf.constant([1.0, 1.5])).values())[0].numpy())

rng = np.random.RandomState(0)
x = rng.normal(size=(64, 5)).astype("float32")
y = (x @ rng.normal(size=(5, 1))).astype("float32")
model = tf.keras.Sequential([tf.keras.layers.Input((5,)), tf.keras.layers.Dense(4, activation="relu"), tf.keras.layers.Dense(1)])
model.compile("adam", "mse", metrics=[tf.keras.metrics.MeanAbsoluteError()])
model.fit(x, y, epochs=2, verbose=0)
before = model.predict(x[:2], verbose=0)
model.save("model.keras")
print(np.allclose(tf.keras.models.load_model("model.keras").predict(x[:2], verbose=0), before, atol=1e-5))


@tf.function
def power(base, exponent=2):
    if exponent > 2:
        return base * base * base
    return base * base


print(power(tf.constant(3.0)).numpy(), power(tf.constant(3.0), exponent=3).numpy())
concrete = power.get_concrete_function(tf.TensorSpec(shape=None, dtype=tf.float32))
print(concrete(tf.constant([4.0])).numpy())


@tf.function
def collatz(n):
    steps = tf.constant(0)
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


print(collatz(tf.constant(27)).numpy())


class Dense(tf.Module):
    def __init__(self, in_features, out_features, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([in_features, out_features]), name="w")
        self.b = tf.Variable(tf.zeros([out_features]), name="b")

    def __call__(self, x):
        return tf.nn.relu(tf.matmul(x, self.w) + self.b)


class Network(tf.Module):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.dense_1 = Dense(in_features=3, out_features=3)
        self.dense_2 = Dense(in_features=3, out_features=2)

    def __call__(self, x):
        return self.dense_2(self.dense_1(x))


network = Network(name="net")
print(network(tf.constant([[2.0, 2.0, 2.0]])).numpy(), len(network.submodules), [v.name.count(":") for v in network.variables].__len__())
checkpoint = tf.train.Checkpoint(model=network)
path = checkpoint.save("net_ckpt")
network.dense_1.w.assign(tf.zeros([3, 3]))
checkpoint.restore(path).assert_consumed()
print(network(tf.constant([[2.0, 2.0, 2.0]])).numpy())
tf.io.gfile.makedirs("folder/inner")
tf.io.gfile.rmtree("folder")
print(tf.io.gfile.exists("folder"))
