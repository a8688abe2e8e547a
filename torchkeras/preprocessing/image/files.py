"""Batches of images in files: a folder for each class, or a column of file names."""

import os
import warnings
from collections.abc import Iterator as Steps
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from torchkeras.callbacks.console import say
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.settings import floatx, standardize_data_format
from torchkeras.preprocessing.image.iterators import SUBSETS, Iterator, save_images
from torchkeras.utils.images import COLOR_MODES, img_to_array, load_img

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
WITHOUT_CLASSES = ("input", "multi_output", "raw", None)


class BatchFromFilesMixin:
    """What iterators over files share: reading the images of a batch and its targets.

    A subclass has ``filepaths``, ``labels``, ``sample_weight``, ``class_mode`` and ``dtype``.

    Source: tf.keras 2 ``BatchFromFilesMixin``.
    """

    def set_processing_attrs(
        self,
        image_data_generator: Any,
        target_size: Sequence[int],
        color_mode: str,
        data_format: str,
        save_to_dir: str | None,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> None:
        """Keep how files become images; the arguments are those of ``DirectoryIterator``.

        Raises:
            ValueError: ``color_mode`` or ``subset`` is another.
        """
        if color_mode not in COLOR_MODES:
            raise argument_error(self, "color_mode", color_mode, '"rgb", "rgba" or "grayscale"')
        if subset is not None and subset not in SUBSETS:
            raise argument_error(self, "subset", subset, '"training" or "validation"')
        self.image_data_generator = image_data_generator
        self.target_size = tuple(target_size)
        self.keep_aspect_ratio = keep_aspect_ratio
        self.color_mode = color_mode
        self.data_format = data_format
        channels = (CHANNELS[color_mode],)
        is_last = data_format == "channels_last"
        self.image_shape = self.target_size + channels if is_last else channels + self.target_size
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        self.interpolation = interpolation
        self.subset = subset
        self.split: tuple[float, float] | None = None
        if subset is not None:
            share = image_data_generator._validation_split
            self.split = (0, share) if subset == "validation" else (share, 1)

    def _part_of_split(self, count: int) -> slice:
        if self.split is None:
            return slice(None)
        first, last = self.split
        return slice(int(first * count), int(last * count))

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        images = np.zeros((len(index_array), *self.image_shape), dtype=self.dtype)
        for place, row in enumerate(index_array):
            images[place] = self._read(self.filepaths[row])
        save_images(self, images, index_array)
        if self.class_mode is None:
            return images
        targets = self._targets_of(images, index_array)
        weights = () if self.sample_weight is None else (self.sample_weight[index_array],)
        return images, targets, *weights

    def _read(self, path: str) -> np.ndarray:
        image = load_img(
            path,
            color_mode=self.color_mode,
            target_size=self.target_size,
            interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )
        x = img_to_array(image, data_format=self.data_format)
        return self.image_data_generator.change(x) if self.image_data_generator else x

    def _targets_of(self, images: np.ndarray, rows: np.ndarray) -> Any:
        if self.class_mode == "input":
            return images.copy()
        if self.class_mode == "multi_output":
            return [output[rows] for output in self.labels]
        if self.class_mode == "raw":
            return self.labels[rows]
        classes = [self.classes[row] for row in rows]
        if self.class_mode in ("binary", "sparse"):
            return np.array(classes, dtype=self.dtype)
        one_hot = np.zeros((len(rows), len(self.class_indices)), dtype=self.dtype)
        for place, ones in enumerate(classes):
            one_hot[place, ones] = 1
        return one_hot


class DirectoryIterator(BatchFromFilesMixin, Iterator):
    """Batches of the images in a folder's folders. See ``ImageDataGenerator.flow_from_directory``.

    Args:
        directory: A folder with a folder for each class.
        image_data_generator: What changes the images; None leaves them.
        target_size: ``(height, width)`` they are resized to.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        classes: The folders, in the order of their numbers; None takes all, sorted by name.
        class_mode: Targets: ``"categorical"`` (one-hot), ``"binary"`` or ``"sparse"`` (numbers),
            ``"input"`` (the images themselves) or None (none).
        batch_size: Images in a batch.
        shuffle: Whether each epoch has an order of its own.
        seed: See ``Iterator``.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        save_to_dir: Folder to write the changed images to; None writes none.
        save_prefix: Their names' beginning.
        save_format: Their format, such as ``"png"``.
        follow_links: Whether linked folders inside those of the classes are read.
        subset: ``"training"`` or ``"validation"``: which side of the generator's
            ``validation_split``, class by class; None is everything.
        interpolation: As in ``load_img``.
        keep_aspect_ratio: Whether to cut what doesn't fit instead of distorting.
        dtype: Of the batches; None is floatx.

    Raises:
        ValueError: ``class_mode``, ``color_mode`` or ``subset`` is another.

    Source: tf.keras 2 ``DirectoryIterator``.
    """

    allowed_class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            standardize_data_format(data_format),
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        _check_class_mode(self, class_mode)
        self.directory = directory
        self.class_mode = class_mode
        self.dtype = dtype or floatx()
        names = list(classes or _folders(directory))
        self.num_classes = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.filenames: list[str] = []
        numbers: list[int] = []
        for name, number in self.class_indices.items():
            files = list(_images_below(Path(directory) / name, follow_links))
            files = files[self._part_of_split(len(files))]
            self.filenames += [os.path.join(name, file) for file in files]
            numbers += [number] * len(files)
        self.classes = np.array(numbers, dtype="int32")
        self.samples = len(self.filenames)
        self._filepaths = [os.path.join(directory, name) for name in self.filenames]
        say(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def filepaths(self) -> list[str]:
        """Path of each image."""
        return self._filepaths

    @property
    def labels(self) -> np.ndarray:
        """Number of each image's class."""
        return self.classes

    @property
    def sample_weight(self) -> None:
        """None: images in folders have no weights."""
        return None


class DataFrameIterator(BatchFromFilesMixin, Iterator):
    """Batches of the images that a pandas frame names. See ``flow_from_dataframe``.

    Args:
        dataframe: A row for each image.
        directory: Folder that the names are relative to; None takes them as they are.
        image_data_generator: What changes the images; None leaves them.
        x_col: Column of the file names.
        y_col: Column of the targets, or a list of columns.
        weight_col: Column of the samples' weights; None gives none.
        target_size: ``(height, width)`` they are resized to.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        classes: The classes, in the order of their numbers, others being left out; None takes all,
            sorted.
        class_mode: As in ``DirectoryIterator``, or ``"raw"`` (the column's values) or
            ``"multi_output"`` (a list with the values of each column).
        batch_size: Images in a batch.
        shuffle: Whether each epoch has an order of its own.
        seed: See ``Iterator``.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        save_to_dir: Folder to write the changed images to; None writes none.
        save_prefix: Their names' beginning.
        save_format: Their format, such as ``"png"``.
        subset: ``"training"`` or ``"validation"``: which side of the generator's
            ``validation_split``; None is everything.
        interpolation: As in ``load_img``.
        keep_aspect_ratio: Whether to cut what doesn't fit instead of distorting.
        dtype: Of the batches.
        validate_filenames: Whether rows whose file isn't there, or is no image by its suffix, are
            left out, with a warning.

    Raises:
        ValueError: ``class_mode``, ``color_mode`` or ``subset`` is another, or ``"binary"`` meets
            other than two classes.
        TypeError: a column holds other than ``class_mode`` needs.

    Source: tf.keras 2 ``DataFrameIterator``.
    """

    allowed_class_modes = (
        "binary",
        "categorical",
        "input",
        "multi_output",
        "raw",
        "sparse",
        None,
    )

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        _check_class_mode(self, class_mode)
        self.directory = directory or ""
        self.class_mode = class_mode
        self.dtype = dtype
        frame = dataframe.copy()
        self._check_columns(frame, x_col, y_col, weight_col, classes)
        if validate_filenames:
            frame = self._with_files(frame, x_col)
        has_classes = class_mode not in WITHOUT_CLASSES
        if has_classes:
            frame, names = _of_classes(frame, y_col, classes)
            self.class_indices = {name: number for number, name in enumerate(names)}
        frame = frame.iloc[self._part_of_split(len(frame)), :]
        if has_classes:
            self.classes = [_numbers(label, self.class_indices) for label in frame[y_col]]
        elif class_mode == "multi_output":
            self._targets = [np.array(frame[column].tolist()) for column in y_col]
        elif class_mode == "raw":
            self._targets = frame[y_col].values
        self._sample_weight = frame[weight_col].values if weight_col else None
        self.filenames = frame[x_col].tolist()
        self.samples = len(self.filenames)
        self._filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        checked = "validated" if validate_filenames else "non-validated"
        ending = f" belonging to {len(self.class_indices)} classes." if has_classes else "."
        say(f"Found {self.samples} {checked} image filenames{ending}")
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def filepaths(self) -> list[str]:
        """Path of each image."""
        return self._filepaths

    @property
    def labels(self) -> Any:
        """Number of each image's class, or the targets."""
        return self._targets if self.class_mode in ("multi_output", "raw") else self.classes

    @property
    def sample_weight(self) -> np.ndarray | None:
        """Weight of each image, or None."""
        return self._sample_weight

    def _check_columns(
        self, frame: Any, x_col: str, y_col: Any, weight_col: str | None, classes: Any
    ) -> None:
        mode = self.class_mode
        if mode == "multi_output" and not isinstance(y_col, list):
            raise kind_error(self, "y_col", y_col, 'a list, for class_mode="multi_output"')
        self._check_kinds(frame, x_col, (str,))
        if mode in ("binary", "sparse"):
            self._check_kinds(frame, y_col, (str,))
        if mode == "categorical":
            self._check_kinds(frame, y_col, (str, list, tuple))
        if mode == "binary":
            count = len(set(classes)) if classes else frame[y_col].nunique()
            if count != 2:
                raise argument_error(
                    self,
                    "classes",
                    f"{count} of them",
                    '2 for class_mode="binary"',
                    'If class_mode="binary" there must be 2 classes.',
                )
        if classes and mode in WITHOUT_CLASSES:
            warnings.warn(f'`classes` will be ignored given the class_mode="{mode}"', stacklevel=5)
        if weight_col and not issubclass(frame[weight_col].dtype.type, np.number):
            raise kind_error(
                self,
                "weight_col",
                weight_col,
                f"a column of numbers, not {frame[weight_col].dtype}",
            )

    def _check_kinds(self, frame: Any, column: str, kinds: tuple[type, ...]) -> None:
        others = [value for value in frame[column] if not isinstance(value, kinds)]
        if others:
            expected = ", ".join(kind.__name__ for kind in kinds)
            raise kind_error(
                self,
                f"column {column!r}",
                others[0],
                f'values of {expected} for class_mode="{self.class_mode}"',
            )

    def _with_files(self, frame: Any, x_col: str) -> Any:
        is_there = frame[x_col].map(lambda name: _is_image(os.path.join(self.directory, name)))
        missing = int((~is_there).sum()) if len(frame) else 0
        if missing:
            warnings.warn(
                f'Found {missing} invalid image filename(s) in x_col="{x_col}". These '
                "filename(s) will be ignored.",
                stacklevel=5,
            )
        return frame[is_there] if len(frame) else frame


def _check_class_mode(iterator: Any, class_mode: str | None) -> None:
    if class_mode not in iterator.allowed_class_modes:
        raise argument_error(
            iterator,
            "class_mode",
            class_mode,
            f"one of {', '.join(map(repr, iterator.allowed_class_modes))}",
        )


def _folders(directory: Any) -> list[str]:
    return sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())


def _images_below(folder: Path, follow_links: bool) -> Steps[str]:
    """Files with an image's suffix, folder by folder, relative to ``folder``."""
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links)):
        for name in sorted(names):
            if name.lower().endswith(Iterator.white_list_formats):
                yield os.path.relpath(os.path.join(root, name), folder)


def _is_image(path: str) -> bool:
    return path.lower().endswith(Iterator.white_list_formats) and os.path.isfile(path)


def _of_classes(frame: Any, y_col: str, classes: Any) -> tuple[Any, list[str]]:
    """The rows of these classes, and the classes."""
    if classes:
        names = list(dict.fromkeys(classes))
        frame = frame.assign(**{y_col: [_kept(label, names) for label in frame[y_col]]})
    else:
        found = (label if isinstance(label, (list, tuple)) else [label] for label in frame[y_col])
        names = sorted({name for labels in found for name in labels})
    return frame.dropna(subset=[y_col]), names


def _kept(label: Any, names: list[str]) -> Any:
    if isinstance(label, (list, tuple)):
        return [one for one in label if one in names] or None
    return label if label in names else None


def _numbers(label: Any, class_indices: dict[str, int]) -> Any:
    if isinstance(label, (list, tuple)):
        return [class_indices[one] for one in label]
    return class_indices[label]
