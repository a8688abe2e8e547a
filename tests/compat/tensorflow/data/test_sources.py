import numpy as np
import pytest
import tensorflow as tf

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


def test_files_are_listed(tmp_path):
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    found = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert [f.numpy().decode().rsplit("/")[-1] for f in found] == ["a.txt", "b.txt"]
    with pytest.raises(ValueError, match="file_pattern"):
        Dataset.list_files(str(tmp_path / "*.csv"))


def test_sampling_uses_up_every_dataset():
    mixed = Dataset.sample_from_datasets(
        [Dataset.range(3), Dataset.range(10, 12)], [0.5, 0.5], seed=1
    )
    assert sorted(values(mixed)) == [0, 1, 2, 10, 11]


def test_a_dataset_of_no_weight_is_never_drawn():
    mixed = Dataset.sample_from_datasets([Dataset.range(3), Dataset.range(9, 12)], [1.0, 0.0])
    assert [int(n) for n in mixed] == [0, 1, 2]


def test_one_dataset_that_is_always_drawn_has_its_own_number_of_elements():
    some, others = tf.data.Dataset.range(3), tf.data.Dataset.range(5)
    drawn = tf.data.Dataset.sample_from_datasets([some, others], weights=[1.0, 0.0])
    assert len(drawn) == 3
    assert [int(x) for x in drawn] == [0, 1, 2]
