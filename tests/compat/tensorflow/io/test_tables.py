import pytest
import tensorflow as tf


def test_empty_fields_take_the_default_or_are_errors():
    assert [x.tolist() for x in tf.io.decode_csv(["1,", ",2"], [[7], [0.5]])] == [[1, 7], [0.5, 2]]
    for required in ([tf.constant([], tf.int32), 0], [tf.int32, 0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Field 0 is required"):
            tf.io.decode_csv(",2", required)


def test_lines_that_do_not_fit_are_errors():
    with pytest.raises(ValueError, match="Expect 1 fields but have 2"):
        tf.io.decode_csv("1,2", [[0]])
    with pytest.raises(ValueError, match="valid int32"):
        tf.io.decode_csv("1.5", [[0]])
    with pytest.raises(ValueError, match="matching quotes"):
        tf.io.decode_csv('"a', [[""]])
    with pytest.raises(ValueError, match="one character"):
        tf.io.decode_csv("a", [[""]], field_delim="::")
    with pytest.raises(ValueError, match="float32, tf.float64"):
        tf.io.decode_csv("1", [tf.constant([1], tf.int8)])


def test_quotes_count_only_if_told():
    assert tf.io.decode_csv('"a,b",c', [[""], [""]])[0].numpy() == b"a,b"
    plain = tf.io.decode_csv('"a,b"', [[""], [""]], use_quote_delim=False)
    assert [x.numpy() for x in plain] == [b'"a', b'b"']


def test_shapes_stay():
    assert tf.io.decode_csv([["1"], ["2"]], [[0]])[0].tolist() == [[1], [2]]
