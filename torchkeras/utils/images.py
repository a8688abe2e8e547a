"""Images between files, Pillow and arrays."""

import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import interpolate

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.settings import standardize_data_format
from torchkeras.saving.files import replacing

RESAMPLING = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
COLOR_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
MODES_BY_CHANNELS = {1: "L", 3: "RGB", 4: "RGBA"}


def pillow() -> Any:
    """The module ``PIL.Image``.

    Raises:
        ImportError: Pillow isn't installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Could not import PIL.Image; images need Pillow: pip install pillow"
        ) from error
    return Image


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """A Pillow image of an array.

    Args:
        x: One image.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        scale: Whether its values are stretched to [0, 255].
        dtype: Float type to work in; None is floatx.

    Shape:
        x: ``(height, width, channels)`` or ``(channels, height, width)``, 1, 3 or 4 channels.

    Raises:
        ValueError: another shape.

    Source: Keras 3 ``array_to_img``.
    """
    data_format = standardize_data_format(data_format)
    x = np.asarray(x, dtype=standardize_dtype(dtype))
    if x.ndim != 3:
        raise argument_error(
            "array_to_img", "x", x.shape, "one image", "Expected image array to have rank 3."
        )
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in MODES_BY_CHANNELS:
        raise argument_error(
            "array_to_img", "x", x.shape, "1, 3 or 4 channels", "Unsupported channel number."
        )
    if scale:
        x = x - np.min(x)
        largest = np.max(x)
        x = x * (255 / largest if largest else 255)
    x = x[:, :, 0] if x.shape[2] == 1 else x
    is_wide = x.ndim == 2 and np.max(x) > 255
    return pillow().fromarray(x.astype("int32" if is_wide else "uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """An array of a Pillow image.

    Args:
        img: The image.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        dtype: Of the result; None is floatx.

    Shape:
        output: ``(height, width, channels)`` or ``(channels, height, width)``.

    Raises:
        ValueError: neither two nor three axes.

    Source: Keras 3 ``img_to_array``.
    """
    data_format = standardize_data_format(data_format)
    x = np.asarray(img, dtype=standardize_dtype(dtype))
    if x.ndim not in (2, 3):
        raise argument_error(
            "img_to_array", "img", x.shape, "2 or 3 axes", f"Unsupported image shape: {x.shape}."
        )
    x = x[:, :, None] if x.ndim == 2 else x
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as an image file.

    Args:
        path: Where to, or an open file.
        x: One image, as in ``array_to_img``.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        file_format: Such as ``"png"``; None tells it by the suffix of ``path``.
        scale: Whether its values are stretched to [0, 255].
        **kwargs: Passed to Pillow's ``Image.save``.

    Source: Keras 3 ``save_img``.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:]
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format and file_format.lower() == "jpeg":
        warnings.warn(
            "The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2
        )
        image = image.convert("RGB")
    if not file_format or not isinstance(path, (str, os.PathLike)):
        image.save(path, format=file_format, **kwargs)
        return
    kind = pillow().registered_extensions().get(f".{file_format.lower()}", file_format)
    with replacing(path) as temporary:
        image.save(temporary, format=kind, **kwargs)


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    *,
    grayscale: bool = False,
) -> Any:
    """A Pillow image of a file.

    Args:
        path: The file, or a ``BytesIO`` of it.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        target_size: ``(height, width)`` to resize to; None keeps the size.
        interpolation: ``nearest``, ``bilinear``, ``bicubic``, ``hamming``, ``box`` or ``lanczos``.
        keep_aspect_ratio: Whether to cut what doesn't fit instead of distorting.
        grayscale: Old way to say ``color_mode="grayscale"``.

    Raises:
        ValueError: another ``color_mode`` or ``interpolation``, or PostScript, which is a program.
        TypeError: ``path`` is no path.
        OSError: Pillow can't read the file.
        PIL.Image.DecompressionBombError: it declares more pixels than Pillow takes.

    Source: Keras 3 ``load_img``.
    """
    color_mode = "grayscale" if grayscale else color_mode
    if color_mode not in COLOR_MODES:
        raise argument_error("load_img", "color_mode", color_mode, '"grayscale", "rgb", or "rgba"')
    if isinstance(path, (str, bytes, os.PathLike)):
        name = os.fsdecode(path)
        image = _opened(io.BytesIO(Path(name).read_bytes()), name, COLOR_MODES[color_mode])
    elif isinstance(path, io.BytesIO):
        image = _opened(path, "an open file", COLOR_MODES[color_mode])
    else:
        raise kind_error("load_img", "path", path, "path-like or io.BytesIO")
    if target_size is None:
        return image
    height, width = target_size
    return _resize_image(image, (width, height), interpolation, keep_aspect_ratio)


def _opened(file: io.BytesIO, name: str, modes: Sequence[str]) -> Any:
    """The image in ``file``, in one of Pillow's modes; what Pillow says of it names the file."""
    try:
        image = pillow().open(file)
        if image.format == "EPS":
            raise argument_error(
                "load_img", "path", name, "an image",
                "It is PostScript, a program that Pillow would let Ghostscript run.",
            )  # fmt: skip
        return image if image.mode in modes else image.convert(modes[0])
    except (OSError, SyntaxError, pillow().DecompressionBombError) as error:
        kind = OSError if isinstance(error, SyntaxError) else type(error)
        raise kind(f"load_img: {name}: {error}") from error


