"""What ``tf.saved_model.save`` takes and refuses."""

import numpy as np
import pytest
import tensorflow as tf


class Scale(tf.Module):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable([[1.0], [2.0]], name="factor")

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def __call__(self, x):
        return tf.matmul(x, self.factor)


def test_a_single_function_with_a_signature_is_served(tmp_path):
    tf.saved_model.save(Scale(), tmp_path / "m")
    served = tf.saved_model.load(tmp_path / "m").signatures["serving_default"]
    assert served.structured_input_signature[1]["x"] == tf.TensorSpec([None, 2], tf.float32)
    assert served(x=np.ones((1, 2), "float32"))["output_0"].numpy().tolist() == [[3.0]]


def test_signatures_can_be_chosen(tmp_path):
    model = Scale()
    named = tf.function(lambda x: {"double": 2 * x})
    tf.saved_model.save(
        model,
        str(tmp_path / "m"),
        signatures={
            "scale": model.__call__,
            "double": named.get_concrete_function(tf.TensorSpec([None], tf.float32, name="given")),
        },
        options=tf.saved_model.SaveOptions(experimental_io_device="/job:localhost"),
    )
    signatures = tf.saved_model.load(
        tmp_path / "m", options=tf.saved_model.LoadOptions()
    ).signatures
    assert sorted(signatures) == ["double", "scale"]
    assert signatures["double"](given=[1.5])["double"].numpy().tolist() == [3.0]


def test_a_model_is_called_as_it_was(tmp_path):
    keras = tf.keras
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    model = keras.Model({"a": a, "b": b}, {"u": keras.layers.Dense(1)(a), "v": b * 2})
    given = {"a": np.ones((4, 2), "float32"), "b": np.ones((4, 3), "float32")}
    tf.saved_model.save(model, tmp_path / "m")
    loaded = tf.saved_model.load(tmp_path / "m")
    np.testing.assert_allclose(loaded(given)["u"].numpy(), model(given)["u"].numpy(), rtol=1e-6)
    served = loaded.signatures["serving_default"](**given)
    assert served["v"].numpy().tolist() == [[2.0] * 3] * 4


def test_a_subclass_is_kept_for_the_shape_that_it_was_built_with(tmp_path):
    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf.keras.layers.Dense(2)

        def call(self, x):
            return tf.nn.relu(self.dense(x))

    model, x = Net(), np.ones((5, 3), "float32")
    y = model(x)
    tf.saved_model.save(model, tmp_path / "m")
    loaded = tf.saved_model.load(tmp_path / "m")
    np.testing.assert_allclose(loaded(x[:2], training=False).numpy(), y[:2].numpy(), rtol=1e-6)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(loaded(x))
    shapes = [g.shape for g in tape.gradient(loss, loaded.trainable_variables)]
    assert shapes == [(3, 2), (2,)]


def test_what_cannot_be_written_is_named(tmp_path):
    class Text(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
        def call(self, x):
            return x

    class Choice(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def call(self, x):
            return x if x > 0 else -x

    with pytest.raises(ValueError, match="expected tensors of numbers"):
        tf.saved_model.save(Text(), tmp_path / "m")
    with pytest.raises(ValueError, match="Conditions and loops that depend on values"):
        tf.saved_model.save(Choice(), tmp_path / "m")
    with pytest.raises(ValueError, match="expected a tf.Module, Keras model"):
        tf.saved_model.save(3, tmp_path / "m")
    with pytest.raises(ValueError, match="a tf.function with an input_signature"):
        tf.saved_model.save(Scale(), tmp_path / "m", signatures=abs)
    with pytest.raises(ValueError, match="the inputs are unknown"):
        tf.saved_model.save(tf.keras.layers.Dense(2), tmp_path / "m")
    assert not (tmp_path / "m").exists()
