"""Data sets of folders that people made by hand: pictures by class, texts by language."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import torch
from torchkeras_shim.text import as_texts

from tensorflow_datasets.core.builder import DatasetBuilder
from tensorflow_datasets.core.info import DatasetInfo
from tensorflow_datasets.core.naming import Version
from tensorflow_datasets.core.reading import ReadConfig
from tensorflow_datasets.core.splits import SplitInfo
from tensorflow_datasets.features.examples import decoded
from tensorflow_datasets.features.media import Image
from tensorflow_datasets.features.nested import FeaturesDict
from tensorflow_datasets.features.tensors import ClassLabel, Text
from torchkeras.core.checks import argument_error, moment_error, nearest

_PICTURES = (".jpg", ".jpeg", ".png")


class _Folder(DatasetBuilder, skip_registration=True):
    """A data set whose files are read as they are."""

    VERSION = "1.0.0"

    def __init__(self, root_dir: Any) -> None:
        self._own = Path(root_dir).expanduser()
        super().__init__(data_dir=self._own)

    def _folder_of(self, version: Version) -> Path:
        return self._own

    def _set_counts(self, counts: dict[str, int]) -> None:
        self.info.set_splits({name: SplitInfo(name, [n]) for name, n in counts.items()})

    def download_and_prepare(self, **options: Any) -> None:
        """There is nothing to prepare.

        Raises:
            RuntimeError: always.
        """
        raise moment_error(self, "its files are read as they are", "Call as_dataset.")

    def is_prepared(self) -> bool:
        return True

    def _check(self, split: Any) -> str:
        """The name of a split; parts of one can't be asked for.

        Raises:
            ValueError: there is none of this name.
        """
        known = self.info.splits
        if not isinstance(split, str) or str(split) not in known:
            raise argument_error(
                self, "split", str(split), f"one of {list(known)}",
                f"Parts of splits are had by take and skip. {nearest(str(split), known)}".rstrip(),
            )  # fmt: skip
        return str(split)


class ImageFolder(_Folder, skip_registration=True):
    """Pictures in folders ``split/class/picture.png``.

    Args:
        root_dir: The folder of the splits.
        shape: Shape of the pictures; None for sizes that differ.
        dtype: uint8 unless told otherwise.

    Source: ``tfds.folder_dataset.ImageFolder``.
    """

    def __init__(self, root_dir: Any, *, shape: Any = None, dtype: Any = None) -> None:
        self._picture = {"shape": shape, "dtype": dtype}
        super().__init__(root_dir)
        self._files = {
            split.name: _labelled(split) for split in _folders(self._own) if _folders(split)
        }
        labels = sorted({label for files in self._files.values() for _, label in files})
        self.info.features["label"].names = labels
        self._set_counts({name: len(files) for name, files in self._files.items()})

    def _info(self) -> DatasetInfo:
        features = {
            "image": Image(**self._picture),
            "label": ClassLabel(),
            "image/filename": Text(),
        }
        return DatasetInfo(
            builder=self,
            description="Generic image classification dataset.",
            features=FeaturesDict(features),
            supervised_keys=("image", "label"),
        )

    def _as_dataset(
        self, split: Any, decoders: Any, read_config: ReadConfig, shuffle_files: bool
    ) -> Any:
        files = self._files[self._check(split)]
        features = self.info.features
        numbers = [features["label"].str2int(label) for _, label in files]
        paths = as_texts(np.asarray([str(path) for path, _ in files], dtype=object))
        dataset = tf.data.Dataset.from_tensor_slices((paths, torch.tensor(numbers)))
        if shuffle_files:
            dataset = dataset.shuffle(len(files))

        def example(path: Any, label: Any) -> Any:
            parts = {"image": tf.io.read_file(path), "label": label, "image/filename": path}
            return decoded(features, parts, decoders)

        return dataset.map(example)


class TranslateFolder(_Folder, skip_registration=True):
    """Texts in files ``language.split.txt``, a sentence a line.

    Args:
        root_dir: The folder of the files.

    Raises:
        ValueError: a file has another name, or the languages of a split differ in length.

    Source: ``tfds.folder_dataset.TranslateFolder``.
    """

    def __init__(self, root_dir: Any) -> None:
        self._texts: dict[str, dict[str, list[str]]] = {}
        for path in sorted(Path(root_dir).expanduser().iterdir()):
            parts = path.name.split(".")
            if len(parts) != 3:
                raise argument_error(
                    "tfds.TranslateFolder", "a file", path.name, '"language.split.txt"'
                )
            lines = path.read_text(encoding="utf-8").splitlines()
            self._texts.setdefault(parts[1], {})[parts[0]] = lines
        super().__init__(root_dir)
        for split, texts in self._texts.items():
            lengths = {language: len(lines) for language, lines in texts.items()}
            if len(set(lengths.values())) > 1:
                raise argument_error(
                    self, f"lines of {split!r}", lengths, "as many of each language"
                )
        self._set_counts({split: len(next(iter(t.values()))) for split, t in self._texts.items()})

    def _info(self) -> DatasetInfo:
        languages = sorted({language for texts in self._texts.values() for language in texts})
        return DatasetInfo(
            builder=self,
            description="Generic text translation dataset.",
            features=FeaturesDict({language: Text() for language in languages}),
        )

    def _as_dataset(
        self, split: Any, decoders: Any, read_config: ReadConfig, shuffle_files: bool
    ) -> Any:
        if decoders is not None:
            raise argument_error(self, "decoders", decoders, "None")
        texts = self._texts[self._check(split)]
        columns = {language: as_texts(texts[language]) for language in sorted(texts)}
        dataset = tf.data.Dataset.from_tensor_slices(columns)
        number = self.info.splits[str(split)].num_examples
        return dataset.shuffle(number) if shuffle_files else dataset


def _folders(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir())


def _labelled(split: Path) -> list[tuple[Path, str]]:
    """Pictures and classes of a split, in an order that follows from its name."""
    files = [
        (path, label.name)
        for label in _folders(split)
        for path in sorted(label.iterdir())
        if path.suffix.lower() in _PICTURES
    ]
    random.Random(split.name).shuffle(files)
    return files
