import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.data import ArrayBatches

Dataset = tf.data.Dataset


def rows(batches):
    return [np.asarray(batch[0]).ravel().tolist() for batch in batches]


def stream_of(dataset):
    return dataset.torchkeras_batches(None, None)


@given(
    st.integers(1, 12), st.integers(1, 5), st.booleans(), st.integers(1, 3), st.integers(1, 3),
    st.integers(0, 4), st.booleans(),
)  # fmt: skip
def test_batches_for_training_are_those_of_the_dataset(
    size, batch, drop, before, after, skip, keep
):
    def made():
        x = np.arange(size, dtype="float32")
        dataset = Dataset.from_tensor_slices((x, x)).skip(skip).repeat(before)
        if keep:
            dataset = dataset.shuffle(3, seed=5)
        return dataset.batch(batch, drop).repeat(after)

    stream = stream_of(made())
    found = rows(stream)
    assert found == rows(made())
    assert len(found) == len(made())
    if size > skip:
        assert isinstance(stream, ArrayBatches)


def test_endless_rows_go_on_from_pass_to_pass():
    x = np.arange(5.0)
    dataset = Dataset.from_tensor_slices((x, x)).shuffle(5, seed=1).batch(2).repeat()
    stream = stream_of(dataset)
    assert isinstance(stream, ArrayBatches)
    assert stream.steps is None
    found = rows(itertools.islice(stream, 6))
    assert [len(batch) for batch in found] == [2, 2, 1] * 2
    for part in (found[:3], found[3:]):
        assert sorted(itertools.chain.from_iterable(part)) == [0, 1, 2, 3, 4]
    assert found[:3] != found[3:]


def test_a_resumed_stream_goes_on_where_it_stood():
    def fresh():
        x = np.arange(9.0)
        return stream_of(Dataset.from_tensor_slices((x, x)).shuffle(4, seed=3).batch(2).repeat(2))

    whole = fresh()
    first, second = rows(whole), rows(whole)
    stream = fresh()
    rows(stream)
    iterator = iter(stream)
    begun = rows(itertools.islice(iterator, 4))
    state = stream.get_state(in_pass=True)
    resumed = fresh()
    resumed.set_state(state)
    assert begun + rows(resumed.resume(4)) == second
    assert first != second


def test_processes_share_each_batch():
    x = np.arange(6.0)
    dataset = Dataset.from_tensor_slices((x, x)).take(5).batch(4)
    parts = [list(stream_of(dataset).shares(index, 2)) for index in (0, 1)]
    assert [part.total for part in parts[0]] == [4, 1]
    assert [part.rows for part in parts[0]] == [2, 0]
    assert [part.data[0].tolist() for part in parts[1]] == [[2, 3], [4]]


def test_a_first_look_takes_no_batch_away():
    x = np.arange(4.0)
    dataset = Dataset.from_tensor_slices((x, np.array([0, 1, 0, 1]))).take(3).batch(2)
    stream = stream_of(dataset)
    assert stream.peek()[0].tolist() == [0, 1]
    assert rows(stream) == [[0, 1], [2]]


@pytest.mark.parametrize("kind", ["rows", "repeated", "mapped", "generator"])
def test_fit_takes_steps_from_datasets_of_every_kind(kind):
    x, y = np.random.default_rng(0).random((16, 3)).astype("float32"), np.zeros((16, 1))
    dataset = Dataset.from_tensor_slices((x, y))
    made = {
        "rows": lambda: dataset.shuffle(4).batch(4),
        "repeated": lambda: dataset.shuffle(16).repeat().batch(4).prefetch(2),
        "mapped": lambda: dataset.map(lambda a, b: (a, b), tf.data.AUTOTUNE).batch(4).repeat(),
        "generator": lambda: (
            Dataset.from_generator(
                lambda: zip(x, y, strict=True),
                output_signature=(tf.TensorSpec((3,)), tf.TensorSpec((1,))),
            )
            .batch(4)
            .repeat()
        ),
    }[kind]()
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(
        made, epochs=2, steps_per_epoch=4, validation_data=dataset.batch(8), verbose=0
    )
    assert len(history.history["val_loss"]) == 2
    assert history.history["loss"][1] < history.history["loss"][0]
    assert model.evaluate(made, steps=2, verbose=0) >= 0
    assert model.predict(made.map(lambda a, b: a), steps=2, verbose=0).shape == (8, 1)
