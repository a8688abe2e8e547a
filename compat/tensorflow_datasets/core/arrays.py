"""The data sets that ``keras.datasets`` has, in the order of tfds, without files of tfds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
import torch
from torchkeras_shim.text import as_texts

from tensorflow_datasets.core.builder import DatasetBuilder
from tensorflow_datasets.core.download import DownloadConfig
from tensorflow_datasets.core.info import DatasetInfo
from tensorflow_datasets.core.reading import ReadConfig
from tensorflow_datasets.core.splits import SplitInfo, spans
from tensorflow_datasets.core.writing import order_of
from tensorflow_datasets.features.media import Image
from tensorflow_datasets.features.nested import FeaturesDict
from tensorflow_datasets.features.tensors import ClassLabel, Tensor, Text
from torchkeras.core.checks import argument_error
from torchkeras.datasets import cifar10, cifar100, fashion_mnist, mnist

# Arrays by feature, of one split.
Columns = dict[str, Any]


class ArraysBuilder(DatasetBuilder, skip_registration=True):
    """A data set whose examples are the rows of arrays in memory.

    A folder of the real one, if there is one, comes first. A subclass tells how many examples
    each split has, and gives the arrays.
    """

    counts: ClassVar[dict[str, int]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._columns: dict[str, Columns] | None = None
        if not self.is_prepared():
            self.info.set_splits(
                {
                    name: SplitInfo(name, [count], 0, None, self.name)
                    for name, count in self.counts.items()
                }
            )

    def download_and_prepare(
        self,
        *,
        download_dir: Any = None,
        download_config: DownloadConfig | None = None,
        file_format: Any = None,
        permissions: Any = None,
    ) -> None:
        """Get the arrays, from Keras's cache or a download.

        Args:
            download_dir: Root of the cache; None is Keras's.
            download_config: Accepted.
            file_format: Accepted.
            permissions: Accepted.
        """
        if not self.is_prepared() and self._columns is None:
            folder = None if download_dir is None else str(Path(download_dir).expanduser())
            self._columns = {
                name: _ordered(name, columns) for name, columns in self.columns(folder).items()
            }

    def columns(self, cache_dir: str | None) -> dict[str, Columns]:
        """The arrays of each split, rows in the order of the source's files."""
        raise argument_error(self, "columns", None, "a method of the subclass")

    def _require_examples(self) -> None:
        if self._columns is None:
            super()._require_examples()

    def _as_dataset(
        self, split: Any, decoders: Any, read_config: ReadConfig, shuffle_files: bool
    ) -> Any:
        if self._columns is None:
            return super()._as_dataset(split, decoders, read_config, shuffle_files)
        if decoders is not None or read_config.add_tfds_id:
            raise argument_error(
                self, "decoders", decoders, "None: the examples are arrays already",
                "Prepare it with tfds to have its files.",
            )  # fmt: skip
        parts = [self._rows(span) for span in spans(split, self.info.splits)]
        names = sorted(self.info.features.keys())
        rows = {name: _joined([part[name] for part in parts]) for name in names}
        dataset = tf.data.Dataset.from_tensor_slices(rows)
        if read_config.repeat_filenames:
            dataset = dataset.repeat()
        return dataset if read_config.options is None else dataset.with_options(read_config.options)

    def _rows(self, span: Any) -> Columns:
        columns = self._columns[span.split]  # type: ignore[index]
        return {name: column[span.start : span.stop] for name, column in columns.items()}

    def _supervised(self, dataset: Any) -> Any:
        source = getattr(dataset._stream, "columns", None)
        keys = self.info.supervised_keys
        if self._columns is None or not isinstance(source, dict) or not keys:
            return super()._supervised(dataset)
        return tf.data.Dataset.from_tensor_slices(tuple(source[key] for key in keys))


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(parts)
    return as_texts(np.concatenate([np.asarray(part, dtype=object) for part in parts]))


def _ordered(split: str, columns: Columns) -> Columns:
    """Rows in the order in which tfds has them, whose keys are their numbers."""
    order = np.asarray(order_of(split, len(next(iter(columns.values())))))
    return {
        name: as_texts(column[order]) if column.dtype == object else torch.as_tensor(column[order])
        for name, column in columns.items()
    }


def _pictures(arrays: Any) -> Columns:
    """Pictures of shape ``(n, 28, 28)``, with an axis of channels, and their classes."""
    pictures, labels = arrays
    return {"image": pictures[..., None], "label": labels.astype(np.int64)}


