import pytest
import tensorflow as tf

lookup = tf.lookup


def table(default=-1):
    return lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), default)


def test_keys_are_looked_up_in_their_shape():
    known = table()
    assert known.lookup(tf.constant([["a"], ["z"]])).tolist() == [[1], [-1]]
    assert int(known.lookup(tf.constant("b"))) == 2
    assert known[tf.constant(["b"])].tolist() == [2]
    assert known.lookup(tf.RaggedTensor.from_row_lengths(["a", "b", "c"], [1, 2])).to_list() == [
        [1],
        [2, -1],
    ]
    sparse = known.lookup(tf.SparseTensor([[0, 1]], ["b"], [1, 3]))
    assert sparse.values.tolist() == [2]
    assert int(known.size()) == 2
    assert (known.key_dtype, known.value_dtype) == (tf.string, tf.int32)
    keys, values = known.export()
    assert (keys.numpy().tolist(), values.tolist()) == ([b"a", b"b"], [1, 2])


def test_values_may_be_texts():
    names = lookup.StaticHashTable(lookup.KeyValueTensorInitializer([1, 2], ["x", "y"]), "?")
    assert names.lookup(tf.constant([2, 5])).numpy().tolist() == [b"y", b"?"]


def test_keys_of_another_type_and_keys_of_several_values_are_errors():
    with pytest.raises(TypeError, match="Dtype of argument"):
        table().lookup(tf.constant([1]))
    twice = lookup.KeyValueTensorInitializer(["a", "a"], [1, 2])
    with pytest.raises(ValueError, match="one value for each key"):
        lookup.StaticHashTable(twice, -1)
    assert int(lookup.StaticHashTable(
        lookup.KeyValueTensorInitializer(["a", "a"], [1, 1]), -1
    ).size()) == 1  # fmt: skip
    with pytest.raises(ValueError, match="shape of the values"):
        lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["a", "b"], [1]), -1)


def test_unknown_words_are_numbered_behind_the_known_ones():
    known = lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([0, 1], tf.int64))
    words = lookup.StaticVocabularyTable(known, 3)
    found = words.lookup(tf.constant(["b", "c", "d"])).tolist()
    assert found[0] == 1
    assert all(2 <= number < 5 for number in found[1:])
    assert int(words.size()) == 5
    assert lookup.StaticVocabularyTable(None, 1).lookup(tf.constant(["q"])).tolist() == [0]
    with pytest.raises(ValueError, match="num_oov_buckets"):
        lookup.StaticVocabularyTable(known, 0)
    with pytest.raises(TypeError, match="tf.int64"):
        lookup.StaticVocabularyTable(lookup.KeyValueTensorInitializer(["a"], [0]), 1)


def test_tables_change():
    scores = lookup.experimental.MutableHashTable(tf.string, tf.float32, [0.0, 0.0])
    scores.insert(tf.constant(["a", "b"]), [[1.0, 2.0], [3.0, 4.0]])
    scores.remove(tf.constant(["a", "q"]))
    assert scores.lookup(tf.constant(["a", "b"])).tolist() == [[0, 0], [3, 4]]
    other = scores.lookup(tf.constant(["a"]), dynamic_default_values=[[5.0, 6.0]])
    assert other.tolist() == [[5, 6]]
    with pytest.raises(ValueError, match="shape of the values"):
        scores.insert(tf.constant(["a"]), [1.0])


def test_reserved_keys_cannot_be_used():
    dense = lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, empty_key=0, deleted_key=-1)
    dense.insert_or_assign(tf.constant([5]), tf.constant([6]))
    dense.erase(tf.constant([7]))
    assert dense.lookup(tf.constant([5, 6])).tolist() == [6, -1]
    with pytest.raises(ValueError, match="reserved"):
        dense.insert(tf.constant([0]), tf.constant([1]))
    with pytest.raises(ValueError, match="deleted_key"):
        lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, empty_key=0, deleted_key=0)


def test_pipelines_look_words_up():
    lines = tf.data.Dataset.from_tensor_slices(["a b", "b z"])
    numbers = lines.map(lambda line: table().lookup(tf.strings.split(line)))
    assert [x.tolist() for x in numbers] == [[1, 2], [2, -1]]
