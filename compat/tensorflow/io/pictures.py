"""Pictures read from files' bytes and written to them, through Pillow."""

import io
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.text import Texts, as_octets, as_texts

from tensorflow.dtypes import saturate_cast
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype

# Pillow's modes by number of channels.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
MOST_PIXELS = 2**28  # of all pictures of a file
_TRANSFORMS = ("", "INTEGER_FAST", "INTEGER_ACCURATE")
# Where the data of a JPEG file end.
_END = b"\xff\xd9"
_KNOWN = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "MPO")


def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = torch.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """The pixels of a JPEG, PNG, GIF, BMP or WebP file, ``(height, width, channels)``.

    Args:
        contents: The file's bytes.
        channels: 1, 3 or 4; 0 and None take as many as the file has.
        dtype: uint8, uint16, or a floating type, which goes from 0 to 1.
        name: Accepted.
        expand_animations: Whether a GIF gives all its pictures along a new first axis; False
            gives the first alone.

    Raises:
        ValueError: the bytes are no picture, or can't have so many channels.
    """
    picture = _opened(contents, "tf.io.decode_image")
    number = _checked_channels("tf.io.decode_image", channels)
    if picture.format == "GIF" and number not in (0, 3):
        raise argument_error("tf.io.decode_image", "channels", channels, "0 or 3, for a GIF")
    if picture.format == "GIF" and expand_animations:
        return convert_image_dtype(_frames(picture), dtype)
    return _one(picture, number, dtype)


