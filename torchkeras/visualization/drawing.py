"""Boxes and masks drawn on images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.settings import standardize_data_format
from torchkeras.core.typing import TensorLike
from torchkeras.layers.preprocessing.image.boxes import convert_format

Color = Sequence[int]

# Height of capital letters at a font scale of 1, in pixels.
_LETTER = 21


def draw_bounding_boxes(
    images: TensorLike,
    bounding_boxes: Mapping[str, Any],
    bounding_box_format: str,
    class_mapping: Mapping[int, str] | None = None,
    color: Color = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int | None = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Images with the outlines of boxes, and names of their classes.

    Args:
        images: Values in [0, 255], or in [0, 1] if they are floats and none is above 1.
        bounding_boxes: A dict of ``"boxes"``, ``(batch, n, 4)``, ``"labels"``, ``(batch, n)``, of
            which -1 stands for no box, and perhaps ``"confidences"``, ``(batch, n)``.
        bounding_box_format: How boxes are written (see ``keras.utils.bounding_boxes``).
        class_mapping: Name of each class; other boxes get no text.
        color: Red, green and blue, each in [0, 255].
        line_thickness: Width of lines, in pixels.
        text_thickness: Width of the letters' lines; None takes that of lines.
        font_scale: Size of letters; 1 is 21 pixels high.
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        images: ``(batch, height, width, channels)``, or ``(batch, channels, height, width)``.
        output: the same, uint8.

    Raises:
        ValueError: other than 4 axes, or boxes without ``"boxes"`` or ``"labels"``.
        TypeError: ``bounding_boxes`` is no dict.
        ImportError: there is text to write, and Pillow isn't installed.

    Source: Keras 3 ``draw_bounding_boxes``.
    """
    owner = "draw_bounding_boxes"
    is_first = standardize_data_format(data_format) == "channels_first"
    drawn = _as_bytes(batch_of_images(owner, images, is_first)).copy()
    if not isinstance(bounding_boxes, Mapping):
        raise kind_error(
            owner, "bounding_boxes", bounding_boxes, "`bounding_boxes` should be a dict"
        )
    if not {"boxes", "labels"} <= bounding_boxes.keys():
        raise argument_error(
            owner,
            "bounding_boxes",
            sorted(bounding_boxes),
            "a dict containing 'boxes' and 'labels' keys",
        )
    height, width = drawn.shape[1:3]
    boxes = convert_format(bounding_boxes["boxes"], bounding_box_format, "xyxy", height, width)
    boxes = as_array(boxes).astype("int64")
    labels = as_array(bounding_boxes["labels"]).astype("int64")
    shares = bounding_boxes.get("confidences")
    shares = None if shares is None else as_array(shares)
    names = class_mapping or {}
    for number, image in enumerate(drawn):
        for place, (box, label) in enumerate(zip(boxes[number], labels[number], strict=True)):
            if label == -1:
                continue
            _outline(image, box, color, line_thickness)
            if int(label) in names:
                text = names[int(label)]
                if shares is not None:
                    text = f"{text} | {shares[number][place]:.2f}"
                width_of_text = text_thickness or line_thickness
                _write(image, text, box, color, font_scale, width_of_text)
    return drawn.transpose(0, 3, 1, 2) if is_first else drawn