def _resize_image(
    image: Any, size: tuple[int, int], interpolation: str, keep_aspect_ratio: bool
) -> Any:
    if interpolation not in RESAMPLING:
        raise argument_error(
            "load_img",
            "interpolation",
            interpolation,
            f"one of {', '.join(RESAMPLING)}",
            "Invalid interpolation method.",
        )
    if image.size == size:
        return image
    resampling = getattr(pillow().Resampling, interpolation.upper())
    if not keep_aspect_ratio:
        return image.resize(size, resampling)
    width, height = image.size
    crop_width = min(width, height * size[0] // size[1])
    crop_height = min(height, width * size[1] // size[0])
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    box = (left, top, left + crop_width, top + crop_height)
    return image.resize(size, resampling, box=box)


def resize(images: torch.Tensor, size: tuple[int, int], interpolation: str) -> torch.Tensor:
    """Resize by ``torch.nn.functional.interpolate``, pixels centred, without antialiasing.

    Shape:
        images: ``(..., height, width, channels)``, floating.
    """
    modes = {"nearest": "nearest-exact", "bilinear": "bilinear", "bicubic": "bicubic"}
    modes |= {"area": "area"}
    if interpolation not in modes:
        raise argument_error("resize", "interpolation", interpolation, f"one of {', '.join(modes)}")
    channels_first = images.movedim(-1, -3)
    *batch, channels, height, width = channels_first.shape
    flat = channels_first.reshape(-1, channels, height, width)
    resized = interpolate(flat, size=tuple(size), mode=modes[interpolation])
    return resized.reshape(*batch, channels, *size).movedim(-3, -1)


def smart_resize(
    x: Any,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
) -> Any:
    """Resize images without distortion: the largest centred part of the right shape is taken.

    Args:
        x: One image or a batch of them, array or tensor.
        size: ``(height, width)`` of the result.
        interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"`` or ``"area"``.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ValueError: ``x`` has neither 3 nor 4 axes, or ``size`` isn't a pair.

    Source: Keras 3 ``smart_resize``.
    """
    if len(size) != 2:
        raise argument_error(
            "smart_resize", "size", size, "(height, width)", "Expected `size` to be 2 integers."
        )
    images = torch.as_tensor(x)
    if images.ndim not in (3, 4):
        raise argument_error(
            "smart_resize", "x", tuple(images.shape), "3 or 4 axes", "It has an incorrect rank."
        )
    images = images if images.is_floating_point() else images.float()
    is_first = standardize_data_format(data_format) == "channels_first"
    images = images.movedim(-3, -1) if is_first else images
    resized = resize(crop_to_shape_of(images, size), size, interpolation)
    resized = resized.movedim(-1, -3) if is_first else resized
    return resized.numpy() if isinstance(x, np.ndarray) else resized


def crop_to_shape_of(images: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """The largest centred part of ``(..., height, width, channels)`` with the ratio of ``size``."""
    height, width = images.shape[-3:-1]
    crop_height = max(min(height, int(width * size[0] / size[1])), 1)
    crop_width = max(min(width, int(height * size[1] / size[0])), 1)
    top, left = (height - crop_height) // 2, (width - crop_width) // 2
    return images[..., top : top + crop_height, left : left + crop_width, :]
