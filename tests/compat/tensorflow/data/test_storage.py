import numpy as np
import pytest
import tensorflow as tf

Dataset = tf.data.Dataset


def test_what_is_saved_is_loaded_with_its_structure(tmp_path):
    dataset = Dataset.from_generator(
        lambda: (({"b": [1] * n, "a": "x" * n}, n / 2) for n in range(1, 4)),
        output_signature=(
            {"b": tf.TensorSpec([None], tf.int32), "a": tf.TensorSpec((), tf.string)},
            tf.TensorSpec((), tf.float32),
        ),
    )
    dataset.save(str(tmp_path / "d"), compression="GZIP")
    loaded = Dataset.load(str(tmp_path / "d"))
    first, second = list(loaded.as_numpy_iterator()), list(dataset.as_numpy_iterator())
    for mine, given in zip(first, second, strict=True):
        assert mine[0]["a"] == given[0]["a"]
        assert mine[1] == given[1]
        np.testing.assert_array_equal(mine[0]["b"], given[0]["b"])
    assert loaded.element_spec[0]["a"] == tf.TensorSpec((), tf.string)


def test_ragged_and_sparse_elements_are_kept(tmp_path):
    rows = Dataset.range(1, 5).map(lambda x: tf.zeros(int(x)))
    ragged = rows.ragged_batch(2)
    ragged.save(str(tmp_path / "r"))
    loaded = Dataset.load(str(tmp_path / "r"))
    assert [x.to_list() for x in loaded] == [x.to_list() for x in ragged]
    sparse = rows.sparse_batch(2, [-1])
    sparse.save(str(tmp_path / "s"))
    dense = [tf.sparse.to_dense(x).tolist() for x in Dataset.load(str(tmp_path / "s"))]
    assert dense == [tf.sparse.to_dense(x).tolist() for x in sparse]


def test_elements_go_to_files_by_number_and_are_read_in_any_order(tmp_path):
    Dataset.range(6).save(str(tmp_path / "d"), shard_func=lambda x: x % 2)
    loaded = Dataset.load(str(tmp_path / "d"))
    assert [int(x) for x in loaded] == [0, 2, 4, 1, 3, 5]
    turned = Dataset.load(
        str(tmp_path / "d"), reader_func=lambda parts: parts.interleave(lambda p: p, 2)
    )
    assert [int(x) for x in turned] == [0, 1, 2, 3, 4, 5]


def test_a_folder_without_a_dataset_and_an_empty_dataset(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no dataset"):
        Dataset.load(str(tmp_path))
    Dataset.range(0).save(str(tmp_path / "d"))
    assert list(Dataset.load(str(tmp_path / "d"))) == []


def test_caches_in_files_outlive_the_dataset(tmp_path):
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(int(x)) or x)
    cached = dataset.cache(str(tmp_path / "c"))
    next(iter(cached))  # an unfinished pass leaves no cache
    assert [int(x) for x in cached] == [0, 1, 2]
    assert [int(x) for x in dataset.cache(str(tmp_path / "c"))] == [0, 1, 2]
    assert calls == [0, 0, 1, 2]
    assert len(list(tmp_path.iterdir())) == 1


def test_caches_in_memory_keep_the_order_of_their_first_pass():
    cached = Dataset.range(20).shuffle(20).cache()
    assert [int(x) for x in cached] == [int(x) for x in cached]
    batches = Dataset.range(20).shuffle(20).batch(6).cache()
    assert [x.tolist() for x in batches] == [x.tolist() for x in batches]
    again = Dataset.range(20).cache().shuffle(20)
    assert [int(x) for x in again] != [int(x) for x in again]


def test_snapshots_are_written_once(tmp_path):
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(1) or x)
    kept = dataset.snapshot(str(tmp_path / "s"), compression="GZIP")
    assert [int(x) for x in kept] == [int(x) for x in kept] == [0, 1, 2]
    assert len(calls) == 3
    parted = dataset.snapshot(str(tmp_path / "p"), shard_func=lambda x: x % 2)
    assert [int(x) for x in parted] == [int(x) for x in parted] == [0, 2, 1]
    with pytest.raises(ValueError, match="compression"):
        list(dataset.snapshot(str(tmp_path / "q"), compression="LZ4"))


def test_datasets_cannot_be_written(tmp_path):
    with pytest.raises(TypeError, match="tensors"):
        Dataset.range(4).window(2).save(str(tmp_path / "w"))
