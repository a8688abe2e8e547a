import zlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from torchkeras_shim.text import as_texts

features = tfds.features


def test_labels_have_names():
    label = features.ClassLabel(names=["a", "b"])
    assert (label.num_classes, label.names) == (2, ["a", "b"])
    assert (label.str2int("b"), label.int2str(0), label.int2str(tf.constant(1))) == (1, "a", "b")
    assert (label.encode_example("b"), label.encode_example(b"a"), label.encode_example(-1)) == (
        1, 0, -1,
    )  # fmt: skip
    with pytest.raises(KeyError):
        label.str2int("c")
    with pytest.raises(IndexError):
        label.int2str(2)


def test_labels_without_names_are_numbers():
    label = features.ClassLabel(num_classes=3)
    assert (label.names, label.int2str(2), label.str2int("2")) == (["0", "1", "2"], "2", 2)
    for call in (lambda: label.int2str(3), lambda: label.str2int("3"), lambda: label.str2int("x"),
                 lambda: label.encode_example(3)):  # fmt: skip
        with pytest.raises(ValueError, match="below 3"):
            call()
    with pytest.raises(RuntimeError, match="num_classes"):
        features.ClassLabel().encode_example(0)


def test_labels_check_their_names(tmp_path):
    (tmp_path / "names").write_text("x\n\ny\n")
    label = features.ClassLabel(names_file=tmp_path / "names")
    assert label.names == ["x", "y"]
    with pytest.raises(ValueError, match="those that there are"):
        label.names = ["z", "y"]
    for options in ({"names": ["a", "a"]}, {"names": ["a"], "num_classes": 1}):
        with pytest.raises(ValueError, match="names"):
            features.ClassLabel(**options)
    with pytest.raises(ValueError, match="3 names"):
        features.ClassLabel(num_classes=3).names = ["a"]


def test_names_of_labels_lie_beside_the_features(tmp_path):
    features.FeaturesDict({"a": {"b": features.ClassLabel(names=["p", "q"])}}).save_config(tmp_path)
    assert (tmp_path / "a-b.labels.txt").read_text() == "p\nq\n"
    assert features.FeatureConnector.from_config(tmp_path)["a"]["b"].names == ["p", "q"]


@pytest.mark.parametrize("value", [[1.0, 2.0, 3.0], np.zeros(2, np.int64), tf.zeros(2), "a"])
def test_tensors_check_their_values(value):
    with pytest.raises((ValueError, TypeError), match=r"shape|dtype|value|convert"):
        features.Tensor(shape=(2,), dtype=np.float32).encode_example(value)


def test_a_text_is_no_bool():
    with pytest.raises(TypeError, match="bool"):
        features.Scalar(np.bool_).encode_example("False")


@pytest.mark.parametrize("encoding", ["bytes", "zlib"])
def test_bytes_must_be_those_of_the_shape(encoding):
    one = features.Tensor(shape=(2, 3), dtype=np.float32, encoding=encoding)
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert one.decode_example(as_texts(one.encode_example(array))).tolist() == array.tolist()
    pack = zlib.compress if encoding == "zlib" else bytes
    for octets in (bytes(20), bytes(28), bytes(25)):
        with pytest.raises(ValueError, match="number of bytes"):
            one.decode_example(as_texts(pack(octets)))


def test_what_unpacks_to_too_much_is_refused():
    one = features.Tensor(shape=(2,), dtype=np.uint8, encoding="zlib")
    with pytest.raises(ValueError, match="number of bytes is 3"):
        one.decode_example(as_texts(zlib.compress(bytes(10**6))))
    with pytest.raises(ValueError, match="zlib"):
        one.decode_example(as_texts(b"x" * 9))


def test_open_shapes_are_written_too():
    one = features.Tensor(shape=(None, None), dtype=np.int16, encoding="bytes")
    written = one.encode_example(np.ones((2, 5), np.int16))
    parsed = {"value": as_texts(written["value"]), "shape": tf.constant(written["shape"])}
    assert one.decode_example(parsed).shape == (2, 5)
    parsed["shape"] = tf.constant([2, -5])
    with pytest.raises(ValueError, match="number of bytes"):
        one.decode_example(parsed)
    with pytest.raises(ValueError, match="encoding"):
        features.Tensor(shape=(None, None), dtype=np.int16).encode_example(
            np.ones((2, 5), np.int16)
        )


def test_arguments_are_checked():
    for options in ({"encoding": "gzip"}, {"optional": True}, {"encoding": "zlib", "dtype": str}):
        with pytest.raises(ValueError, match=r"encoding|optional"):
            features.Tensor(**{"shape": (), "dtype": np.int32, **options})


@pytest.mark.parametrize("box", [(0.5, 0, 0.4, 1), (0, 0, 1.5, 1)])
def test_boxes_are_within_the_picture(box):
    with pytest.raises(ValueError, match="a box"):
        features.BBoxFeature().encode_example(box)
    assert features.BBoxFeature().encode_example(features.BBox(0, 0, 1, 1)).tolist() == [0, 0, 1, 1]


def test_texts_may_be_numbers(tmp_path):
    encoder = features.text.ByteTextEncoder()
    text = features.Text(encoder=encoder)
    assert (text.shape, text.dtype, text.vocab_size) == ((None,), tf.int64, 257)
    assert text.encode_example("ab").tolist() == text.str2ints("ab") == [98, 99]
    assert text.ints2str([98, 99]) == "ab"
    assert "ByteTextEncoder" in repr(text)
    text.save_metadata(tmp_path, "t")
    config = features.text.TextEncoderConfig(encoder_cls=features.text.ByteTextEncoder)
    again = features.Text(encoder_config=config)
    again.load_metadata(tmp_path, "t")
    assert again.str2ints("a") == [98]
    with pytest.raises(RuntimeError, match="no encoder"):
        features.Text().str2ints("a")
    with pytest.raises(ValueError, match="use_encoder"):
        features.Text.from_json_content({"use_encoder": True})
