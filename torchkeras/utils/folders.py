"""Datasets of images or texts in folders, a folder for each class."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from torchkeras.callbacks.console import say
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.settings import standardize_data_format
from torchkeras.core.threads import thread_pool
from torchkeras.utils.images import COLOR_MODES, crop_to_shape_of, img_to_array, load_img, resize

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
LABEL_MODES = ("int", "categorical", "binary", None)
READERS = min(8, os.cpu_count() or 1)  # threads that read and decode the files of a batch


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: int | tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A loader of the images below ``directory`` and their classes.

    Args:
        directory: The folder; with ``labels="inferred"`` each folder in it is a class.
        labels: ``"inferred"``, a class for each file in order of their paths, or None.
        label_mode: ``"int"``, ``"categorical"`` (vectors), ``"binary"`` (0.0 or 1.0) or None.
        class_names: Names of the class folders in the order wanted; None sorts them.
        color_mode: ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
        batch_size: Images in a batch; None gives single ones.
        image_size: ``(height, width)`` to resize to.
        shuffle: Whether each epoch comes in a new random order; else in order of the paths.
        seed: Of the order and of the split.
        validation_split: Fraction in (0, 1) that is kept for validation.
        subset: ``"training"``, ``"validation"``, or ``"both"`` for a list of the two.
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"`` or ``"area"``.
        follow_links: Whether linked folders are entered.
        crop_to_aspect_ratio: Whether to cut what doesn't fit instead of distorting.
        pad_to_aspect_ratio: Whether to pad with zeros instead of distorting.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        format: ``"tf"`` or ``"grain"``; both give a torch ``DataLoader``.
        verbose: Whether to say how many files there are.

    Shape:
        images: ``(batch, height, width, channels)``, float32 in [0, 255].
        labels: ``(batch,)`` int32, ``(batch, classes)`` or ``(batch, 1)`` float32.

    Returns:
        A ``DataLoader`` with ``class_names`` and ``file_paths``.

    Raises:
        ValueError: no images, or an argument out of range.

    Source: Keras 3 ``image_dataset_from_directory``.
    """
    owner = "image_dataset_from_directory"
    _check_choice(owner, "color_mode", color_mode, tuple(COLOR_MODES))
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2:
        raise argument_error(owner, "image_size", image_size, "(height, width)")
    _check_choice(owner, "format", format, ("tf", "grain"))
    interpolation = interpolation.lower()
    _check_choice(owner, "interpolation", interpolation, ("bilinear", "nearest", "bicubic", "area"))
    fit = crop_to_shape_of if crop_to_aspect_ratio else None
    read = partial(
        read_image,
        color_mode=color_mode,
        size=size,
        interpolation=interpolation,
        fit=_pad_to_shape_of if pad_to_aspect_ratio else fit,
        data_format=standardize_data_format(data_format),
    )
    folder = Index(owner, directory, IMAGE_SUFFIXES, labels, label_mode, class_names, follow_links)
    return folder.loaders(
        read, default_collate, batch_size, shuffle, seed, validation_split, subset, verbose
    )


