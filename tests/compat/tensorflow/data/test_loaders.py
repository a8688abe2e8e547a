import struct
import wave

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

utils = tf.keras.utils


@pytest.fixture
def folder(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for n in range(3):
            Image.new("RGB", (6, 5), (n, 10 * n, 0)).save(tmp_path / kind / f"{n}.png")
            (tmp_path / kind / f"{n}.txt").write_text(f"{kind} {n}")
            with wave.open(str(tmp_path / kind / f"{n}.wav"), "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes(struct.pack("<h", n) * (n + 1))
    return str(tmp_path)


def test_pictures_in_folders_are_a_dataset_of_batches(folder):
    dataset = utils.image_dataset_from_directory(
        folder, image_size=(4, 4), batch_size=4, shuffle=False, verbose=False
    )
    assert isinstance(dataset, tf.data.Dataset)
    assert dataset.class_names == ["cat", "dog"]
    assert len(dataset.file_paths) == 6
    assert len(dataset) == 2
    assert dataset.element_spec == (
        tf.TensorSpec((None, 4, 4, 3)), tf.TensorSpec((None,), tf.int32)
    )  # fmt: skip
    scaled = dataset.cache().map(lambda x, y: (x / 255, y), tf.data.AUTOTUNE).prefetch(1)
    assert [y.tolist() for _, y in scaled] == [[0, 0, 0, 1], [1, 1]]
    both = utils.image_dataset_from_directory(
        folder, validation_split=0.5, subset="both", seed=1, verbose=False
    )
    assert [len(part.file_paths) for part in both] == [3, 3]


def test_texts_and_sounds_in_folders(folder):
    texts = utils.text_dataset_from_directory(folder, shuffle=False, verbose=False)
    first, labels = next(iter(texts))
    assert first[0].numpy() == b"cat 0"
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert texts.element_spec[0] == tf.TensorSpec((None,), tf.string)
    sounds = utils.audio_dataset_from_directory(folder, ragged=True, shuffle=False, verbose=False)
    assert [len(sound) for sound in next(iter(sounds))[0]] == [1, 2, 3] * 2


def test_windows_of_a_series():
    dataset = tf.keras.preprocessing.timeseries_dataset_from_array(
        np.arange(6.0), np.arange(6), sequence_length=3, batch_size=2
    )
    assert [x.tolist() for x, _ in dataset] == [[[0, 1, 2], [1, 2, 3]], [[2, 3, 4], [3, 4, 5]]]


def test_datasets_and_arrays_are_split():
    left, right = utils.split_dataset(tf.data.Dataset.range(10), left_size=0.8)
    assert [int(x) for x in left] == list(range(8))
    assert [x.tolist() for x in right.batch(2)] == [[8, 9]]
    left, right = utils.split_dataset((np.arange(4), np.arange(4.0)), right_size=1)
    assert [(int(x), float(y)) for x, y in right] == [(3, 3.0)]
    one, _ = utils.split_dataset(np.arange(4), left_size=2, preferred_backend="tensorflow")
    assert [int(x) for x in one] == [0, 1]


def test_keras_alone_gives_the_same():
    import keras

    assert keras.utils.split_dataset is utils.split_dataset
