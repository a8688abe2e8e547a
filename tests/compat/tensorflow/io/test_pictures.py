import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (6, 8, 4), dtype=np.uint8)
SMOOTH = np.add.outer(np.arange(24) * 4, np.arange(32) * 3)[..., None].repeat(3, 2).astype("uint8")


def saved(picture, form, **options):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pngs_come_back(channels):
    picture = COLOURS[..., :channels]
    data = tf.io.encode_png(picture)
    np.testing.assert_array_equal(tf.io.decode_png(data), picture)
    np.testing.assert_array_equal(tf.io.decode_image(data), picture)
    np.testing.assert_array_equal(tf.image.decode_png(data), picture)
    deep = tf.io.decode_png(data, dtype=tf.uint16)
    np.testing.assert_array_equal(np.asarray(deep), picture.astype(np.uint16) * 257)


def test_gray_pngs_have_16_bits():
    picture = RNG.integers(0, 65536, (5, 4, 1), dtype=np.uint16)
    data = tf.io.encode_png(picture)
    np.testing.assert_array_equal(np.asarray(tf.io.decode_png(data, dtype=tf.uint16)), picture)
    np.testing.assert_array_equal(tf.io.decode_png(data), picture >> 8)
    assert tf.io.decode_png(data, channels=4).shape == (5, 4, 4)
    np.testing.assert_array_equal(tf.io.decode_gif(data)[0, ..., :1], picture >> 8)


def test_several_pictures_are_a_file_each():
    files = tf.io.encode_png(np.stack([COLOURS, COLOURS]), compression=9)
    assert files.shape == (2,)
    np.testing.assert_array_equal(tf.io.decode_png(files[1]), COLOURS)


def test_jpegs_come_back_nearly():
    data = tf.io.encode_jpeg(SMOOTH, quality=100, chroma_downsampling=False, xmp_metadata="x")
    assert bool(tf.io.is_jpeg(data))
    assert not bool(tf.io.is_jpeg(tf.io.encode_png(SMOOTH)))
    assert tf.io.extract_jpeg_shape(data).tolist() == [24, 32, 3]
    pixels = np.asarray(tf.io.decode_jpeg(data)).astype(int)
    assert np.abs(pixels - SMOOTH).max() <= 4
    assert tf.io.decode_jpeg(data, channels=1).shape == (24, 32, 1)
    assert tf.io.decode_jpeg(data, ratio=4).shape == (6, 8, 3)
    part = tf.io.decode_and_crop_jpeg(data, [2, 3, 10, 12])
    np.testing.assert_array_equal(part, tf.io.decode_jpeg(data)[2:12, 3:15])
    fractions = tf.io.decode_image(data, dtype=tf.float32)
    np.testing.assert_allclose(fractions, pixels / 255, rtol=1e-6)


def test_gifs_are_films():
    film = saved(SMOOTH, "GIF", save_all=True, append_images=[Image.fromarray(255 - SMOOTH)])
    assert tf.io.decode_gif(film).shape == (2, 24, 32, 3)
    assert tf.io.decode_image(film).shape == (2, 24, 32, 3)
    assert tf.io.decode_image(film, expand_animations=False).shape == (24, 32, 3)
    assert tf.io.decode_image(saved(SMOOTH, "GIF")).shape == (1, 24, 32, 3)
    with pytest.raises(ValueError, match="0 or 3, for a GIF"):
        tf.io.decode_image(film, channels=1)


def test_bmps_webps_and_palettes():
    np.testing.assert_array_equal(tf.io.decode_bmp(saved(SMOOTH, "BMP")), SMOOTH)
    webp = tf.io.decode_webp(saved(SMOOTH, "WEBP", lossless=True))
    np.testing.assert_array_equal(webp[0], SMOOTH)
    palette = io.BytesIO()
    Image.fromarray(SMOOTH).quantize(8).save(palette, "PNG")
    assert tf.io.decode_png(palette.getvalue()).shape == (24, 32, 3)
    bits = tf.io.decode_png(saved(SMOOTH[..., 0] > 50, "PNG"))
    assert sorted(set(bits.ravel().tolist())) == [0, 255]


def test_what_is_no_picture_or_has_other_channels_is_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        tf.io.decode_image(b"nothing")
    with pytest.raises(ValueError, match="a BMP file"):
        tf.io.decode_bmp(saved(SMOOTH, "PNG"))
    with pytest.raises(ValueError, match="0, 1, 3 or 4"):
        tf.io.decode_png(saved(SMOOTH, "PNG"), channels=2)
    with pytest.raises(ValueError, match="for a JPEG"):
        tf.io.decode_image(saved(SMOOTH, "JPEG"), channels=4)
    with pytest.raises(ValueError, match="ratio"):
        tf.io.decode_jpeg(saved(SMOOTH, "JPEG"), ratio=3)
    with pytest.raises(ValueError, match="a file of"):
        tf.io.decode_image(saved(SMOOTH, "TIFF"))
    with pytest.raises(ValueError, match="convert_image_dtype"):
        tf.io.encode_jpeg(SMOOTH / 255)
    with pytest.raises(ValueError, match="height, width"):
        tf.io.encode_png(SMOOTH[0])
    with pytest.raises(ValueError, match="format"):
        tf.io.encode_jpeg(SMOOTH, format="grayscale")
    with pytest.raises(ValueError, match="uint16"):
        tf.io.encode_png(np.zeros((2, 2, 3), np.uint16))


def test_folders_of_pictures_become_batches(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for n in range(3):
            (tmp_path / kind / f"{n}.png").write_bytes(saved(COLOURS[..., :3], "PNG"))
    names = np.array(["cat", "dog"])

    def sample(path):
        label = tf.argmax(tf.strings.split(path, "/")[-2] == names)
        return tf.image.resize(tf.io.decode_png(tf.io.read_file(path)), (4, 4)), label

    files = tf.data.Dataset.list_files(str(tmp_path / "*/*.png"), shuffle=False)
    x, y = next(iter(files.map(sample, tf.data.AUTOTUNE).batch(6)))
    assert x.shape == (6, 4, 4, 3)
    assert y.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_file_cut_short_gives_what_there_is_if_asked_to():
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype("uint8")
    octets = tf.io.encode_jpeg(pixels).numpy()
    whole = tf.io.decode_jpeg(octets).numpy()
    with pytest.raises(ValueError, match="a whole file"):
        tf.io.decode_jpeg(octets[:-900])
    part = tf.io.decode_jpeg(octets[:-900], try_recover_truncated=True).numpy()
    np.testing.assert_array_equal(part[:16], whole[:16])
    assert (part[-4:, -4:] == 128).all()
    window = tf.io.decode_and_crop_jpeg(octets[:-900], [8, 0, 4, 5], try_recover_truncated=True)
    np.testing.assert_array_equal(window, whole[8:12, :5])
