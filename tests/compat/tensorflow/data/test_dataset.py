import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from torchkeras.data import ArrayBatches, IterableBatches

Dataset = tf.data.Dataset


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset]


def test_shuffling_is_a_new_order_for_each_pass_and_follows_the_seed():
    tf.random.set_seed(1)
    dataset = Dataset.range(20).shuffle(20)
    first, second = values(dataset), values(dataset)
    assert sorted(first) == list(range(20))
    assert first != second
    tf.random.set_seed(1)
    assert values(Dataset.range(20).shuffle(20)) == first
    fixed = Dataset.range(20).shuffle(20, seed=3, reshuffle_each_iteration=False)
    assert values(fixed) == values(fixed)
    with pytest.raises(ValueError, match="buffer_size"):
        Dataset.range(3).shuffle(0)


def test_take_skip_shard_and_repeat():
    dataset = Dataset.range(6)
    assert values(dataset.take(2)) == [0, 1]
    assert values(dataset.skip(4)) == [4, 5]
    assert values(dataset.shard(3, 1)) == [1, 4]
    assert values(dataset.repeat().take(8)) == [0, 1, 2, 3, 4, 5, 0, 1]
    assert values(dataset.take(-1)) == values(dataset)
    with pytest.raises(ValueError, match="index"):
        dataset.shard(2, 2)


def test_caches_fill_in_the_first_whole_pass():
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(int(x)) or x).cache()
    next(iter(dataset))
    assert values(dataset) == values(dataset) == [0, 1, 2]
    assert calls == [0, 0, 1, 2]


def test_rows_go_the_way_of_arrays():
    dataset = Dataset.from_tensor_slices((np.zeros((8, 2)), np.zeros(8)))
    for changed in (
        dataset.shuffle(8).batch(4).prefetch(1),
        dataset.shuffle(2).batch(4),
        dataset.repeat(2).batch(4),
        dataset.batch(3, True),
        dataset.cache().batch(3).repeat(2),
    ):
        stream = changed.torchkeras_batches(None, None)
        assert isinstance(stream, ArrayBatches)
        assert len(list(stream)) == len(changed) == stream.steps
    mapped = dataset.map(lambda a, b: (a, b)).batch(4).torchkeras_batches(None, None)
    assert isinstance(mapped, IterableBatches)


@pytest.mark.parametrize("by_element", [False, True])
def test_fit_evaluate_and_predict_read_datasets(by_element):
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x @ np.array([[1.0], [2.0], [3.0]], "float32")
    dataset = Dataset.from_tensor_slices((x, y))
    if by_element:
        dataset = dataset.map(lambda a, b: (a, b))
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(dataset.shuffle(64).batch(16), epochs=3, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert model.evaluate(dataset.batch(16), verbose=0) > 0
    predicted = model.predict(dataset.batch(10).map(lambda a, b: a), verbose=0)
    np.testing.assert_allclose(predicted, model(x), rtol=1e-5)