def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """The pixels of a JPEG file, ``(height, width, channels)``.

    Args:
        contents: The file's bytes.
        channels: 1 or 3; 0 takes as many as the file has.
        ratio: 1, 2, 4 or 8, which the picture is made smaller by.
        fancy_upscaling, dct_method: Settings of TensorFlow's decoder, the second
            ``"INTEGER_FAST"``, ``"INTEGER_ACCURATE"`` or ``""``. Pillow's is the accurate one
            with smooth colours, so that numbers may differ by a few steps of 255.
        try_recover_truncated: Whether a file cut short gives what there is of it, and gray.
        acceptable_fraction: Changes nothing here, nor in TensorFlow: what is missing is gray, so
            that no line is.
        name: Accepted.

    Raises:
        ValueError: the bytes are no picture, are cut short, or can't have so many channels.
    """
    if dct_method not in _TRANSFORMS:
        raise argument_error("tf.io.decode_jpeg", "dct_method", dct_method, f"one of {_TRANSFORMS}")
    octets = as_octets(contents) + (_END if try_recover_truncated else b"")
    picture = _opened(octets, "tf.io.decode_jpeg")
    number = _checked_channels("tf.io.decode_jpeg", channels)
    if ratio not in (1, 2, 4, 8):
        raise argument_error("tf.io.decode_jpeg", "ratio", ratio, "1, 2, 4 or 8")
    if ratio > 1:
        width, height = (-(-size // ratio) for size in picture.size)
        picture.draft(None, (width, height))
    try:
        return _one(picture, number, torch.uint8)
    except OSError as error:
        raise argument_error(
            "tf.io.decode_jpeg", "contents", f"{len(octets)} bytes", "a whole file",
            f"Pillow says: {error}. try_recover_truncated=True takes what there is.",
        ) from error  # fmt: skip


def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """A window of a JPEG file's pixels.

    Args:
        contents: The file's bytes.
        crop_window: First row, first column, height and width of the window.
        channels, ratio, fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method,
        name: As in ``decode_jpeg``.
    """
    top, left, height, width = (int(number) for number in convert_to_tensor(crop_window))
    settings = (fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method)
    pixels = decode_jpeg(contents, channels, ratio, *settings)
    return pixels[top : top + height, left : left + width]


def decode_png(
    contents: Any, channels: int = 0, dtype: Any = torch.uint8, name: str | None = None
) -> Tensor:
    """The pixels of a PNG file, ``(height, width, channels)``, as uint8 or uint16.

    Pillow reads colours in 8 bits; shades of gray have all 16.
    """
    picture = _opened(contents, "tf.io.decode_png")
    return _one(picture, _checked_channels("tf.io.decode_png", channels), dtype)


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """The pixels of a BMP file, ``(height, width, channels)``."""
    picture = _opened(contents, "tf.io.decode_bmp")
    if picture.format != "BMP":
        raise argument_error("tf.io.decode_bmp", "contents", picture.format, "a BMP file")
    return _one(picture, _checked_channels("tf.io.decode_bmp", channels), torch.uint8)


def decode_gif(contents: Any, name: str | None = None) -> Tensor:
    """The pictures of a GIF file, ``(pictures, height, width, 3)``."""
    return _frames(_opened(contents, "tf.io.decode_gif"))


def decode_webp(
    contents: Any, channels: int = 0, dtype: Any = torch.uint8, name: str | None = None
) -> Tensor:
    """The pictures of a WebP file, ``(pictures, height, width, channels)``."""
    picture = _opened(contents, "tf.io.decode_webp")
    number = _checked_channels("tf.io.decode_webp", channels)
    return convert_image_dtype(_frames(picture, _MODES[number or len(picture.getbands())]), dtype)


def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Texts:
    """A picture as a JPEG file's bytes.

    Args:
        image: ``(height, width, 1 or 3)`` uint8.
        format: ``"grayscale"``, ``"rgb"`` or ``""``, which goes by the number of channels.
        quality: From 0 to 100.
        progressive: Whether the whole shows before all is loaded.
        optimize_size: Whether to look for the shortest code.
        chroma_downsampling: Whether colours have half the resolution.
        density_unit, x_density, y_density: Pixels per inch ("in") or centimetre ("cm").
        xmp_metadata: What the file says of itself.
        name: Accepted.

    Raises:
        ValueError: the picture is of another shape or type.
    """
    pixels = _checked_pixels("tf.io.encode_jpeg", image, (1, 3), (torch.uint8,))
    wanted = {"grayscale": 1, "rgb": 3, "": pixels.shape[-1]}
    if wanted.get(format) != pixels.shape[-1]:
        raise argument_error(
            "tf.io.encode_jpeg", "format", format, f"that of {pixels.shape[-1]} channels"
        )
    scale = 2.54 if density_unit == "cm" else 1
    options = {
        "quality": int(quality), "progressive": progressive, "optimize": optimize_size,
        "subsampling": 2 if chroma_downsampling else 0,
        "dpi": (round(x_density * scale), round(y_density * scale)),
    }  # fmt: skip
    if xmp_metadata:
        options["xmp"] = as_octets(xmp_metadata)
    return _written(pixels, "JPEG", **options)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Texts:
    """A picture as a PNG file's bytes.

    Args:
        image: ``(height, width, 1 to 4)`` uint8, or uint16 with one channel; axes before those
            make a file each.
        compression: From 0 (none) to 9 (most); -1 leaves it to zlib.
        name: Accepted.

    Raises:
        ValueError: the picture is of another shape or type.
    """
    tensor = _pixels_of(image)
    if tensor.ndim > 3:
        return as_texts([encode_png(part, compression) for part in tensor])
    pixels = _checked_pixels("tf.io.encode_png", tensor, (1, 2, 3, 4), (torch.uint8, torch.uint16))
    if pixels.dtype == np.uint16 and pixels.shape[-1] != 1:
        raise argument_error(
            "tf.io.encode_png", "channels of a uint16 image", pixels.shape[-1], "1",
            "Pillow writes colours in 8 bits; cast to uint8.",
        )  # fmt: skip
    return _written(pixels, "PNG", compress_level=6 if compression < 0 else int(compression))


def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Whether bytes begin like a JPEG file."""
    return torch.tensor(as_octets(contents)[:3] == b"\xff\xd8\xff")


def extract_jpeg_shape(
    contents: Any, output_type: Any = torch.int32, name: str | None = None
) -> Tensor:
    """Height, width and channels of a JPEG file, without its pixels being read."""
    picture = _opened(contents, "tf.io.extract_jpeg_shape")
    width, height = picture.size
    return torch.tensor([height, width, len(picture.getbands())], dtype=torch_dtype(output_type))


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """The image in another type; integers span their range, floating types 0 to 1.

    Args:
        image: The image.
        dtype: The type.
        saturate: Whether values beyond the range of integers are brought to its ends; they wrap
            around otherwise.
        name: Accepted.
    """
    image, wanted = convert_to_tensor(image), torch_dtype(dtype)
    if image.dtype == wanted:
        return image
    if image.is_floating_point():
        if wanted.is_floating_point:
            return image.to(wanted)
        scaled = image * (torch.iinfo(wanted).max + 0.5)
        return saturate_cast(scaled, wanted) if saturate else scaled.to(wanted)
    top = torch.iinfo(image.dtype).max
    if wanted.is_floating_point:
        return image.to(wanted) * (1 / top)
    limit = torch.iinfo(wanted).max
    if top > limit:
        smaller = torch.div(image, (top + 1) // (limit + 1), rounding_mode="trunc")
        return saturate_cast(smaller, wanted) if saturate else smaller.to(wanted)
    if saturate:
        image = image.clamp(min=torch.iinfo(wanted).min)
    return image.to(wanted) * ((limit + 1) // (top + 1))


def _opened(contents: Any, owner: str) -> Any:
    """A picture whose pixels are not read yet."""
    from PIL import Image, UnidentifiedImageError  # an optional dependency

    try:
        picture = Image.open(io.BytesIO(as_octets(contents)))
    except UnidentifiedImageError as error:
        raise argument_error(
            owner, "contents", as_octets(contents)[:20], f"a file of {', '.join(_KNOWN)}",
            "Unknown image file format.",
        ) from error  # fmt: skip
    if picture.format not in _KNOWN:
        raise argument_error(owner, "contents", picture.format, f"a file of {', '.join(_KNOWN)}")
    return picture


def _checked_channels(owner: str, channels: int | None) -> int:
    if channels not in (None, 0, 1, 3, 4):
        raise argument_error(owner, "channels", channels, "0, 1, 3 or 4")
    return channels or 0


def _one(picture: Any, channels: int, dtype: Any) -> Tensor:
    """The pixels of a file's only picture."""
    if getattr(picture, "n_frames", 1) > 1 and picture.format == "GIF":
        picture.seek(0)
    if channels == 4 and picture.format in ("JPEG", "MPO"):
        raise argument_error("tf.io.decode_image", "channels", channels, "0, 1 or 3, for a JPEG")
    if picture.mode.startswith("I;16"):
        return _deep(picture, channels, dtype)
    if channels == 1 and picture.format == "JPEG":
        picture.draft("L", None)  # brightness as the file has it
    array = np.array(picture.convert(_MODES[channels] if channels else _own_mode(picture)))
    return _in_type(array if array.ndim == 3 else array[..., None], dtype)


def _own_mode(picture: Any) -> str:
    """The mode that a file's pixels are given in, unless told otherwise."""
    if picture.mode == "P":
        return "RGBA" if "transparency" in picture.info and picture.format == "PNG" else "RGB"
    if picture.mode == "1":
        return "L"
    return picture.mode if picture.mode in _MODES.values() else "RGB"


def _deep(picture: Any, channels: int, dtype: Any) -> Tensor:
    """The pixels of a picture of gray in 16 bits."""
    array = np.array(picture).astype(np.uint16)[..., None]
    if channels in (3, 4):
        array = np.repeat(array, 3, axis=-1)
    if channels == 4:
        array = np.concatenate([array, np.full_like(array[..., :1], 65535)], axis=-1)
    if torch_dtype(dtype) == torch.uint16:
        return torch.from_numpy(array)
    return _in_type((array >> 8).astype(np.uint8), dtype)


def _in_type(array: np.ndarray, dtype: Any) -> Tensor:
    if torch_dtype(dtype) == torch.uint16:
        return torch.from_numpy(array.astype(np.uint16) * 257)
    return convert_image_dtype(torch.from_numpy(array), dtype)


def _frames(picture: Any, mode: str = "RGB") -> Tensor:
    from PIL import ImageSequence  # an optional dependency

    if picture.mode.startswith("I;16"):
        return _deep(picture, 3, torch.uint8)[None]
    arrays, number = [], 0
    for frame in ImageSequence.Iterator(picture):
        number += frame.width * frame.height
        if number > MOST_PIXELS:
            raise argument_error(
                "tf.io.decode_image", "contents", f"more than {MOST_PIXELS} pixels",
                "fewer in all pictures of a file",
                "It may have been made to fill the memory.",
            )  # fmt: skip
        arrays.append(np.array(frame.convert(mode)))
    pixels = np.stack(arrays)
    return torch.from_numpy(pixels if pixels.ndim == 4 else pixels[..., None])


def _pixels_of(image: Any) -> Tensor:
    """A picture as a tensor, in the type that an array of it has."""
    return torch.from_numpy(image) if isinstance(image, np.ndarray) else convert_to_tensor(image)


def _checked_pixels(
    owner: str, image: Any, channels: tuple[int, ...], types: tuple[torch.dtype, ...]
) -> np.ndarray:
    tensor = _pixels_of(image)
    if tensor.ndim != 3 or tensor.shape[-1] not in channels:
        raise argument_error(
            owner, "image shape", tuple(tensor.shape), f"(height, width, one of {channels})"
        )
    if tensor.dtype not in types:
        raise argument_error(
            owner, "image type", tensor.dtype, " or ".join(map(str, types)),
            "tf.image.convert_image_dtype makes bytes of fractions.",
        )  # fmt: skip
    return np.asarray(tensor.cpu())


def _written(pixels: np.ndarray, form: str, **options: Any) -> Texts:
    from PIL import Image  # an optional dependency

    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, form, **options)
    return as_texts(file.getvalue())
