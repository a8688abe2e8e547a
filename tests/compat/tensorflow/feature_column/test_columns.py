"""Columns that give numbers, as recorded from TensorFlow 2.21 with tf_keras."""

import numpy as np
import pytest
import tensorflow as tf

fc = tf.feature_column
DATA = {
    "age": np.array([[10.0], [25.0], [40.0]], "float32"),
    "kind": np.array([["fixed"], ["normal"], ["other"]]),
    "pair": np.arange(6, dtype="float32").reshape(3, 2),
}
SETS = {"m": tf.constant([[0, 1, 1], [2, -1, 3]], dtype=tf.int64)}


def dense(columns, data=None):
    return tf.keras.layers.DenseFeatures(columns)(DATA if data is None else data).numpy()


def rows(shape, dtype=None, partition_info=None):
    return tf.reshape(tf.range(float(shape[0] * shape[1])), shape)


def test_numbers_and_intervals():
    age = fc.numeric_column("age")
    pair = fc.numeric_column("pair", shape=(2,), normalizer_fn=lambda x: (x - 1.0) / 2.0)
    assert dense(age).tolist() == [[10], [25], [40]]
    assert dense(pair).tolist() == [[-0.5, 0], [0.5, 1], [1.5, 2]]
    assert dense(fc.bucketized_column(age, [18, 30])).tolist() == np.eye(3).tolist()
    assert dense(fc.bucketized_column(age, [25, 30]))[1].tolist() == [0, 1, 0]
    wide = fc.bucketized_column(fc.numeric_column("pair", (2,)), [1.5])
    assert dense(fc.indicator_column(wide)).tolist() == dense(wide).tolist()


def test_columns_are_put_in_order_by_their_names():
    kind = fc.categorical_column_with_vocabulary_list("kind", ["fixed", "normal"])
    found = dense([fc.indicator_column(kind), fc.numeric_column("age")])
    assert found.tolist() == [[10, 1, 0], [25, 0, 1], [40, 0, 0]]


def test_indicators_count():
    column = fc.indicator_column(fc.categorical_column_with_identity("m", 4))
    assert dense(column, SETS).tolist() == [[1, 2, 0, 0], [0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("combiner", "expected"),
    [
        ("mean", [[4 / 3, 7 / 3], [5, 6]]),
        ("sqrtn", [[4 / 3**0.5, 7 / 3**0.5], [10 / 2**0.5, 12 / 2**0.5]]),
        ("sum", [[4, 7], [10, 12]]),
    ],
)
def test_embeddings_of_a_row_are_combined(combiner, expected):
    ids = fc.categorical_column_with_identity("m", 4)
    column = fc.embedding_column(ids, 2, combiner=combiner, initializer=rows)
    np.testing.assert_allclose(dense(column, SETS), expected, rtol=1e-6)


def test_unknown_categories_embed_as_zeros_and_norms_are_bounded():
    kind = fc.categorical_column_with_vocabulary_list("kind", ["fixed", "normal"])
    column = fc.embedding_column(kind, 2, initializer=rows, max_norm=1.0)
    np.testing.assert_allclose(dense(column)[2], [0, 0])
    np.testing.assert_allclose(np.linalg.norm(dense(column)[:2], axis=1), [1, 1], rtol=1e-6)


def test_embeddings_start_from_a_checkpoint(tmp_path):
    table = np.arange(4.0, dtype="float32").reshape(2, 2)
    path = tf.train.Checkpoint(table=tf.Variable(table)).save(tmp_path / "ck")
    kind = fc.categorical_column_with_vocabulary_list("kind", ["fixed", "normal"])
    column = fc.embedding_column(
        kind, 2, ckpt_to_load_from=path, tensor_name_in_ckpt="table/.ATTRIBUTES/VARIABLE_VALUE"
    )
    assert dense(column)[:2].tolist() == table.tolist()


def test_a_model_learns_from_columns():
    kind = fc.categorical_column_with_vocabulary_list("kind", ["fixed", "normal"])
    columns = [fc.numeric_column("age"), fc.embedding_column(kind, 3)]
    features = tf.keras.layers.DenseFeatures(columns)
    model = tf.keras.Sequential([features, tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    y = np.zeros((3, 1), "float32")
    table = tf.data.Dataset.from_tensor_slices((dict(DATA), y)).batch(2)
    before = None
    for _ in range(2):
        model.fit(table, verbose=0)
        now = features.weights[0].numpy()
        assert before is None or not np.array_equal(before, now)
        before = now
    assert features.weights[0].path.endswith("dense_features/kind_embedding_weights")


def test_columns_in_a_functional_model():
    inputs = {
        "age": tf.keras.Input((1,), name="age"),
        "kind": tf.keras.Input((1,), name="kind", dtype="string"),
    }
    kind = fc.categorical_column_with_vocabulary_list("kind", ["fixed", "normal"])
    columns = [fc.numeric_column("age"), fc.indicator_column(kind)]
    model = tf.keras.Model(inputs, tf.keras.layers.DenseFeatures(columns)(inputs))
    assert model.output_shape == (None, 3)
    found = model({name: DATA[name] for name in ("age", "kind")})
    assert found.numpy().tolist() == [[10, 1, 0], [25, 0, 1], [40, 0, 0]]


def test_records_are_read_as_columns_say():
    kind = fc.categorical_column_with_hash_bucket("kind", 7)
    pair = fc.numeric_column("pair", shape=2, default_value=0.0)
    spec = fc.make_parse_example_spec(
        [fc.indicator_column(kind), pair, fc.crossed_column(["x", kind.name], 3)]
    )
    assert sorted(spec) == ["kind", "pair", "x"]
    assert spec["pair"].shape == (2,)
    assert spec["kind"].dtype is tf.string


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fc.numeric_column("a", shape=0), "lengths of 1 or more"),
        (lambda: fc.bucketized_column("a", [1]), "a column of numeric_column"),
        (lambda: fc.bucketized_column(fc.numeric_column("a"), [3, 1]), "a sorted list"),
        (lambda: fc.indicator_column(fc.numeric_column("a")), "a categorical column"),
        (lambda: fc.embedding_column("a", 2), "a categorical column"),
        (lambda: dense(fc.numeric_column("none")), "Feature none is not in features"),
        (lambda: dense(fc.numeric_column("pair")), r"\(3, 2\); expected \(batch, 1\)"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_arguments_of_embeddings():
    ids = fc.categorical_column_with_identity("m", 4)
    for given, message in (
        ({"dimension": 0}, "dimension is 0"),
        ({"dimension": 2, "combiner": "max"}, "combiner is 'max'"),
        ({"dimension": 2, "ckpt_to_load_from": "x"}, "tensor_name_in_ckpt is None"),
    ):
        with pytest.raises(ValueError, match=message):
            fc.embedding_column(ids, **given)
