import pytest
import tensorflow as tf

lookup = tf.lookup


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "words"
    path.write_text("x\t5\ny\t6\nz\t7\n")
    return str(path)


def test_types_are_those_of_tensors_or_given():
    plain = lookup.KeyValueTensorInitializer(["a"], [1])
    assert (plain.key_dtype, plain.value_dtype) == (tf.string, tf.int32)
    given = lookup.KeyValueTensorInitializer([1], [2], key_dtype=tf.int64, value_dtype=tf.float32)
    assert (given.key_dtype, given.value_dtype) == (tf.int64, tf.float32)


def test_lines_and_their_numbers_are_keys_and_values(file):
    index = lookup.TextFileIndex
    lines = lookup.TextFileInitializer(
        file, tf.int64, index.LINE_NUMBER, tf.string, index.WHOLE_LINE
    )
    keys, values = lines.pairs()
    assert keys.tolist() == [0, 1, 2]
    assert values.numpy().tolist() == [b"x\t5", b"y\t6", b"z\t7"]
    some = lookup.TextFileInitializer(
        file, tf.string, 0, tf.int64, index.LINE_NUMBER, vocab_size=2, value_index_offset=10
    )
    assert some.pairs()[1].tolist() == [10, 11]
    numbers = lookup.TextFileInitializer(file, tf.int64, 1, tf.float32, 1)
    assert numbers.pairs()[1].tolist() == [5, 6, 7]


def test_what_a_file_does_not_have_is_named(file):
    index = lookup.TextFileIndex
    with pytest.raises(ValueError, match="vocab_size"):
        lookup.TextFileInitializer(file, tf.string, 0, tf.int64, 1, vocab_size=9).pairs()
    with pytest.raises(ValueError, match="column"):
        lookup.TextFileInitializer(file, tf.string, 0, tf.int64, 2).pairs()
    with pytest.raises(ValueError, match="line numbers"):
        lookup.TextFileInitializer(file, tf.string, index.LINE_NUMBER, tf.int64, 1)
    with pytest.raises(ValueError, match="whole lines"):
        lookup.TextFileInitializer(file, tf.int64, index.WHOLE_LINE, tf.int64, 1)
