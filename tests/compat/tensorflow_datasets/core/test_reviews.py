import io
import tarfile

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core import reviews

TEXTS = {
    "aclImdb/train/pos/0_9.txt": "A fine film. ",
    "aclImdb/train/neg/0_1.txt": "A dull film.",
    "aclImdb/train/unsup/0_0.txt": "A film.",
    "aclImdb/test/pos/0_8.txt": "Fine\n",
    "aclImdb/test/labeledBow.feat": "0:1",
    "aclImdb/README": "x",
}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    path = tmp_path / "aclImdb_v1.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, text in TEXTS.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            file.addfile(info, io.BytesIO(text.encode()))
    monkeypatch.setattr(reviews, "ADDRESS", path.as_uri())
    return tmp_path / "data"


def test_reviews_are_texts_and_labels(archive):
    data, info = tfds.load("imdb_reviews", data_dir=archive, as_supervised=True, with_info=True)
    found = {
        split: sorted((text.numpy(), int(label)) for text, label in part)
        for split, part in data.items()
    }
    assert found == {
        "train": [(b"A dull film.", 0), (b"A fine film.", 1)],
        "test": [(b"Fine", 1)],
        "unsupervised": [(b"A film.", -1)],
    }
    assert info.features["label"].names == ["neg", "pos"]
    assert info.full_name == "imdb_reviews/plain_text/1.0.0"


def test_reviews_are_numbers_of_parts_of_words(archive, monkeypatch):
    data, info = tfds.load(
        "imdb_reviews/bytes", split="test", data_dir=archive, as_supervised=True, with_info=True
    )
    assert [(text.tolist(), int(label)) for text, label in data] == [([71, 106, 111, 102], 1)]
    data, info = tfds.load(
        "imdb_reviews/subwords8k", split="train", data_dir=archive, with_info=True
    )
    encoder = info.features["text"].encoder
    assert sorted(encoder.decode(x["text"].tolist()) for x in data) == [
        "A dull film.",
        "A fine film.",
    ]
    again = tfds.builder("imdb_reviews/subwords8k", data_dir=archive).info.features["text"].encoder
    assert again.subwords == encoder.subwords
