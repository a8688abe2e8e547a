# Layers, models and steps with methods that Keras 3 dropped.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras import layers

rng = np.random.RandomState(10)
x = rng.rand(48, 6).astype("float32")
y = rng.rand(48, 1).astype("float32")


class Gated(layers.Layer):
    def __init__(self, units, **kwargs):
        super(Gated, self).__init__(**kwargs)
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        self.w = self.add_weight("w", shape=[int(input_shape[-1]), self.units], initializer="glorot_uniform")
        self.g = self.add_variable("g", [int(input_shape[-1]), self.units], initializer="he_normal", regularizer=keras.regularizers.l2(1e-3))
        super(Gated, self).build(input_shape)

    def call(self, inputs):
        gate = K.sigmoid(K.dot(inputs, self.g))
        self.add_loss(1e-2 * tf.reduce_mean(gate))
        self.add_metric(tf.reduce_mean(gate), name="gate", aggregation="mean")
        return gate * tf.matmul(inputs, self.w)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:-1]) + (self.units,)

    def get_config(self):
        return dict(super(Gated, self).get_config(), units=self.units)


inputs = keras.Input(shape=(6,))
hidden = Gated(4, name="gated")(inputs)
outputs = layers.Dense(1)(hidden)
model = keras.Model(inputs, outputs)
model.add_loss(K.mean(K.square(outputs)) * 0.1)
model.add_metric(K.max(outputs), name="highest", aggregation="mean")
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
history = model.fit(x, y, epochs=2, batch_size=16, verbose=0)
print(sorted(history.history), model.metrics_names)
print(model.get_layer("gated").input_shape, model.get_layer("gated").output_shape, model.layers[1].get_output_at(0).shape)
print(len(model.losses), len(model.get_layer("gated").get_weights()), model.count_params())


class Steps(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = layers.Dense(4, activation="relu")
        self.head = layers.Dense(1)

    def call(self, inputs, training=None):
        return self.head(self.body(inputs))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        self.compiled_loss(y, y_pred)
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


steps = Steps()
steps.compile(optimizer=keras.optimizers.legacy.Adam(1e-2), loss="mse", metrics=["mae"])
steps.fit(x, y, epochs=2, batch_size=16, verbose=0, validation_data=(x[:16], y[:16]))
print(steps.evaluate(x, y, verbose=0))

left, right = layers.Input((3,)), layers.Input((3,))
shared = layers.Dense(2, name="shared")
joined = layers.dot([shared(left), shared(right)], axes=1, normalize=True)
total = layers.add([layers.multiply([shared(left), shared(right)]), layers.maximum([shared(left), shared(right)])])
twin = keras.models.Model(inputs=[left, right], outputs=[joined, layers.concatenate([total, joined])])
twin.compile("sgd", loss={"dot": "mse", "concatenate": "mae"} if "dot" in twin.output_names else ["mse", "mae"], loss_weights=[1.0, 0.5])
twin.fit([x[:, :3], x[:, 3:]], [y, np.repeat(y, 3, axis=1)], epochs=2, verbose=0)
print(shared.get_input_at(1).shape, [t.shape for t in twin.predict([x[:2, :3], x[:2, 3:]], verbose=0)])

model.save("whole.h5")
back = keras.models.load_model("whole.h5", custom_objects={"Gated": Gated}, compile=False)
print(np.allclose(back.predict(x, verbose=0), model.predict(x, verbose=0)))
plain = keras.Sequential([layers.Dense(3, input_shape=(6,), activation="relu"), layers.Dense(1)])
plain.compile("adam", "mse")
plain.fit(x, y, epochs=1, verbose=0)
plain.save("folder")
again = keras.models.load_model("folder")
again.fit(x, y, epochs=1, verbose=0)
plain.save_weights("ckpt")
plain.load_weights("ckpt")
named = keras.models.model_from_json(plain.to_json())
plain.save_weights("w.h5")
named.load_weights("w.h5", by_name=True)
print(np.allclose(named.predict(x, verbose=0), plain.predict(x, verbose=0)), plain.built, plain.stateful)
