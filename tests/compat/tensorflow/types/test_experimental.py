import pytest
import tensorflow as tf

kinds = tf.types.experimental


def test_kinds_are_asked_for_and_annotated_with():
    def twice(x: kinds.TensorLike) -> kinds.Tensor:
        return tf.convert_to_tensor(x) * 2

    assert isinstance(twice([1.0]), kinds.Tensor)
    assert isinstance(tf.function(twice), kinds.GenericFunction)
    assert isinstance(tf.TensorSpec((), tf.int32), kinds.TraceType)
    with pytest.raises(AttributeError, match="TensorLik"):
        kinds.TensorLik  # noqa: B018
