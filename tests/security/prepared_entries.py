"""Prepared folders of ``tensorflow_datasets`` as entry points."""

import errno
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from security import honest
from security.drop_in_entries import opened
from security.entries import entry


class Small(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Four examples of a number, an image and a class."""

    VERSION = tfds.core.Version("1.0.0")
    name = "small"

    def _info(self):
        features = {
            "x": tfds.features.Tensor(shape=(2,), dtype=np.float32),
            "i": tfds.features.Image(shape=(2, 2, 3)),
            "l": tfds.features.ClassLabel(names=["a", "b"]),
        }
        told = tfds.features.FeaturesDict(features)
        return tfds.core.DatasetInfo(builder=self, features=told, supervised_keys=("x", "l"))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number in range(4):
            image = np.full((2, 2, 3), number, np.uint8)
            yield number, {"x": np.ones(2, np.float32), "i": image, "l": number % 2}


def prepare(folder):
    """Write the data set."""
    Small(data_dir=folder / "datasets").download_and_prepare()


def spoiled(spoil, work):
    """A copy of it, spoiled."""
    shutil.copytree(Path(honest.FOLDER, "datasets"), work / "datasets")
    spoil(work / "datasets" / "small" / "1.0.0")
    return work / "datasets"


def told(call):
    """The result of ``call``; what it says of missing files or other numbers is a refusal.

    So is what the system says of names that files can't have.
    """
    try:
        return opened(call)
    except (AssertionError, tf.errors.OpError) as error:
        raise ValueError(str(error)) from error
    except RuntimeError as error:
        if "expected to contain" not in str(error):
            raise
        raise ValueError(str(error)) from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise ValueError(str(error)) from error


def every(dataset):
    """The examples; a list would set aside as many places as it is told of."""
    return [example for example in dataset]  # noqa: C416


@entry("tfds.load", "prepared")
def load(spoil, work):
    path = spoiled(spoil, work)
    return lambda: told(lambda: every(tfds.load("small", split="train", data_dir=path)))


@entry("tfds.load in batches", "prepared")
def load_batches(spoil, work):
    path = spoiled(spoil, work)
    options = {"as_supervised": True, "batch_size": 2, "with_info": True}

    def call():
        dataset, info = tfds.load("small", split="train", data_dir=path, **options)
        return [every(dataset), str(info)]

    return lambda: told(call)


@entry("tfds.builder_from_directory", "prepared")
def build(spoil, work):
    path = spoiled(spoil, work) / "small" / "1.0.0"

    def call():
        builder = tfds.builder_from_directory(path)
        return [str(builder.info), every(builder.as_dataset(split="train[:50%]"))]

    return lambda: told(call)
