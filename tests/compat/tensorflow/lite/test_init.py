import pytest
import tensorflow as tf


def test_converting_says_how_torch_does_it():
    for converter in (
        tf.lite.TFLiteConverter.from_keras_model(None),
        tf.lite.TFLiteConverter.from_saved_model("folder"),
        tf.lite.TFLiteConverter.from_concrete_functions([]),
    ):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        with pytest.raises(RuntimeError, match=r"torch\.export\.save.*ExecuTorch"):
            converter.convert()
    with pytest.raises(RuntimeError, match="torch runs no TensorFlow Lite files"):
        tf.lite.Interpreter(model_path="model.tflite")
