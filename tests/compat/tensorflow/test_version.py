import keras
import tensorflow as tf
import tf_keras


def test_versions_are_those_whose_names_are_offered():
    assert tf.__version__.startswith("2.")
    assert tf.__version__ == tf.version.VERSION
    assert keras.__version__ == tf.keras.__version__ == tf_keras.__version__
    assert keras.__version__ >= "3"
