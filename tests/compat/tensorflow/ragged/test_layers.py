"""Ragged tensors in layers and models, beside tf_keras 2.21 on TensorFlow 2.21."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

layers = keras.layers
TENTHS = keras.initializers.Constant(0.1)
WEIGHTS = {"kernel_initializer": TENTHS, "recurrent_initializer": TENTHS}
WORDS = tf.ragged.constant([["a", "b"], [], ["c", "a", "z"]])
NUMBERS = tf.ragged.constant([[1, 2], [], [3, 1, 9]])
STEPS = tf.ragged.constant(
    [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], ragged_rank=1
)
ROWS = tf.ragged.constant([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]])


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found, float), expected, atol=1e-4)


@pytest.mark.parametrize(
    "layer, data, expected",
    [
        (layers.StringLookup(vocabulary=["a", "b", "c"]), WORDS, [[1, 2], [], [3, 1, 0]]),
        (layers.IntegerLookup(vocabulary=[1, 2, 3]), NUMBERS, [[1, 2], [], [3, 1, 0]]),
        (layers.Discretization([0.0, 2.0, 4.0]), ROWS, [[1, 2], [2], [3, 3, 3]]),
        (layers.Rescaling(2.0), ROWS, [[2, 4], [6], [8, 10, 12]]),
        (layers.Activation("relu"), ROWS, ROWS.to_list()),
        (layers.Masking(), STEPS, STEPS.to_list()),
        (
            layers.TextVectorization(
                ragged=True, vocabulary=["a", "b", "c"], split=None, standardize=None
            ),
            WORDS,
            [[2, 3], [], [4, 2, 1]],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_looked_at_one_by_one(layer, data, expected):
    found = layer(data)
    assert isinstance(found, tf.RaggedTensor)
    assert found.to_list() == expected


@pytest.mark.parametrize(
    "layer, data",
    [
        (layers.StringLookup(vocabulary=["a", "b", "c"], output_mode="multi_hot"), WORDS),
        (
            layers.CategoryEncoding(4, output_mode="multi_hot"),
            tf.ragged.constant([[1, 2], [], [0, 1, 3]]),
        ),
    ],
)
def test_rows_are_counted(layer, data):
    rows = [[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 1]]
    assert layer(data).tolist() == rows


def test_texts_become_ragged_rows():
    layer = layers.TextVectorization(ragged=True, ngrams=2, vocabulary=["a", "b", "a b"])
    assert layer(tf.constant(["a b", "b"])).to_list() == [[2, 3, 4], [3]]
    embedded = layers.Embedding(9, 2)(layer(tf.constant(["a b", "b"])))
    assert embedded.shape.as_list() == [2, None, 2]


@pytest.mark.parametrize(
    "kind, last, steps",
    [
        (layers.SimpleRNN, [0.6401, 0.8005, 0.2202],
         [[0.2913, 0.6225], [0.8005], [0.0997, 0.1095, 0.2079]]),
        (layers.GRU, [0.2842, 0.1999, 0.1328],
         [[0.1240, 0.2838], [0.1999], [0.0473, 0.0733, 0.1307]]),
        (layers.LSTM, [0.3397, 0.4032, 0.1022],
         [[0.0952, 0.3359], [0.4032], [0.0274, 0.0488, 0.0997]]),
    ],
)  # fmt: skip
def test_recurrent_layers_end_with_each_row(kind, last, steps):
    close(kind(2, **WEIGHTS)(STEPS), [[value, value] for value in last])
    found = kind(1, return_sequences=True, **WEIGHTS)(STEPS)
    assert found.row_splits.tolist() == [0, 2, 3, 6]
    close(found.flat_values[:, 0], [value for row in steps for value in row])


def test_recurrent_layers_run_backwards_from_the_end_of_each_row():
    both = layers.Bidirectional(layers.LSTM(1, **WEIGHTS))
    close(both(STEPS), [[0.3359, 0.2691], [0.4032, 0.4032], [0.0997, 0.0832]])
    layer = layers.LSTM(1, return_sequences=True, return_state=True, **WEIGHTS)
    steps, state, _ = layer(STEPS)
    assert isinstance(steps, tf.RaggedTensor)
    close(state[:, 0], [steps[row][-1, 0] for row in range(3)])


def test_pools_see_what_is_there():
    close(layers.GlobalAveragePooling1D()(STEPS), [[2, 3], [5, 6], [0.6667, 0.6667]])
    close(layers.GlobalMaxPooling1D()(STEPS), [[3, 4], [5, 6], [1, 1]])


def test_steps_go_through_dense_layers():
    expected = [0.3, 0.7, 1.1, 0.1, 0.1, 0.2]
    for layer in (
        layers.Dense(1, kernel_initializer=TENTHS),
        layers.TimeDistributed(layers.Dense(1, kernel_initializer=TENTHS)),
    ):
        close(layer(STEPS).flat_values[:, 0], expected)


def test_ragged_tensors_are_merged():
    assert layers.Add()([ROWS, ROWS]).to_list() == [[2, 4], [6], [8, 10, 12]]
    assert layers.Multiply()([ROWS, ROWS]).to_list() == [[1, 4], [9], [16, 25, 36]]
    joined = layers.Concatenate(axis=1)([ROWS, ROWS])
    assert joined.to_list() == [[1, 2, 1, 2], [3, 3], [4, 5, 6, 4, 5, 6]]
    assert layers.Concatenate()([STEPS, STEPS]).shape.as_list() == [3, None, 4]
    with pytest.raises(ValueError, match="the same in all"):
        layers.Add()([ROWS, ROWS[::-1]])
    with pytest.raises(TypeError, match="ragged tensors alone"):
        layers.Add()([ROWS, tf.zeros((3, 3))])


@pytest.mark.parametrize("layer", [layers.Flatten(), layers.Conv1D(1, 1)])
def test_other_layers_need_rows_of_one_length(layer):
    with pytest.raises(TypeError, match=r"to_tensor\(\)"):
        layer(STEPS)


def test_layers_of_ones_own_are_handed_them():
    assert layers.Lambda(lambda x: x * 2)(ROWS).to_list() == [[2, 4], [6], [8, 10, 12]]

    class Lengths(layers.Layer):
        def call(self, x):
            return x.row_lengths()

    assert Lengths()(ROWS).tolist() == [2, 1, 3]


def recurrent():
    words = keras.Input((None,), ragged=True, dtype="int32")
    x = layers.Embedding(10, 2, embeddings_initializer=TENTHS)(words)
    x = layers.LSTM(2, **WEIGHTS)(x)
    return keras.Model(words, layers.Dense(1, kernel_initializer=TENTHS)(x))


def pooled():
    steps = keras.Input((None, 2), ragged=True)
    x = layers.GlobalAveragePooling1D()(steps)
    return keras.Model(steps, layers.Dense(1, kernel_initializer=TENTHS)(x))


def stacked():
    return keras.Sequential(
        [
            layers.Embedding(10, 2, embeddings_initializer=TENTHS),
            layers.GRU(2, **WEIGHTS),
            layers.Dense(1, kernel_initializer=TENTHS),
        ]
    )


TARGETS = np.array([[1.0], [0.0], [2.0]])


@pytest.mark.parametrize(
    "build, data, losses, predicted",
    [
        (recurrent, NUMBERS, [1.5318, 0.9256], [0.7927, 0.785, 0.7954]),
        (pooled, STEPS, [2.6826, 0.7345], [2.3859, 4.2993, 1.2087]),
        (stacked, NUMBERS, [1.528, 0.9138], [0.8074, 0.7819, 0.8126]),
    ],
)
def test_models_are_trained_as_in_tf_keras(build, data, losses, predicted):
    model = build()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = model.fit(data, TARGETS, epochs=2, batch_size=2, shuffle=False, verbose=0)
    close(history.history["loss"], losses)
    close(model.predict(data, verbose=0)[:, 0], predicted)
    assert np.isfinite(model.evaluate(data, TARGETS, verbose=0))


def test_datasets_of_ragged_rows_are_trained_on():
    model = recurrent()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    data = tf.data.Dataset.from_tensor_slices((NUMBERS, TARGETS)).batch(2)
    close(model.fit(data, epochs=2, verbose=0).history["loss"], [1.5318, 0.9256])


def test_predictions_may_be_ragged():
    model = keras.Sequential([keras.Input((None, 2), ragged=True), layers.Dense(1)])
    found = model.predict(STEPS, batch_size=2, verbose=0)
    assert isinstance(found, tf.RaggedTensor)
    assert found.row_splits.tolist() == [0, 2, 3, 6]


def test_sparse_rows_are_trained_on():
    sparse = tf.sparse.from_dense([[1.0, 0, 2.0], [0, 0, 3.0], [1, 1, 0]])
    for inputs in ([keras.Input((3,), sparse=True)], []):
        model = keras.Sequential([*inputs, layers.Dense(1, kernel_initializer=TENTHS)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        history = model.fit(sparse, TARGETS, epochs=2, batch_size=2, shuffle=False, verbose=0)
        close(history.history["loss"], [1.1454, 0.4513])
        close(model.predict(sparse, verbose=0)[:, 0], [0.8132, 0.029, 1.6816])


def test_lookups_keep_the_places_of_sparse_words():
    words = tf.SparseTensor([[0, 0], [1, 1]], ["a", "b"], [2, 2])
    found = layers.StringLookup(vocabulary=["a", "b"])(words)
    assert tf.sparse.to_dense(found).tolist() == [[1, 0], [0, 2]]
