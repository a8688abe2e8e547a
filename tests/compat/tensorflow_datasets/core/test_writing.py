import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core import writing

FEATURES = tfds.features.FeaturesDict({"x": np.int64})


def write(tmp_path, keys, **options):
    pairs = [(key, {"x": number}) for number, key in enumerate(keys)]
    return writing.write_split("train", pairs, FEATURES, tmp_path, "s", **options)


def test_keys_are_hashed_as_in_tfds():
    # tensorflow_datasets.core.hashing.Hasher("train").hash_key(...)
    for key in (5, np.int64(5), np.array(5), "5", b"5"):
        assert writing.hashed("train", key) == 0x3A53140CDBF3D9AD0CF0A5A97F21F654
    for key in ("a/b", "a\\b"):
        assert writing.hashed("train", key) == 0x733629ABBCBBB83CEA1C4B9D5F964C81
    with pytest.raises(TypeError, match="key"):
        writing.hashed("train", 1.5)


def test_examples_are_shared_among_files(tmp_path):
    info = write(tmp_path, range(10), shards=3)
    assert info.shard_lengths == [3, 4, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == info.filenames


@pytest.mark.parametrize(
    "size, count, number",
    [(10, 5, 1), (2**27, 1000, 2), (2**27, 1, 1), (2**30, 10**4, 16), (2**36, 10**6, 1024),
     (2**30 * 2000, 10**7, 2048)],
)  # fmt: skip
def test_there_are_as_many_files_as_tfds_writes(size, count, number):
    assert writing.shard_number(size, count) == number


def test_keys_must_differ(tmp_path):
    with pytest.raises(tfds.core.DuplicatedKeysError, match="'a'"):
        write(tmp_path, ["a", "b", "a"])
    info = write(tmp_path, ["a", "b", "a"], ignore_duplicates=True)
    assert info.num_examples == 2
    assert write(tmp_path, ["a", "a"], in_order=True).num_examples == 2


def test_there_must_be_examples(tmp_path):
    with pytest.raises(ValueError, match="number of examples"):
        write(tmp_path, [])
    assert write(tmp_path, range(9), most=4).num_examples == 4