class Mnist(ArraysBuilder):
    """Handwritten digits."""

    VERSION = "3.0.1"
    counts = {"train": 60000, "test": 10000}
    labels: ClassVar[dict[str, Any]] = {"num_classes": 10}
    words: ClassVar[tuple[str, str]] = (
        "The MNIST database of handwritten digits.",
        "http://yann.lecun.com/exdb/mnist/",
    )
    load: ClassVar[Callable[..., Any]] = staticmethod(mnist.load_data)

    def _info(self) -> DatasetInfo:
        features = {"image": Image(shape=(28, 28, 1)), "label": ClassLabel(**self.labels)}
        return DatasetInfo(
            builder=self,
            description=self.words[0],
            homepage=self.words[1],
            features=FeaturesDict(features),
            supervised_keys=("image", "label"),
        )

    def columns(self, cache_dir: str | None) -> dict[str, Columns]:
        train, test = self.load(cache_dir=cache_dir)
        return {"train": _pictures(train), "test": _pictures(test)}


class FashionMnist(Mnist):
    """Pictures of clothes."""

    labels = {
        "names": [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ]
    }  # fmt: skip
    words = (
        "Grey pictures of 28 x 28 pixels of articles of ten kinds, 60,000 to train and 10,000 "
        "to test.",
        "https://github.com/zalandoresearch/fashion-mnist",
    )
    load = staticmethod(fashion_mnist.load_data)


class Cifar10(ArraysBuilder):
    """Colour pictures of ten kinds of things."""

    VERSION = "3.0.2"
    counts = {"train": 50000, "test": 10000}
    names: ClassVar[list[str]] = [
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    ]  # fmt: skip

    def _info(self) -> DatasetInfo:
        return DatasetInfo(
            builder=self,
            description="60,000 colour pictures of 32 x 32 pixels in ten classes.",
            homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
            features=FeaturesDict(self._features()),
            supervised_keys=("image", "label"),
        )

    def _features(self) -> dict[str, Any]:
        return {
            "id": Text(),
            "image": Image(shape=(32, 32, 3)),
            "label": ClassLabel(names=self.names),
        }

    def columns(self, cache_dir: str | None) -> dict[str, Columns]:
        return _with_ids(cifar10.load_data(cache_dir=cache_dir), {})


class Cifar100(Cifar10):
    """Colour pictures of a hundred kinds of things in twenty groups."""

    names = [
        "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
        "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
        "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
        "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox",
        "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard",
        "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse",
        "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
        "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray",
        "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail",
        "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
        "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle",
        "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
    ]  # fmt: skip
    groups: ClassVar[list[str]] = [
        "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
        "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
        "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
        "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people",
        "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
    ]  # fmt: skip

    def _features(self) -> dict[str, Any]:
        return {**super()._features(), "coarse_label": ClassLabel(names=self.groups)}

    def columns(self, cache_dir: str | None) -> dict[str, Columns]:
        groups = cifar100.load_data("coarse", cache_dir=cache_dir)
        return _with_ids(
            cifar100.load_data("fine", cache_dir=cache_dir),
            {"train": groups[0][1], "test": groups[1][1]},
        )


def _with_ids(arrays: Any, groups: dict[str, np.ndarray]) -> dict[str, Columns]:
    """Pictures ``(n, 32, 32, 3)``, classes ``(n, 1)`` and a text that names each."""
    found = {}
    for split, (pictures, labels) in zip(("train", "test"), arrays, strict=True):
        if pictures.shape[1] == 3:  # in the layout channels_first
            pictures = pictures.transpose(0, 2, 3, 1)
        names = [f"{split}_{number:05d}" for number in range(len(pictures))]
        found[split] = {
            "id": np.asarray(names, dtype=object),
            "image": np.ascontiguousarray(pictures),
            "label": labels[:, 0].astype(np.int64),
        }
        if groups:
            found[split]["coarse_label"] = groups[split][:, 0].astype(np.int64)
    return found


class Iris(ArraysBuilder):
    """Measures of flowers of three kinds; needs scikit-learn."""

    VERSION = "2.1.0"
    counts = {"train": 150}

    def _info(self) -> DatasetInfo:
        features = {
            "features": Tensor(shape=(4,), dtype=np.float32),
            "label": ClassLabel(names=["Iris-setosa", "Iris-versicolor", "Iris-virginica"]),
        }
        return DatasetInfo(
            builder=self,
            description="Lengths and widths of 150 flowers' sepals and petals, in centimetres.",
            homepage="https://archive.ics.uci.edu/ml/datasets/iris",
            features=FeaturesDict(features),
            supervised_keys=("features", "label"),
        )

    def columns(self, cache_dir: str | None) -> dict[str, Columns]:
        try:
            from sklearn.datasets import load_iris
        except ModuleNotFoundError as error:
            raise moment_of_sklearn() from error
        measures, kinds = load_iris(return_X_y=True)
        measures = measures.astype(np.float32)
        # Two flowers differ in UCI's file, which tfds reads, from Fisher's article.
        measures[34] = measures[37] = (4.9, 3.1, 1.5, 0.1)
        return {"train": {"features": measures, "label": kinds.astype(np.int64)}}


def moment_of_sklearn() -> ModuleNotFoundError:
    """What to say where scikit-learn isn't there."""
    return ModuleNotFoundError(
        'tfds: "iris" comes from scikit-learn, which isn\'t installed. '
        "Try pip install torchkeras-compat[sklearn]."
    )
