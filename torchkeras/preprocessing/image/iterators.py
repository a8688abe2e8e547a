"""Batches of images that an ``ImageDataGenerator`` changes: one after another, or by number."""

import threading
import warnings
from collections.abc import Iterator as Steps
from pathlib import Path
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.core.settings import floatx, standardize_data_format
from torchkeras.data import PyDataset
from torchkeras.saving.files import replacing
from torchkeras.utils.images import array_to_img

SUBSETS = ("training", "validation")


class Iterator(PyDataset):
    """Base of the iterators: rows in order or shuffled, batch after batch, without end.

    A subclass makes the batch of some rows in ``_get_batches_of_transformed_samples(rows)``.
    ``iterator[i]`` and ``len(iterator)`` give the batches of one epoch, as ``fit`` reads them;
    ``next(iterator)`` goes on for ever.

    Args:
        n: Number of samples.
        batch_size: Samples in a batch.
        shuffle: Whether each epoch has an order of its own, drawn from ``np.random``.
        seed: Seeds ``np.random`` before each batch, together with the batch's number; None leaves
            it alone.
        **kwargs: Of ``PyDataset``.

    Source: tf.keras 2 ``Iterator``.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(
        self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.n = n
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: np.ndarray | None = None
        self.index_generator = self._flow_index()

    def _set_index_array(self) -> None:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        if index >= len(self):
            raise argument_error(
                self, "index", index, f"a number below {len(self)}, the batches of one epoch"
            )
        self._seed_batch()
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        first = self.batch_size * index
        return self._get_batches_of_transformed_samples(
            self.index_array[first : first + self.batch_size]
        )

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._set_index_array()

    def reset(self) -> None:
        """Let ``next`` go on with the first batch of a new order."""
        self.batch_index = 0

    def next(self) -> Any:
        """The next batch, without end."""
        with self.lock:
            rows = next(self.index_generator)
        return self._get_batches_of_transformed_samples(rows)

    def __iter__(self) -> "Iterator":
        return self

    def __next__(self) -> Any:
        return self.next()

    def _seed_batch(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def _flow_index(self) -> Steps[np.ndarray]:
        self.reset()
        while True:
            self._seed_batch()
            if self.batch_index == 0:
                self._set_index_array()
            first = self.batch_index * self.batch_size
            is_last = first + self.batch_size >= self.n
            self.batch_index = 0 if is_last else self.batch_index + 1
            self.total_batches_seen += 1
            yield self.index_array[first : first + self.batch_size]

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        raise TypeError(
            f"{type(self).__name__} can't make batches; it needs a method "
            "_get_batches_of_transformed_samples(index_array), called with the numbers of the rows."
        )


class NumpyArrayIterator(Iterator):
    """Batches of images in an array. See ``ImageDataGenerator.flow``.

    Args:
        x: The images, or ``(images, others)``: ``others`` is an array or a list of arrays that
            are handed on beside the images as they are.
        y: Targets; None gives none.
        image_data_generator: What changes the images.
        batch_size: Images in a batch.
        shuffle: Whether each epoch has an order of its own.
        sample_weight: A weight for each image; None gives none.
        seed: See ``Iterator``.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        save_to_dir: Folder to write the changed images to; None writes none.
        save_prefix: Their names' beginning.
        save_format: Their format, such as ``"png"``.
        subset: ``"training"`` or ``"validation"``: which side of the generator's
            ``validation_split``; None is everything.
        ignore_class_split: Whether both sides may have different targets.
        dtype: Of the batches; None is floatx.

    Shape:
        x: ``(samples, height, width, channels)`` or ``(samples, channels, height, width)``.

    Raises:
        ValueError: lengths differ, ``x`` hasn't four axes, ``subset`` is another, or the two sides
            of the split have different classes.

    Source: tf.keras 2 ``NumpyArrayIterator``.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        self.data_format = standardize_data_format(data_format)
        self.dtype = dtype or floatx()
        self.image_data_generator = image_data_generator
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        others: list[Any] = []
        if isinstance(x, (tuple, list)):
            x, given = x
            others = [
                np.asarray(other) for other in (given if isinstance(given, list) else [given])
            ]
        for name, values in [
            *(("x[1]", other) for other in others),
            ("y", y),
            ("sample_weight", sample_weight),
        ]:
            if values is not None and len(values) != len(x):
                raise argument_error(
                    self,
                    name,
                    f"of length {len(values)}",
                    f"{len(x)}, as many as images",
                    "All of the arrays should have the same length.",
                )
        if subset is not None:
            part = self._part(subset, y, len(x), ignore_class_split)
            x, others = x[part], [other[part] for other in others]
            y = None if y is None else y[part]
            sample_weight = None if sample_weight is None else sample_weight[part]
        self.x = np.asarray(x, dtype=self.dtype)
        self.x_misc = others
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        self._check_images()
        super().__init__(self.x.shape[0], batch_size, shuffle, seed)

    def _part(self, subset: str, y: Any, count: int, ignore_class_split: bool) -> slice:
        if subset not in SUBSETS:
            raise argument_error(self, "subset", subset, '"training" or "validation"')
        split = int(count * self.image_data_generator._validation_split)
        is_uneven = (
            y is not None
            and not ignore_class_split
            and not np.array_equal(np.unique(y[:split]), np.unique(y[split:]))
        )
        if is_uneven:
            raise argument_error(
                self,
                "y",
                "other classes before the split than after it",
                "the same on both sides",
                "Training and validation subsets have different number of classes after the "
                "split; shuffle the arrays first, or pass ignore_class_split=True.",
            )
        return slice(None, split) if subset == "validation" else slice(split, None)

    def _check_images(self) -> None:
        if self.x.ndim != 4:
            raise argument_error(
                self, "x", f"of shape {self.x.shape}", "images, that is rank 4 with the batch"
            )
        channels = self.x.shape[3 if self.data_format == "channels_last" else 1]
        if channels not in (1, 3, 4):
            warnings.warn(
                f'NumpyArrayIterator expects 1, 3 or 4 channels ("{self.data_format}"), and was '
                f"given {channels} by an array of shape {self.x.shape}.",
                stacklevel=5,
            )

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        images = np.zeros((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        for place, row in enumerate(index_array):
            images[place] = self.image_data_generator.change(self.x[row].astype(self.dtype))
        save_images(self, images, index_array)
        x = [images, *(other[index_array] for other in self.x_misc)] if self.x_misc else images
        if self.y is None:
            return x
        weights = () if self.sample_weight is None else (self.sample_weight[index_array],)
        return x, self.y[index_array], *weights


def save_images(iterator: Any, images: np.ndarray, rows: np.ndarray) -> None:
    """Write a batch into ``iterator.save_to_dir``, unless that is None; each image is whole."""
    if iterator.save_to_dir is None:
        return
    for image, row in zip(images, rows, strict=True):
        name = f"{iterator.save_prefix}_{row}_{np.random.randint(10**7)}.{iterator.save_format}"
        picture = array_to_img(image, iterator.data_format, scale=True)
        with replacing(Path(iterator.save_to_dir) / name) as temporary:
            picture.save(temporary)
