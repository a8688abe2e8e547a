"""Columns that give categories, as recorded from TensorFlow 2.21."""

import numpy as np
import pytest
import tensorflow as tf

fc = tf.feature_column
KIND = np.array([["fixed"], ["normal"], ["other"]])
DATA = {
    "age": np.array([[10.0], [25.0], [40.0]], "float32"),
    "kind": KIND,
    "zip": np.array([["a"], ["b"], ["zz"]]),
    "n": np.array([[1], [3], [9]]),
}


def places(column, data=None):
    found = tf.keras.layers.DenseFeatures(fc.indicator_column(column))(data or DATA).numpy()
    return [np.nonzero(row)[0].tolist() for row in found]


def test_places_in_a_list():
    words = ["fixed", "normal"]
    listed = fc.categorical_column_with_vocabulary_list
    assert places(listed("kind", words)) == [[0], [1], []]
    assert places(listed("kind", words, num_oov_buckets=2)) == [[0], [1], [2]]
    assert places(listed("kind", words, default_value=1)) == [[0], [1], [1]]
    assert places(listed("n", [1, 3])) == [[0], [1], []]


def test_places_in_a_file(tmp_path):
    (tmp_path / "words").write_text("fixed\nnormal\nmore\n")
    filed = fc.categorical_column_with_vocabulary_file
    assert places(filed("kind", str(tmp_path / "words"), vocabulary_size=2)) == [[0], [1], []]
    with pytest.raises(ValueError, match="3, the number of lines"):
        filed("kind", str(tmp_path / "words"), vocabulary_size=4)
    with pytest.raises(ValueError, match="'text' or None"):
        filed("kind", "words", file_format="tfrecord_gzip")
    (tmp_path / "numbers").write_text("3\n1\n")
    numbers = filed("n", str(tmp_path / "numbers"), dtype=tf.int64)
    assert places(numbers) == [[1], [0], []]


def test_hashes_and_integers():
    assert places(fc.categorical_column_with_hash_bucket("zip", 7)) == [[5], [2], [1]]
    assert places(fc.categorical_column_with_hash_bucket("n", 7, tf.int64)) == [[5], [2], [3]]
    assert places(fc.categorical_column_with_identity("n", 5, default_value=0)) == [[1], [3], [0]]
    assert places(fc.categorical_column_with_identity("n", 5)) == [[1], [3], []]


def test_crossed_features():
    kind = fc.categorical_column_with_vocabulary_list("kind", ["fixed", "normal", "reversible"])
    age = fc.bucketized_column(fc.numeric_column("age"), [18, 30])
    ids = fc.categorical_column_with_identity("n", 5, default_value=0)
    assert places(fc.crossed_column([age, kind], 11)) == [[2], [10], [2]]
    assert places(fc.crossed_column(["zip", "n"], 13)) == [[4], [12], [7]]
    keyed = fc.crossed_column([ids, "kind", age], 1000, hash_key=5)
    assert places(keyed) == [[327], [493], [142]]
    assert keyed.name == "age_bucketized_X_kind_X_n"


def test_weights_count():
    ids = fc.categorical_column_with_identity("m", 4)
    column = fc.indicator_column(fc.weighted_categorical_column(ids, "w"))
    data = {"m": tf.constant([[0, 1]]), "w": tf.constant([[0.5, 2.0]])}
    found = tf.keras.layers.DenseFeatures(column)(data)
    assert found.numpy().tolist() == [[0.5, 2.0, 0.0, 0.0]]
    assert column.name == "m_weighted_by_w_indicator"
    assert sorted(column.parse_spec()) == ["m", "w"]


def test_sparse_features_miss_values():
    words = tf.SparseTensor([[0, 0], [1, 1]], ["a", "b"], [2, 2])
    numbers = tf.SparseTensor([[0, 1]], tf.constant([1], dtype=tf.int64), [2, 2])
    listed = fc.categorical_column_with_vocabulary_list("x", ["a", "b"], num_oov_buckets=1)
    assert places(listed, {"x": words}) == [[0], [1]]
    assert places(fc.categorical_column_with_identity("x", 2), {"x": numbers}) == [[1], []]
    crossed = fc.crossed_column(["x", "y"], 10)
    assert [len(row) for row in places(crossed, {"x": words, "y": numbers})] == [1, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fc.crossed_column(["a"], 3), "a list of 2 or more"),
        (lambda: fc.crossed_column(["a", 3], 3), "names of features, or categories"),
        (lambda: fc.crossed_column(["a", "b"], 0), "hash_bucket_size is 0"),
        (
            lambda: fc.crossed_column(["a", fc.categorical_column_with_hash_bucket("b", 3)], 3),
            "no column with hash buckets",
        ),
        (lambda: fc.categorical_column_with_hash_bucket("a", 0), "1 or more"),
        (lambda: fc.categorical_column_with_identity("a", 0), "1 or more"),
        (lambda: fc.categorical_column_with_identity("a", 2, 2), "0 to 1"),
        (lambda: fc.categorical_column_with_vocabulary_list("a", ["x", "x"]), "different values"),
        (
            lambda: fc.categorical_column_with_vocabulary_list("a", ["x"], None, 0, 1),
            "since num_oov_buckets is given",
        ),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
