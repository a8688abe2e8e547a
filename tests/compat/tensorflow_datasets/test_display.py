import json
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

FOLDER = Path(__file__).parent
RECORDED = json.loads((FOLDER / "examples.json").read_text())


@pytest.fixture
def builder():
    return tfds.builder_from_directory(FOLDER / "prepared" / "my_set" / "1.2.3")


def test_tensors_as_numpy():
    ragged = tf.ragged.constant([[1], []])
    found = tfds.as_numpy(
        {"a": tf.constant(3), "b": (tf.constant([1.5]), tf.constant("x")), "c": ragged}
    )
    assert found["a"] == 3
    assert isinstance(found["a"], np.integer)
    assert found["b"][0].tolist() == [1.5]
    assert found["b"][1] == b"x"
    assert found["c"] is ragged
    with pytest.raises(TypeError, match="as_numpy"):
        tfds.as_numpy("x")


def test_datasets_as_numpy_begin_anew():
    data = tfds.as_numpy(tf.data.Dataset.range(3))
    assert [int(x) for x in data] == [int(x) for x in data] == [0, 1, 2]
    assert len(data) == 3
    assert data.element_spec == tf.TensorSpec((), tf.int64)
    train, test = tfds.as_numpy([tf.data.Dataset.range(3), tf.data.Dataset.range(1)])
    assert (len(train), len(test)) == (3, 1)


def test_tables_have_the_columns_of_tfds(builder):
    table = tfds.as_dataframe(builder.as_dataset(split="test"), builder.info)
    assert [list(table.columns), table["n"].tolist()] == RECORDED["df"]
    pairs = tfds.as_dataframe(builder.as_dataset(split="test", as_supervised=True).take(2))
    assert list(pairs.columns) == ["0", "1"]


def test_pictures_are_shown(builder):
    matplotlib.use("agg")
    data = builder.as_dataset(split="train")
    figure = tfds.show_examples(data, builder.info, rows=2, cols=2)
    assert len(figure.axes) == 4
    label = int(next(iter(data))["label"])
    assert figure.axes[0].get_xlabel() == f"{'abc'[label]} ({label})"
    batches = data.map(lambda example: {key: example[key] for key in ("image", "label")}).batch(4)
    assert len(tfds.show_examples(builder.info, batches, is_batched=True).axes) == 9
    matplotlib.pyplot.close("all")
    with pytest.raises(ValueError, match="as_supervised"):
        tfds.show_examples(builder.as_dataset(split="train", as_supervised=True), builder.info)
    matplotlib.pyplot.close("all")


def test_only_pictures_are_shown():
    builder = tfds.builder_from_directory(FOLDER / "prepared" / "cfg" / "two" / "2.0.0")
    with pytest.raises(ValueError, match=r"image_key.*'fi', 'seg'"):
        tfds.show_examples(builder.as_dataset(split="train"), builder.info)


def test_reading_is_timed(capsys):
    found = tfds.benchmark(tf.data.Dataset.range(10), num_iter=4, batch_size=2)
    assert found.stats["first+lasts"]["num_examples"] == 8
    assert found.stats["lasts"]["num_examples"] == 6
    assert "Examples/sec" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no elements"):
        tfds.benchmark([])
