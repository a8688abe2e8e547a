"""``ImageDataGenerator``: images changed at random while they are read."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.core.settings import floatx, standardize_data_format
from torchkeras.preprocessing.image.files import DataFrameIterator, DirectoryIterator
from torchkeras.preprocessing.image.iterators import NumpyArrayIterator
from torchkeras.preprocessing.image.transforms import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    draw_zoom,
)

NO_LONGER_READ = {
    "has_ext": "file names in the frame have to be those on disk",
    "sort": "batches come in the frame's order if shuffle is False",
    "drop_duplicates": "use DataFrame.drop_duplicates",
}


class ImageDataGenerator:
    """Batches of images, changed at random and standardized, from arrays, folders or frames.

    Draws come from ``np.random`` in the order of tf.keras 2: equal seeds give equal images.
    In new code, ``image_dataset_from_directory`` and layers such as ``RandomFlip`` do the same
    faster.

    Args:
        featurewise_center: Whether to subtract the mean of each channel; see ``fit``.
        samplewise_center: Whether to subtract each image's mean.
        featurewise_std_normalization: Whether to divide by each channel's deviation; see ``fit``.
        samplewise_std_normalization: Whether to divide by each image's deviation.
        zca_whitening: Whether to whiten (ZCA); see ``fit``.
        zca_epsilon: Added to the singular values.
        rotation_range: Largest rotation in degrees.
        width_shift_range: Shifts of columns: up to a share of the width (below 1) or up to so many
            pixels; an int draws whole pixels below it; a list draws one of its values, either way.
        height_shift_range: Shifts of rows, likewise.
        brightness_range: The least and greatest factor of brightness; None leaves it.
        shear_range: Largest shear in degrees.
        zoom_range: The least and greatest zoom, or a number for ``[1 - number, 1 + number]``.
        channel_shift_range: Largest value added to all of an image's values.
        fill_mode: What lies outside: ``"constant"``, ``"nearest"``, ``"reflect"`` or ``"wrap"``.
        cval: Value outside with ``fill_mode="constant"``.
        horizontal_flip: Whether to flip half of the images left to right.
        vertical_flip: Whether to flip half of the images upside down.
        rescale: Factor of all values, such as ``1 / 255``; None or 0 leaves them.
        preprocessing_function: Called on each changed image, before it is standardized.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        validation_split: Share of the images, between 0 and 1, that ``subset="validation"`` takes.
        interpolation_order: Of the splines between pixels.
        dtype: Of the batches; None is floatx.

    Raises:
        ValueError: a range isn't a pair, or ``validation_split`` isn't below 1.

    Source: tf.keras 2 ``ImageDataGenerator``.

    Example:
        >>> generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
        >>> images = np.random.uniform(0, 255, (8, 16, 16, 3))
        >>> x, y = next(generator.flow(images, np.arange(8), batch_size=4))
        >>> x.shape, y.shape
        ((4, 16, 16, 3), (4,))
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], np.ndarray] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.data_format = standardize_data_format(data_format)
        is_first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if is_first else (3, 1, 2)
        if validation_split and not 0 < validation_split < 1:
            raise argument_error(
                self, "validation_split", validation_split, "a number strictly between 0 and 1"
            )
        if brightness_range is not None and not _is_pair(brightness_range):
            raise argument_error(
                self, "brightness_range", brightness_range, "a tuple or list of two floats"
            )
        if isinstance(zoom_range, (int, float)):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        elif not _is_pair(zoom_range):
            raise argument_error(
                self, "zoom_range", zoom_range, "a float or a tuple or list of two floats"
            )
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = brightness_range
        self.shear_range = shear_range
        self.zoom_range = list(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.interpolation_order = interpolation_order
        self.dtype = dtype or floatx()
        self._validation_split = validation_split
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None
        self._settle_overrides()

    def _settle_overrides(self) -> None:
        """What one option says of another, aloud."""
        if self.zca_whitening:
            self._override("featurewise_center", True, "zca_whitening")
            self._override("featurewise_std_normalization", False, "zca_whitening")
        if self.featurewise_std_normalization:
            self._override("featurewise_center", True, "featurewise_std_normalization")
        if self.samplewise_std_normalization:
            self._override("samplewise_center", True, "samplewise_std_normalization")

    def _override(self, option: str, value: bool, by: str) -> None:
        if getattr(self, option) != value:
            setattr(self, option, value)
            warnings.warn(
                f"This ImageDataGenerator specifies `{by}`, which overrides setting of `{option}`.",
                stacklevel=4,
            )

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches of images in an array; the arguments are those of ``NumpyArrayIterator``."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory: Any,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of images in folders; the arguments are those of ``DirectoryIterator``."""
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
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
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Batches of images that a frame names; the arguments are those of ``DataFrameIterator``.

        ``has_ext``, ``sort`` and ``drop_duplicates`` of older releases are taken with a warning
        and do nothing, as in tf.keras 2; ``class_mode="other"`` is ``"raw"``.

        Raises:
            TypeError: an argument that isn't known.
        """
        unknown = sorted(set(kwargs) - set(NO_LONGER_READ))
        if unknown:
            raise TypeError(f"flow_from_dataframe got an unexpected argument '{unknown[0]}'.")
        for name in kwargs:
            warnings.warn(
                f"{name} is deprecated: {NO_LONGER_READ[name]}.", DeprecationWarning, stacklevel=2
            )
        if class_mode == "other":
            warnings.warn(
                '`class_mode` "other" is deprecated, please use `class_mode` "raw".',
                DeprecationWarning,
                stacklevel=2,
            )
            class_mode = "raw"
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            dtype=self.dtype,
            validate_filenames=validate_filenames,
        )

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Measure images for ``featurewise_center``, ``featurewise_std_normalization`` and ZCA.

        Args:
            x: The images; they stay as they are.
            augment: Whether to measure changed images.
            rounds: How often each of them is changed, with ``augment``.
            seed: Seeds ``np.random`` first; None leaves it alone.

        Shape:
            x: ``(samples, height, width, channels)`` or ``(samples, channels, height, width)``.

        Raises:
            ValueError: ``x`` hasn't four axes.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise argument_error(self, "x", f"of shape {x.shape}", "images of rank 4 in fit")
        channels = x.shape[self.channel_axis]
        if channels not in (1, 3, 4):
            warnings.warn(
                f'Expected 1, 3 or 4 channels ("{self.data_format}"), and fit was given '
                f"{channels} by an array of shape {x.shape}.",
                stacklevel=2,
            )
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            x *= self.rescale
        if augment:
            changed = [self.random_transform(image) for _ in range(rounds) for image in x]
            x = np.stack(changed).astype(self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            pixels = x.reshape(len(x), -1)
            vectors, values, _ = np.linalg.svd(pixels.T, full_matrices=False)
            scaled = vectors * (np.sqrt(len(x)) / (values + self.zca_epsilon))
            self.zca_whitening_matrix = scaled @ vectors.T

    def change(self, x: np.ndarray) -> np.ndarray:
        """One image, changed at random and standardized."""
        return self.standardize(self.random_transform(x))

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """One image, changed at random; ``seed`` seeds ``np.random`` first."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | None = None
    ) -> dict[str, Any]:
        """Draw what ``apply_transform`` is to do to one image of the given shape."""
        if seed is not None:
            np.random.seed(seed)
        theta = _draw_within(self.rotation_range)
        tx = _draw_shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = _draw_shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = _draw_within(self.shear_range)
        zx, zy = draw_zoom(self.zoom_range)
        flip_horizontal = (np.random.random() < 0.5) * self.horizontal_flip
        flip_vertical = (np.random.random() < 0.5) * self.vertical_flip
        shift = _draw_within(self.channel_shift_range) if self.channel_shift_range else None
        brightness = None if self.brightness_range is None else self.brightness_range
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": shift,
            "brightness": None if brightness is None else np.random.uniform(*brightness),
        }

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """Change one image as told.

        Args:
            x: The image.
            transform_parameters: Any of ``theta``, ``tx``, ``ty``, ``shear``, ``zx``, ``zy``
                (see ``apply_affine_transform``), ``flip_horizontal``, ``flip_vertical``,
                ``channel_shift_intensity``, ``brightness``.
        """
        rows, columns, channels = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        told = transform_parameters
        moves = {
            name: told[name] for name in ("theta", "tx", "ty", "shear", "zx", "zy") if name in told
        }
        x = apply_affine_transform(
            x,
            **moves,
            row_axis=rows,
            col_axis=columns,
            channel_axis=channels,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if told.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, told["channel_shift_intensity"], channels)
        if told.get("flip_horizontal"):
            x = np.flip(x, columns)
        if told.get("flip_vertical"):
            x = np.flip(x, rows)
        if told.get("brightness") is not None:
            x = apply_brightness_shift(x, told["brightness"], False)
        return x

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """One image with ``preprocessing_function``, ``rescale`` and the normalizations applied."""
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + 1e-6)
        if self.featurewise_center and self._is_fitted("featurewise_center", self.mean):
            x = x - self.mean
        if self.featurewise_std_normalization and self._is_fitted(
            "featurewise_std_normalization", self.std
        ):
            x = x / (self.std + 1e-6)
        if self.zca_whitening and self._is_fitted("zca_whitening", self.zca_whitening_matrix):
            x = (x.reshape(1, -1) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _is_fitted(self, option: str, measured: np.ndarray | None) -> bool:
        if measured is None:
            warnings.warn(
                f"This ImageDataGenerator specifies `{option}`, but it hasn't been fit on any "
                "training data. Fit it first by calling `.fit(numpy_data)`.",
                stacklevel=3,
            )
        return measured is not None


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _draw_within(largest: float) -> float:
    return np.random.uniform(-largest, largest) if largest else 0


def _draw_shift(shift_range: Any, size: int) -> float:
    """Pixels: a share of ``size`` if the range lies below 1."""
    if np.ndim(shift_range) == 0 and not shift_range:
        return 0
    is_list = np.ndim(shift_range) > 0
    if is_list or (isinstance(shift_range, (int, np.integer)) and shift_range > 0):
        shift = np.random.choice(shift_range) * np.random.choice([-1, 1])
    else:
        shift = np.random.uniform(-shift_range, shift_range)
    return shift * size if np.max(shift_range) < 1 else shift
