import numpy as np
import pytest
import tensorflow as tf
import torch
from tensorflow import keras

from torchkeras.data import ArrayBatches, IterableBatches

Dataset = tf.data.Dataset


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset]


def test_slices_of_structures():
    x, y = np.arange(6).reshape(3, 2), np.array([0, 1, 0])
    first = next(iter(Dataset.from_tensor_slices(({"a": x}, y))))
    assert first[0]["a"].numpy().tolist() == [0, 1]
    assert int(first[1]) == 0
    assert len(Dataset.from_tensor_slices([1, 2, 3])) == 3
    with pytest.raises(ValueError, match="number of rows"):
        Dataset.from_tensor_slices((x, y[:2]))


def test_map_hands_over_the_parts_of_a_tuple():
    dataset = Dataset.from_tensor_slices(([1.0, 2.0], [3.0, 4.0]))
    assert values(dataset.map(lambda a, b: a + b, num_parallel_calls=tf.data.AUTOTUNE)) == [
        4.0,
        6.0,
    ]
    pairs = dataset.map(lambda a, b: (a * 2, {"b": b}))
    assert float(next(iter(pairs))[1]["b"]) == 3.0


def test_batches_of_rows_and_of_elements_agree():
    x = np.arange(10)
    by_index = Dataset.from_tensor_slices(x).batch(4)
    by_element = Dataset.from_tensor_slices(x).map(lambda v: v).batch(4)
    assert values(by_index) == values(by_element) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert values(Dataset.range(10).batch(4, drop_remainder=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(by_index) == 3
    with pytest.raises(ValueError, match="batch_size"):
        Dataset.range(3).batch(0)


def test_batches_go_over_the_end_of_a_repetition():
    assert values(Dataset.range(3).repeat(2).batch(4)) == [[0, 1, 2, 0], [1, 2]]
    assert values(Dataset.range(3).batch(2).repeat(2)) == [[0, 1], [2], [0, 1], [2]]


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


def test_lengths_are_known_unknown_or_endless():
    assert int(Dataset.range(5).cardinality()) == 5
    with pytest.raises(TypeError, match="infinite"):
        len(Dataset.range(5).repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(Dataset.range(5).filter(lambda x: x > 2))


def test_zip_concatenate_and_enumerate():
    a, b = Dataset.range(3), Dataset.range(10, 15)
    assert [(int(x), int(y)) for x, y in Dataset.zip((a, b))] == [(0, 10), (1, 11), (2, 12)]
    assert len(Dataset.zip(a, b)) == 3
    assert values(a.concatenate(b)) == [0, 1, 2, 10, 11, 12, 13, 14]
    assert [(int(i), int(x)) for i, x in b.take(2).enumerate(5)] == [(5, 10), (6, 11)]


def test_generators_are_started_for_each_pass():
    def count(stop):
        for i in range(stop):
            yield i, [i] * 2

    dataset = Dataset.from_generator(
        count,
        args=(3,),
        output_signature=(tf.TensorSpec((), tf.int32), tf.TensorSpec((2,), tf.float32)),
    )
    assert [(int(i), x.numpy().tolist()) for i, x in dataset][2] == (2, [2.0, 2.0])
    assert len(list(dataset)) == 3
    assert dataset.batch(2).element_spec[1] == tf.TensorSpec((None, 2), tf.float32)
    plain = Dataset.from_generator(lambda: iter([1, 2]), output_types=tf.float32, output_shapes=())
    assert values(plain) == [1.0, 2.0]
    with pytest.raises(ValueError, match="output_signature"):
        Dataset.from_generator(count)


def test_caches_fill_in_the_first_whole_pass():
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(int(x)) or x).cache()
    next(iter(dataset))
    assert values(dataset) == values(dataset) == [0, 1, 2]
    assert calls == [0, 0, 1, 2]


def test_filter_flat_map_interleave_and_reduce():
    dataset = Dataset.range(1, 4)
    assert values(dataset.filter(lambda x: x % 2 == 1)) == [1, 3]
    assert values(dataset.flat_map(lambda x: Dataset.range(int(x)))) == [0, 0, 1, 0, 1, 2]
    turns = dataset.interleave(lambda x: Dataset.from_tensors(x).repeat(2), cycle_length=2)
    assert values(turns) == [1, 2, 1, 2, 3, 3]
    assert int(dataset.reduce(0, lambda total, x: total + x)) == 6
    assert values(dataset.scan(0, lambda s, x: (s + x, s + x))) == [1, 3, 6]
    assert values(dataset.take_while(lambda x: x < 3)) == [1, 2]


def test_windows_are_datasets():
    windows = Dataset.range(6).window(3, shift=2, drop_remainder=True)
    assert [values(w) for w in windows] == [[0, 1, 2], [2, 3, 4]]
    series = Dataset.range(5).window(3, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(3))
    assert values(series) == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    spaced = Dataset.range(10).window(2, shift=4, stride=3)
    assert [values(w) for w in spaced] == [[0, 3], [4, 7], [8]]


def test_padded_batches_and_unbatching():
    ragged = Dataset.from_generator(
        lambda: ([1] * n for n in (1, 3, 2)), output_signature=tf.TensorSpec((None,), tf.int32)
    )
    assert values(ragged.padded_batch(2)) == [[[1, 0, 0], [1, 1, 1]], [[1, 1]]]
    assert values(Dataset.range(4).batch(2).unbatch()) == [0, 1, 2, 3]
    assert values(Dataset.range(4).batch(2).rebatch(3)) == [[0, 1, 2], [3]]


def test_elements_are_described():
    dataset = Dataset.from_tensor_slices((np.zeros((4, 2), "float32"), [1, 2, 3, 4]))
    assert dataset.element_spec == (tf.TensorSpec((2,)), tf.TensorSpec((), tf.int32))
    assert dataset.shuffle(4).batch(2).element_spec[0] == tf.TensorSpec((None, 2))
    assert dataset.batch(2, drop_remainder=True).element_spec[0] == tf.TensorSpec((2, 2))


def test_iterators_and_numpy():
    dataset = Dataset.range(2)
    iterator = iter(dataset)
    assert (int(next(iterator)), int(iterator.get_next())) == (0, 1)
    assert list(dataset.as_numpy_iterator()) == [0, 1]
    assert int(dataset.take(1).get_single_element()) == 0
    with pytest.raises(ValueError, match="exactly one"):
        dataset.get_single_element()


def test_files_are_listed(tmp_path):
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    found = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert [str(f).rsplit("/")[-1] for f in found] == ["a.txt", "b.txt"]
    with pytest.raises(ValueError, match="file_pattern"):
        Dataset.list_files(str(tmp_path / "*.csv"))


def test_sampling_uses_up_every_dataset():
    mixed = Dataset.sample_from_datasets(
        [Dataset.range(3), Dataset.range(10, 12)], [0.5, 0.5], seed=1
    )
    assert sorted(values(mixed)) == [0, 1, 2, 10, 11]


def test_functions_record_no_gradients():
    weight = torch.nn.Parameter(torch.ones(()))
    with tf.GradientTape():
        assert not next(iter(Dataset.range(1).map(lambda x: x * weight))).requires_grad


def test_rows_go_the_way_of_arrays():
    dataset = Dataset.from_tensor_slices((np.zeros((8, 2)), np.zeros(8)))
    fast = dataset.shuffle(8).batch(4).prefetch(1).torchkeras_batches(None, None)
    assert isinstance(fast, ArrayBatches)
    for slower in (dataset.shuffle(2).batch(4), dataset.repeat(2).batch(4), dataset.batch(3, True)):
        stream = slower.torchkeras_batches(None, None)
        assert isinstance(stream, IterableBatches)
        assert len(list(stream)) == len(slower)


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
