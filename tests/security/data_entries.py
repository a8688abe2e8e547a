"""Data as entry points: folders of images, sounds and texts, and the sets of ``keras.datasets``."""

import io
import unittest.mock

from PIL import Image, UnidentifiedImageError
from security.entries import at, entry, given_to, table

import torchkeras as keras
from torchkeras.datasets import fashion_mnist, source
from torchkeras.preprocessing.image import ImageDataGenerator
from torchkeras.utils import files

IMAGE = "picture.png"  # what it is, its bytes tell
SOUND = "sound.wav"


def in_classes(content, work, name):
    """A folder of two classes with a file each."""
    for number in ("a", "b"):
        folder = work / "data" / number
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
    return work / "data"


def first(dataset):
    """The first batch of a dataset."""
    return next(iter(dataset))


def read(call):
    """The result of ``call``; what Pillow says of images is a refusal.

    Raises:
        ValueError: Pillow can't read it, or it has more pixels than Pillow takes.
    """
    try:
        return call()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise ValueError(str(error)) from error


@entry("load_img", "image")
def load_image(content, work):
    (work / IMAGE).write_bytes(content)
    return lambda: read(lambda: keras.utils.load_img(work / IMAGE))


@entry("load_img of an open file", "image")
def load_open_image(content, work):
    load = keras.utils.load_img
    return lambda: read(lambda: keras.utils.img_to_array(load(io.BytesIO(content))))


@entry("image_dataset_from_directory", "image")
def images_of_folder(content, work):
    folder = in_classes(content, work, IMAGE)
    load = keras.utils.image_dataset_from_directory
    return lambda: read(lambda: first(load(folder, image_size=(8, 8), verbose=False)))


@entry("ImageDataGenerator.flow_from_directory", "image")
def flow_of_folder(content, work):
    folder = in_classes(content, work, IMAGE)
    flow = ImageDataGenerator().flow_from_directory
    return lambda: read(lambda: first(flow(folder, target_size=(8, 8))))


@entry("audio_dataset_from_directory", "sound")
def sounds_of_folder(content, work):
    folder = in_classes(content, work, SOUND)
    return lambda: first(keras.utils.audio_dataset_from_directory(folder, verbose=False))


@entry("image_dataset_from_directory of a folder", "data folder")
def images_of_odd_folder(write, work):
    write(work / "data", IMAGE)
    return lambda: first(
        keras.utils.image_dataset_from_directory(
            work / "data", image_size=(8, 8), verbose=False, label_mode=None
        )
    )


@entry("audio_dataset_from_directory of a folder", "data folder")
def sounds_of_odd_folder(write, work):
    write(work / "data", SOUND)
    return lambda: first(
        keras.utils.audio_dataset_from_directory(work / "data", verbose=False, label_mode=None)
    )


@entry("text_dataset_from_directory of a folder", "data folder")
def texts_of_odd_folder(write, work):
    write(work / "data", "text.txt")
    return lambda: first(
        keras.utils.text_dataset_from_directory(work / "data", verbose=False, label_mode=None)
    )


# --- Readers of arrays


def load_pickle(path):
    with open(path, "rb") as file:
        return source.load_pickle(file)


table(at("data"), "pickle", {"load_pickle": given_to(load_pickle)})
table(at("data.npz"), "npz", {"load_npz": given_to(source.load_npz)})

# --- keras.datasets: files that are in the cache already, as if their hashes were right


def from_cache(load, work):
    """Calls ``load`` without a look at hashes."""

    def call():
        as_expected = unittest.mock.patch.object(files, "hash_of", lambda path, how, like="": like)
        with as_expected:
            return load(work / "cache")

    return call


def cached(content, work, name):
    folder = work / "cache" / "datasets"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)


for _name in ("mnist", "imdb", "reuters", "boston_housing", "california_housing"):

    @entry(f"{_name}.load_data", "npz")
    def load_arrays(content, work, name=_name):
        file = f"{name}.npz"
        cached(content, work, file)
        load = getattr(keras.datasets, name).load_data
        if name in ("imdb", "reuters"):
            return from_cache(lambda cache: load(file, cache_dir=str(cache)), work)
        path = str(work / "cache" / "datasets" / file)
        return from_cache(lambda cache: load(path), work)


for _name, _folder, _files in (
    ("cifar10", "cifar-10-batches-py", [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]),
    ("cifar100", "cifar-100-python", ["train", "test"]),
):

    @entry(f"{_name}.load_data", "pickle")
    def load_batches(content, work, name=_name, folder=_folder, names=_files):
        unpacked = work / "cache" / "datasets"
        for place in (f"{folder}-target/{folder}", f"{name}_extracted/{folder}", folder):
            (unpacked / place).mkdir(parents=True, exist_ok=True)
            for file in names:
                (unpacked / place / file).write_bytes(content)
        for file in (f"{folder}_archive", f"{folder}-target_archive", f"{folder}.tar.gz"):
            (unpacked / file).write_bytes(b"unpacked already")
        load = getattr(keras.datasets, name).load_data
        return from_cache(lambda cache: load(cache_dir=str(cache)), work)


@entry("fashion_mnist.load_data", "gzip")
def load_compressed(content, work):
    folder = work / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name in fashion_mnist.CONTENTS:
        (folder / f"{name}.gz").write_bytes(content)
    right = unittest.mock.patch.object(fashion_mnist, "_is_right", return_value=True)

    def call():
        with right:
            return keras.datasets.fashion_mnist.load_data(cache_dir=str(work / "keras"))

    return call