def text_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A loader of the ``.txt`` files below ``directory`` and their classes.

    Args:
        max_length: Characters after which a text is cut; None keeps all.
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
            subset, follow_links, format, verbose: As in ``image_dataset_from_directory``.

    Shape:
        texts: ``(batch,)``, an object array of str.

    Returns:
        A ``DataLoader`` with ``class_names`` and ``file_paths``.

    Raises:
        ValueError: no texts, or an argument out of range.

    Source: Keras 3 ``text_dataset_from_directory``.
    """
    owner = "text_dataset_from_directory"
    _check_choice(owner, "format", format, ("tf", "grain"))
    read = partial(read_text, max_length=max_length)
    folder = Index(owner, directory, (".txt",), labels, label_mode, class_names, follow_links)
    return folder.loaders(
        read, collate_texts, batch_size, shuffle, seed, validation_split, subset, verbose
    )


def read_image(
    path: str,
    color_mode: str,
    size: tuple[int, int],
    interpolation: str,
    fit: Callable[[torch.Tensor, tuple[int, int]], torch.Tensor] | None,
    data_format: str,
) -> torch.Tensor:
    """One image file as a float32 tensor of ``size``."""
    array = img_to_array(load_img(path, color_mode), "channels_last", "float32")
    image = torch.from_numpy(np.array(array))
    image = resize(image if fit is None else fit(image, size), size, interpolation)
    return image.movedim(-1, 0).contiguous() if data_format == "channels_first" else image


def _pad_to_shape_of(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    height, width, channels = image.shape
    full_height = max(height, int(width * size[0] / size[1]))
    full_width = max(width, int(height * size[1] / size[0]))
    padded = image.new_zeros(full_height, full_width, channels)
    top, left = (full_height - height) // 2, (full_width - width) // 2
    padded[top : top + height, left : left + width] = image
    return padded


def read_text(path: str, max_length: int | None) -> str:
    """One text file, cut after ``max_length`` characters."""
    return Path(path).read_text(encoding="utf-8", errors="replace")[:max_length]


def collate_texts(items: list[Any]) -> Any:
    """Texts (and labels) of a batch, the texts as an object array."""
    if isinstance(items[0], tuple):
        texts, labels = zip(*items, strict=True)
        return np.array(texts, dtype=object), default_collate(labels)
    return np.array(items, dtype=object)


class Index:
    """The files below a folder, their classes and the checks that both datasets share."""

    def __init__(
        self,
        owner: str,
        directory: str | os.PathLike[str],
        suffixes: tuple[str, ...],
        labels: str | Sequence[int] | None,
        label_mode: str | None,
        class_names: Sequence[str] | None,
        follow_links: bool,
    ) -> None:
        _check_choice(owner, "label_mode", label_mode, LABEL_MODES)
        if isinstance(labels, str) and labels != "inferred":
            raise argument_error(owner, "labels", labels, '"inferred", None, or a list of classes')
        if class_names is not None and labels != "inferred":
            raise argument_error(
                owner,
                "class_names",
                class_names,
                'None, unless labels="inferred"',
                "You can only pass `class_names` if labels are inferred from the folders.",
            )
        self.owner, self.directory, self.suffixes = owner, os.fspath(directory), suffixes
        self.label_mode = label_mode if labels is not None else None
        self.class_names: list[str] | None = None
        if labels == "inferred" and label_mode is not None:
            self._infer_classes(class_names, follow_links)
        else:
            self.paths = list(self._files(self.directory, follow_links))
            self.labels = None if self.label_mode is None else self._given(labels)
        if self.label_mode == "binary" and len(self.class_names) != 2:
            raise argument_error(
                owner,
                "class_names",
                self.class_names,
                'two, with label_mode="binary"',
                "There must be exactly 2 class_names.",
            )

    def _files(self, folder: str, follow_links: bool) -> Iterator[str]:
        for root, _, names in sorted(os.walk(folder, followlinks=follow_links)):
            for name in sorted(names):
                if name.lower().endswith(self.suffixes):
                    path = os.path.join(root, name)
                    self._check_file(path)
                    yield path

    def _check_file(self, path: str) -> None:
        """Refuse what reading would wait for; a link to nothing is told of when it is read."""
        if os.path.exists(path) and not os.path.isfile(path):
            raise argument_error(
                self.owner, "directory", self.directory, "a folder of files",
                f"{path!r} is a pipe or a device.",
            )  # fmt: skip

    def _infer_classes(self, class_names: Sequence[str] | None, follow_links: bool) -> None:
        with os.scandir(self.directory) as entries:
            found = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
        for name in class_names or ():
            if name not in found:
                raise argument_error(
                    self.owner,
                    "class_names",
                    list(class_names),
                    f"names of folders among {found}",
                    f"The `class_names` passed did not match. {nearest(name, found)}",
                )
        self.class_names = list(class_names or found)
        by_class = [
            list(self._files(os.path.join(self.directory, name), follow_links))
            for name in self.class_names
        ]
        self.paths = [path for paths in by_class for path in paths]
        self.labels = np.repeat(np.arange(len(by_class), dtype="int32"), [*map(len, by_class)])

    def _given(self, labels: Sequence[int]) -> np.ndarray:
        if len(labels) != len(self.paths):
            raise argument_error(
                self.owner,
                "labels",
                f"a list of {len(labels)}",
                f"{len(self.paths)}, a class for each file in {self.directory}",
                "Expected the lengths of `labels` to match the number of files.",
            )
        self.class_names = [str(label) for label in sorted(set(labels))]
        return np.asarray(labels, dtype="int32")

    def loaders(
        self,
        read: Callable[[str], Any],
        collate: Callable[[list[Any]], Any],
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
        validation_split: float | None,
        subset: str | None,
        verbose: bool,
    ) -> Any:
        """The loader asked for, or the two of ``subset="both"``."""
        self._check_split(validation_split, subset, shuffle, seed)
        if verbose:
            classes = f" belonging to {len(self.class_names)} classes" if self.class_names else ""
            say(f"Found {len(self.paths)} files{classes}.")
        seed = int(np.random.randint(10**6)) if seed is None else seed
        order = np.arange(len(self.paths))
        if shuffle:
            np.random.RandomState(seed).shuffle(order)
        parts = []
        for part in ("training", "validation") if subset == "both" else (subset,):
            chosen = self._part(order, validation_split, part, verbose)
            if not len(chosen):
                raise argument_error(
                    self.owner,
                    "directory",
                    self.directory,
                    f"a folder with {part or 'some'} files {', '.join(self.suffixes)}",
                    "No images found." if ".png" in self.suffixes else "No text files found.",
                )
            files = Files([self.paths[i] for i in chosen], self._labels_of(chosen), read)
            reshuffle = shuffle and not (subset == "both" and part == "validation")
            parts.append(FileLoader(files, self.class_names, collate, batch_size, reshuffle, seed))
        return parts if subset == "both" else parts[0]

    def _check_split(
        self, validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None
    ) -> None:
        if validation_split and not 0 < validation_split < 1:
            raise argument_error(
                self.owner, "validation_split", validation_split, "a fraction between 0 and 1"
            )
        _check_choice(self.owner, "subset", subset, ("training", "validation", "both", None))
        if bool(validation_split) != bool(subset):
            raise argument_error(
                self.owner,
                "subset",
                subset,
                "given with validation_split",
                "If `subset` is set, `validation_split` must be set, and inversely.",
            )
        if validation_split and shuffle and seed is None:
            raise argument_error(
                self.owner,
                "seed",
                seed,
                "an integer",
                "If using `validation_split` and shuffling, provide a `seed`, so that training "
                "and validation don't overlap.",
            )

    def _part(
        self, order: np.ndarray, validation_split: float | None, part: str | None, verbose: bool
    ) -> np.ndarray:
        if part is None:
            return order
        count = int(validation_split * len(order))
        cut = len(order) - count
        if verbose:
            kept = cut if part == "training" else count
            say(f"Using {kept} files for {part}.")
        return order[:cut] if part == "training" else order[cut:]

    def _labels_of(self, chosen: np.ndarray) -> np.ndarray | None:
        if self.labels is None:
            return None
        labels = self.labels[chosen]
        if self.label_mode == "binary":
            return labels.astype("float32")[:, None]
        if self.label_mode == "categorical":
            return np.eye(len(self.class_names), dtype="float32")[labels]
        return labels


class Files(Dataset):
    """Files, read when they are asked for, several at a time, and their labels."""

    def __init__(
        self, paths: list[str], labels: np.ndarray | None, read: Callable[[str], Any]
    ) -> None:
        self.paths = paths
        self.labels = None if labels is None else torch.from_numpy(labels)
        self.read = read

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Any:
        sample = self.read(self.paths[index])
        return sample if self.labels is None else (sample, self.labels[index])

    def __getitems__(self, indices: list[int]) -> list[Any]:
        with thread_pool(READERS) as pool:
            return list(pool.map(self.__getitem__, indices))


class FileLoader(DataLoader):
    """A ``DataLoader`` that knows its files and the names of its classes."""

    def __init__(
        self,
        files: Files,
        class_names: list[str] | None,
        collate: Callable[[list[Any]], Any],
        batch_size: int | None,
        shuffle: bool,
        seed: int,
    ) -> None:
        self.class_names = class_names
        self.file_paths = files.paths
        super().__init__(
            files,
            batch_size=batch_size,
            shuffle=shuffle,
            collate_fn=collate if batch_size is not None else None,
            generator=torch.Generator().manual_seed(seed),
        )


def _check_choice(owner: str, argument: str, given: Any, options: tuple[Any, ...]) -> None:
    if given not in options:
        names = ", ".join(repr(option) for option in options)
        hint = nearest(given, [o for o in options if o]) if isinstance(given, str) else ""
        raise argument_error(owner, argument, given, f"one of {names}", hint)
