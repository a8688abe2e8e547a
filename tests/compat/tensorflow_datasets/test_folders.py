import random

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image


@pytest.fixture
def pictures(tmp_path):
    for number, name in enumerate(
        ["train/cat/b.png", "train/cat/a.png", "train/dog/c.jpg", "test/dog/d.png"]
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((2, 3, 3), number, np.uint8)).save(path)
    (tmp_path / "train" / "cat" / "notes.txt").write_text("x")
    return tmp_path


def test_pictures_of_folders(pictures):
    builder = tfds.ImageFolder(str(pictures))
    assert builder.info.features["label"].names == ["cat", "dog"]
    assert {name: split.num_examples for name, split in builder.info.splits.items()} == {
        "test": 1, "train": 3,
    }  # fmt: skip
    found = [
        (example["image/filename"].numpy().decode()[-5:], int(example["label"]))
        for example in builder.as_dataset(split="train")
    ]
    order = [("a.png", 0), ("b.png", 0), ("c.jpg", 1)]
    random.Random("train").shuffle(order)  # as in tfds
    assert found == order
    shuffled = builder.as_dataset(split="train", shuffle_files=True, as_supervised=True)
    assert sorted(int(label) for _, label in shuffled) == [0, 0, 1]
    skip = {"image": tfds.decode.SkipDecoding()}
    for example in builder.as_dataset(split="test", decoders=skip):
        assert example["image"].numpy().startswith(b"\x89PNG")


def test_folders_are_read_as_they_are(pictures):
    builder = tfds.folder_dataset.ImageFolder(pictures, shape=(2, 3, 3))
    assert builder.info.features["image"].shape == (2, 3, 3)
    assert builder.is_prepared()
    assert builder.data_path == pictures
    with pytest.raises(RuntimeError, match="as_dataset"):
        builder.download_and_prepare()
    for split in ("train[:50%]", "trian"):
        with pytest.raises(ValueError, match="take and skip"):
            builder.as_dataset(split=split)


def test_texts_of_folders(tmp_path):
    for name, text in (("en.train.txt", "a\nb\n"), ("fr.train.txt", "x\ny\n")):
        (tmp_path / name).write_text(text)
    builder = tfds.TranslateFolder(tmp_path)
    rows = list(tfds.as_numpy(builder.as_dataset(split="train")))
    assert rows == [{"en": b"a", "fr": b"x"}, {"en": b"b", "fr": b"y"}]
    assert len(list(builder.as_dataset(split="train", shuffle_files=True))) == 2
    with pytest.raises(ValueError, match="decoders"):
        builder.as_dataset(split="train", decoders={})
    (tmp_path / "de.train.txt").write_text("z\n")
    with pytest.raises(ValueError, match="lines"):
        tfds.TranslateFolder(tmp_path)
    (tmp_path / "notes").touch()
    with pytest.raises(ValueError, match="language.split.txt"):
        tfds.TranslateFolder(tmp_path)
