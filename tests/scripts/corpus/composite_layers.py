# Composite layers in the ways people write them.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(2)
x = rng.rand(24, 6).astype("float32")
ids = rng.randint(0, 9, (24, 4))
y = rng.randint(0, 3, 24)


class InBuild(layers.Layer):
    """Makes its layers in build, by the number of features."""

    def __init__(self, depth=2, **kw):
        super().__init__(**kw)
        self.depth = depth

    def build(self, input_shape):
        units = int(input_shape[-1])
        self.layers_list = [layers.Dense(units, activation="relu", name=f"d{i}") for i in range(self.depth)]
        self.norms = {"a": layers.LayerNormalization(), "b": layers.BatchNormalization()}
        self.scale = self.add_weight(shape=(units,), initializer="ones", name="scale")
        super().build(input_shape)

    def call(self, inputs, training=False):
        h = inputs
        for layer in self.layers_list:
            h = layer(h)
        h = self.norms["b"](self.norms["a"](h), training=training)
        return inputs + h * self.scale

    def get_config(self):
        return {**super().get_config(), "depth": self.depth}


class Gate(layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.proj = None

    def build(self, input_shape):
        left, right = input_shape
        self.proj = layers.Dense(left[-1], activation="sigmoid")
        self.proj.build(right)
        self.built = True

    def call(self, inputs, mask=None, **kwargs):
        left, right = inputs
        return left * self.proj(right)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


class Pooled(layers.Layer):
    """Hands masks on, and takes them."""

    def __init__(self, **kw):
        super().__init__(**kw)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return tf.reduce_mean(inputs, axis=1)
        m = tf.cast(mask, inputs.dtype)[..., tf.newaxis]
        return tf.reduce_sum(inputs * m, axis=1) / tf.maximum(tf.reduce_sum(m, axis=1), 1.0)

    def compute_mask(self, inputs, mask=None):
        return None


class Net(keras.Model):
    def __init__(self, classes, *args, **kwargs):
        super(Net, self).__init__(*args, **kwargs)
        self.embed = layers.Embedding(9, 6, mask_zero=True)
        self.pool = Pooled()
        self.stack = [InBuild(1), InBuild(2, name="second")]
        self.gate = Gate()
        self.head = keras.Sequential([layers.Dropout(0.2), layers.Dense(classes)])
        self.aux = layers.Dense(1, name="aux")
        self.extra = keras.metrics.Mean(name="norm")

    def call(self, inputs, training=None):
        h = self.pool(self.embed(inputs["ids"]))
        for layer in self.stack:
            h = layer(h, training=training)
        h = self.gate([h, inputs["x"]])
        self.add_loss(0.01 * tf.reduce_mean(tf.square(h)))
        self.extra.update_state(tf.norm(h, axis=-1))
        return {"class": self.head(h, training=training), "value": self.aux(h)}


net = Net(3)
net.compile("adam", {"class": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "value": "mse"},
            loss_weights={"class": 1.0, "value": 0.3}, metrics={"class": ["accuracy"], "value": "mae"})
data = {"ids": ids, "x": x}
h = net.fit(data, {"class": y, "value": x[:, :1]}, epochs=2, batch_size=8, validation_split=0.25)
print(len(net.weights), len(net.trainable_weights), len(net.losses))
out = net.predict(data, verbose=0)
print({k: v.shape for k, v in out.items()}, float(out["value"].mean()))
net.save_weights("n.weights.h5")
other = Net(3)
other({"ids": ids[:1], "x": x[:1]})
other.load_weights("n.weights.h5")
print(float(np.abs(other.predict(data, verbose=0)["class"] - out["class"]).max()) < 1e-5)

inp = keras.Input((6,))
f = keras.Model(inp, Gate()([InBuild(2)(inp), layers.Dense(4)(inp)]))
f.compile("sgd", "mae")
f.fit(x, x, epochs=2, batch_size=12)
twin = keras.Model.from_config(f.get_config(), custom_objects={"Gate": Gate, "InBuild": InBuild})
twin.set_weights(f.get_weights())
print(float(np.abs(twin.predict(x, verbose=0) - f.predict(x, verbose=0)).max()) < 1e-6)
cl = keras.models.clone_model(f)
print(len(cl.weights), cl.count_params())


class Residual(keras.Model):
    """Functional inside, subclassed outside."""

    def __init__(self, units):
        inputs = keras.Input((6,))
        outputs = layers.add([inputs, layers.Dense(units)(inputs)])
        super().__init__(inputs=inputs, outputs=outputs)
        self.factor = 2.0

    def train_step(self, data):
        logs = super().train_step(data)
        logs["factor"] = tf.constant(self.factor)
        return logs


r = Residual(6)
r.compile(keras.optimizers.Lion(0.01), "mse", metrics=[keras.metrics.RootMeanSquaredError()])
r.fit(x, x * 2, epochs=2, batch_size=8)


class Ensemble(layers.Layer):
    def __init__(self, members):
        super().__init__()
        self.members = members

    def call(self, inputs):
        return tf.stack([m(inputs) for m in self.members], axis=0)


class Wrapper(layers.Wrapper):
    def call(self, inputs, training=None):
        return 2.0 * self.layer(inputs)


e = keras.Sequential([Ensemble([layers.Dense(3), layers.Dense(3, use_bias=False)]), layers.Lambda(lambda t: tf.reduce_mean(t, axis=0)), Wrapper(layers.Dense(2))])
e.build((None, 6))
print(e(x[:2]).shape, len(e.weights))
e.compile("sgd", "mse")
e.fit(x, x[:, :2], epochs=1, batch_size=24)
tower = keras.Sequential([layers.Dense(4), InBuild(1)])
a, b = keras.Input((6,)), keras.Input((6,))
shared = keras.Model([a, b], layers.Dot(1)([tower(a), tower(b)]))
shared.compile("adam", "mse")
shared.fit([x, x[::-1]], np.ones(24), epochs=2, batch_size=8)
print(len(shared.weights), [l.name.split("_")[0] for l in shared.layers if not isinstance(l, layers.InputLayer)][-1])