def draw_segmentation_masks(
    images: TensorLike,
    segmentation_masks: TensorLike,
    num_classes: int | None = None,
    color_mapping: Mapping[int, Color] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Images with each pixel's class as a colour over it.

    Args:
        images: Values in [0, 255].
        segmentation_masks: Class of each pixel, integers.
        num_classes: Number of classes, those from it on being left out; None draws all.
        color_mapping: Red, green and blue, each in [0, 255], for each class that is to be drawn;
            None takes a palette, in which class 0 is black.
        alpha: How far colours cover the image, in [0, 1].
        blend: Whether the image shows through; otherwise colours cover it.
        ignore_index: Class whose pixels stay as they are.
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        images: ``(batch, height, width, channels)``, or ``(batch, channels, height, width)``.
        segmentation_masks: ``(batch, height, width)``, or with a channel as the images have.
        output: ``(batch, height, width, channels)``, uint8.

    Raises:
        ValueError: images of other than 4 axes.
        TypeError: masks that aren't integers.

    Source: Keras 3 ``draw_segmentation_masks``.
    """
    owner = "draw_segmentation_masks"
    is_first = standardize_data_format(data_format) == "channels_first"
    pixels = batch_of_images(owner, images, is_first).astype("float32")
    masks = as_array(segmentation_masks)
    if masks.dtype.kind not in "iu":
        raise kind_error(
            owner,
            "segmentation_masks.dtype",
            str(masks.dtype),
            "an integer type",
            "`segmentation_masks` must be in integer dtype.",
        )
    if masks.ndim == 4:
        masks = masks[:, 0] if is_first else masks[..., 0]
    count = int(masks.max(initial=0)) + 1 if num_classes is None else num_classes
    colors = {label: _palette(label) for label in range(count)}
    if color_mapping is not None:
        colors = {label: color_mapping[label] for label in colors if label in color_mapping}
    covered = pixels.copy()
    for label, color in colors.items():
        if label != ignore_index:
            covered[masks == label] = np.asarray(color, "float32")
    if blend:
        share = np.float32(alpha)
        covered = pixels * (1 - share) + covered * share
        covered = np.where((masks == ignore_index)[..., None], pixels, covered)
    return covered.astype("uint8")


def batch_of_images(owner: str, images: TensorLike, is_first: bool = False) -> np.ndarray:
    """``images`` as an array with channels last.

    Raises:
        ValueError: they don't have 4 axes.
    """
    pixels = as_array(images)
    if pixels.ndim != 4:
        raise argument_error(owner, "images", pixels.shape, "`images` must be batched: 4 axes")
    return pixels.transpose(0, 2, 3, 1) if is_first else pixels


def as_array(value: TensorLike) -> np.ndarray:
    """A tensor, array or list as an array."""
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype.kind == "f":
        is_unit = pixels.max(initial=0) <= 1.0
        pixels = np.clip(pixels, 0, 1) * 255 if is_unit else np.clip(pixels, 0, 255)
    return pixels.astype("uint8")


def _palette(label: int) -> list[int]:
    """A colour for a class, far from those of its neighbours."""
    return [label * (2**bits - 1) % 255 for bits in (25, 15, 21)]


def _outline(image: np.ndarray, box: np.ndarray, color: Color, thickness: int) -> None:
    """Lines along the borders of a box, half of their width to each side."""
    left, top, right, bottom = (int(side) for side in box)
    before, after = thickness // 2, (thickness + 1) // 2
    height, width = image.shape[:2]

    def span(low: int, high: int, length: int) -> slice:
        return slice(min(max(low - before, 0), length), min(max(high + after, 0), length))

    across, down = span(left, right, width), span(top, bottom, height)
    for y in (top, bottom):
        image[span(y, y, height), across] = color
    for x in (left, right):
        image[down, span(x, x, width)] = color


def _write(
    image: np.ndarray, text: str, box: np.ndarray, color: Color, scale: float, thickness: int
) -> None:
    """Text above a box, or inside it where there is no room above."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ImportError(
            "draw_bounding_boxes writes names with Pillow: pip install torchkeras-compat[image]."
        ) from error
    left, top = int(box[0]), int(box[1])
    size = max(1, round(_LETTER * scale))
    y = top - 8 - size
    place = (left, y) if y > 0 else (left + 3, top + thickness + 3)
    canvas = Image.fromarray(image)
    font = ImageFont.load_default(size)
    stroke = max(0, thickness - 1) / 2
    ImageDraw.Draw(canvas).text(place, text, tuple(color), font, stroke_width=stroke)
    image[:] = np.asarray(canvas)
