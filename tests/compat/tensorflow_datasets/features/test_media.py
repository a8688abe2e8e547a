import io
import wave

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image as Picture
from torchkeras_shim.text import as_texts

features = tfds.features


def again(feature, value):
    return np.asarray(feature.decode_example(as_texts(feature.encode_example(value))))


@pytest.mark.parametrize(
    "dtype, channels", [(np.uint8, 3), (np.uint8, 1), (np.uint16, 1), (np.float32, 1)]
)
def test_pictures_are_read_as_they_are_written(dtype, channels):
    array = (np.random.RandomState(0).rand(4, 5, channels) * 200).astype(dtype)
    one = features.Image(shape=(None, None, channels), dtype=dtype)
    assert (again(one, array) == array).all()
    assert one.get_tensor_spec() == tf.TensorSpec((None, None, channels), one.dtype)


def test_pictures_are_given_in_many_ways(tmp_path):
    array = np.full((3, 2, 3), 7, np.uint8)
    Picture.fromarray(array).save(tmp_path / "a.png")
    one = features.Image()
    octets = (tmp_path / "a.png").read_bytes()
    for given in (tmp_path / "a.png", str(tmp_path / "a.png"), io.BytesIO(octets), octets,
                  Picture.fromarray(array), array):  # fmt: skip
        assert (again(one, given) == array).all()
    with pytest.raises(TypeError, match="a picture"):
        one.encode_example(3)


def test_pictures_check_their_form():
    one = features.Image(shape=(2, 2, 3))
    with pytest.raises(ValueError, match="shape"):
        one.encode_example(np.zeros((3, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="dtype"):
        one.encode_example(np.zeros((2, 2, 3), np.float32))
    other = features.Image(shape=(3, 3, 3)).encode_example(np.zeros((3, 3, 3), np.uint8))
    with pytest.raises(ValueError, match="shape"):
        one.decode_example(as_texts(other))
    for options in ({"shape": (2, 2)}, {"encoding_format": "gif"}, {"dtype": np.int64}):
        with pytest.raises(ValueError, match=next(iter(options))):
            features.Image(**options)


def test_jpeg_is_written_where_it_is_asked_for():
    one = features.Image(shape=(8, 8, 3), encoding_format="jpeg")
    assert one.encode_example(np.zeros((8, 8, 3), np.uint8))[:2] == b"\xff\xd8"


def test_pictures_of_classes_know_their_names(tmp_path):
    one = features.LabeledImage(labels=["a", "b"], shape=(2, 2, 1))
    assert (one.num_classes, one.names, one.int2str(1), one.str2int("b")) == (2, ["a", "b"], "b", 1)
    assert repr(one) == "LabeledImage(shape=(2, 2, 1), dtype=uint8, num_classes=2)"
    assert one.use_colormap
    one.save_metadata(tmp_path, "seg")
    other = features.LabeledImage(labels=2, shape=(2, 2, 1))
    other.load_metadata(tmp_path, "seg")
    assert other.names == ["a", "b"]


def test_films_are_pictures_in_a_row():
    film = features.Video((2, 4, 4, 3))
    assert film.shape == (2, 4, 4, 3)
    assert len(film.encode_example(np.zeros((2, 4, 4, 3), np.uint8))) == 2
    with pytest.raises(ValueError, match="length"):
        film.encode_example(np.zeros((3, 4, 4, 3), np.uint8))
    with pytest.raises(TypeError, match="film"):
        film.encode_example("film.mp4")
    with pytest.raises(ValueError, match="shape"):
        features.Video((4, 4, 3))


def test_sounds_come_from_arrays_and_wav_files(tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(100)
        file.writeframes(np.array([0, 100, -3], "<i2").tobytes())
    one = features.Audio(file_format="wav", sample_rate=100)
    assert one.encode_example(tmp_path / "a.wav").tolist() == [0, 100, -3]
    assert one.encode_example(np.array([1, 2])).dtype == np.int64
    with pytest.raises(ValueError, match="WAV"):
        one.encode_example(b"ID3")
