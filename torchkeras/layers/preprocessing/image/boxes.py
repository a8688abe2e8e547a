"""Bounding boxes: formats, and what becomes of boxes when images are moved."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import DTypeLike
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable

NO_BOX, NO_LABEL = 0.0, -1  # what fills up rows of images with fewer boxes than others

Boxes = dict[str, Any]


def map_boxes(function: Callable[[Any], Any], boxes: Boxes) -> Boxes:
    """``boxes`` with ``function`` of the coordinates and of the labels."""
    return {**boxes, **{key: function(boxes[key]) for key in ("boxes", "labels")}}


def dense_boxes(owner: Any, boxes: Any, device: torch.device | None = None) -> Boxes:
    """``boxes`` with tensors as coordinates, in float32, and as labels.

    Lists that differ in length from image to image are filled up: boxes with 0, labels with -1.

    Args:
        owner: Who is told about in errors.
        boxes: Dict of ``"boxes"``, ``(batch, n, 4)`` or ``(n, 4)``, and ``"labels"``.
        device: Where new tensors go.

    Raises:
        ValueError: something else is given, or boxes and labels don't match.
    """
    if not isinstance(boxes, dict) or not {"boxes", "labels"} <= boxes.keys():
        raise argument_error(
            owner,
            "bounding_boxes",
            boxes,
            "a dict with keys 'boxes' and 'labels'",
            "Expected `bounding_boxes` argument to be a dict with keys 'boxes' and 'labels'.",
        )
    coordinates, labels = boxes["boxes"], boxes["labels"]
    if isinstance(coordinates, (list, tuple)):
        coordinates, labels = _filled(owner, coordinates, labels)
    coordinates = tensor(coordinates, device).to(torch.float32)
    labels = tensor(labels, device)
    if coordinates.ndim not in (2, 3) or coordinates.shape[-1] != 4:
        raise argument_error(
            owner,
            "bounding_boxes['boxes']",
            tuple(coordinates.shape),
            "shape (n, 4) or (batch, n, 4)",
        )
    if labels.ndim not in (coordinates.ndim - 1, coordinates.ndim):
        raise argument_error(
            owner,
            "bounding_boxes['labels']",
            tuple(labels.shape),
            f"rank {coordinates.ndim - 1} or {coordinates.ndim}, for boxes of shape "
            f"{tuple(coordinates.shape)}",
        )
    return {**boxes, "boxes": coordinates, "labels": labels}


def _filled(owner: Any, coordinates: Any, labels: Any) -> tuple[Any, Any]:
    """Lists of boxes and labels as arrays, or tensors as they are if they are stacked already."""
    if not isinstance(labels, (list, tuple)) or len(labels) != len(coordinates):
        raise argument_error(
            owner,
            "bounding_boxes['labels']",
            labels,
            f"a list of length {len(coordinates)}, as the boxes are",
            "They must have the same length.",
        )
    if any(isinstance(row, Tensor) for row in coordinates):
        rows = [row.to(torch.float32) for row in coordinates]
        marks = [torch.as_tensor(row) for row in labels]
        pad = torch.nn.utils.rnn.pad_sequence
        return pad(rows, True, NO_BOX), pad(marks, True, NO_LABEL)
    rows = [np.asarray(row, dtype="float32") for row in coordinates]
    if not rows or rows[0].ndim < 2:
        return np.asarray(rows, dtype="float32").reshape(-1, 4), np.asarray(labels, dtype="int32")
    most = max(len(row) for row in rows)
    filled = np.full((len(rows), most, 4), NO_BOX, "float32")
    marks = np.full((len(rows), most), NO_LABEL, "int32")
    for number, (row, mark) in enumerate(zip(rows, labels, strict=True)):
        filled[number, : len(row)] = row.reshape(-1, 4)
        marks[number, : len(mark)] = np.asarray(mark, dtype="int32")
    return filled, marks


# Formats: how the four numbers are to be read.


class Format(NamedTuple):
    """The four numbers of a box: two of a point, and two more.

    Args:
        kind: ``"corners"`` (two corners), ``"corner"`` (one, and sizes) or ``"center"`` (the
            middle, and sizes).
        is_relative: Whether they are fractions of the image's sizes rather than pixels.
        is_y_first: Whether y comes before x, and height before width.
    """

    kind: str
    is_relative: bool
    is_y_first: bool


FORMATS = {
    "xyxy": Format("corners", False, False),
    "yxyx": Format("corners", False, True),
    "xywh": Format("corner", False, False),
    "center_xywh": Format("center", False, False),
    "center_yxhw": Format("center", False, True),
    "rel_xyxy": Format("corners", True, False),
    "rel_yxyx": Format("corners", True, True),
    "rel_xywh": Format("corner", True, False),
    "rel_center_xywh": Format("center", True, False),
}


def format_of(owner: Any, name: Any, argument: str = "bounding_box_format") -> Format:
    """The format called ``name``, in letters of any case.

    Raises:
        ValueError: there is none.
    """
    found = FORMATS.get(name.lower()) if isinstance(name, str) else None
    if found is None:
        raise argument_error(
            owner, argument, name, f"one of {', '.join(FORMATS)}", nearest(name, FORMATS)
        )
    return found


@traceable
def convert_format(
    boxes: Any,
    source: str,
    target: str,
    height: Any = None,
    width: Any = None,
    dtype: DTypeLike = "float32",
) -> Any:
    """Boxes written in another format.

    ``"xyxy"`` is left, top, right, bottom; ``"yxyx"`` top, left, bottom, right; ``"xywh"`` left,
    top, width, height; ``"center_xywh"`` and ``"center_yxhw"`` have the middle in place of a
    corner. ``"rel_xyxy"``, ``"rel_yxyx"``, ``"rel_xywh"`` and ``"rel_center_xywh"`` are fractions
    of the image's sizes.

    Args:
        boxes: Boxes, or a dict with ``"boxes"``, the rest of which is passed on.
        source, target: Formats, in letters of any case.
        height, width: Sizes of the image in pixels, for relative formats.
        dtype: Type of the result.

    Shape:
        boxes: ``(..., 4)``, and so is the output.

    Raises:
        ValueError: another shape, an unknown format, or sizes are missing.

    Example:
        >>> convert_format(torch.tensor([10, 20, 30, 60]), "xyxy", "center_xywh")
        tensor([20., 40., 20., 40.])
    """
    if isinstance(boxes, dict):
        inner = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return {**boxes, "boxes": inner}
    given = format_of("convert_format", source, "source")
    wanted = format_of("convert_format", target, "target")
    boxes = four(boxes, "convert_format").to(torch_dtype(dtype))
    if (given.is_relative or wanted.is_relative) and (height is None or width is None):
        raise argument_error(
            "convert_format",
            "height and width",
            (height, width),
            "the image's sizes, since a format is relative",
            "convert_format() must receive `height` and `width`.",
        )
    if given == wanted:
        return boxes
    x, y, right, bottom = _corners(boxes, given)
    if given.is_relative and not wanted.is_relative:
        x, y, right, bottom = x * width, y * height, right * width, bottom * height
    if wanted.kind == "corners":
        numbers = [x, y, right, bottom]
    elif wanted.kind == "corner":
        numbers = [x, y, right - x, bottom - y]
    else:
        numbers = [x + (right - x) / 2, y + (bottom - y) / 2, right - x, bottom - y]
    if wanted.is_relative and not given.is_relative:
        sizes = (width, height, width, height)
        numbers = [number / size for number, size in zip(numbers, sizes, strict=True)]
    if wanted.is_y_first:
        numbers = [numbers[place] for place in (1, 0, 3, 2)]
    return torch.stack(numbers, -1)


def _corners(boxes: Tensor, given: Format) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Left, top, right and bottom, in the units given."""
    x, y, right, bottom = boxes.unbind(-1)
    if given.is_y_first:
        x, y, right, bottom = y, x, bottom, right
    if given.kind == "corner":
        right, bottom = x + right, y + bottom
    elif given.kind == "center":
        half, half_height = right / 2, bottom / 2
        x, y, right, bottom = x - half, y - half_height, x + half, y + half_height
    return x, y, right, bottom


def four(boxes: Any, owner: Any, argument: str = "boxes") -> Tensor:
    """``boxes`` as a tensor of which the last axis is 4.

    Raises:
        ValueError: it isn't.
    """
    boxes = tensor(boxes)
    if not boxes.ndim or boxes.shape[-1] != 4:
        raise argument_error(
            owner,
            argument,
            tuple(boxes.shape),
            "a shape (..., 4)",
            "`boxes` must be a tensor with the last dimension of 4.",
        )
    return boxes


@traceable
def clip_to_image_size(
    bounding_boxes: Boxes,
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> Boxes:
    """Boxes cut off at the image's borders; the label of those of which nothing is left is -1.

    Args:
        bounding_boxes: Dict of ``"boxes"`` and, if there are any, ``"labels"``.
        height, width: Sizes of the image in pixels; needed unless the format is ``"rel_xyxy"``.
        bounding_box_format: As in ``convert_format``.

    Raises:
        ValueError: sizes are missing, or the format is unknown.

    Example:
        >>> clip_to_image_size({"boxes": torch.tensor([[-2.0, 1, 9, 3]]), "labels": [5]}, 4, 4)
        {'boxes': tensor([[0., 1., 4., 3.]]), 'labels': tensor([5], dtype=torch.int32)}
    """
    given = format_of("clip_to_image_size", bounding_box_format)
    if not given.is_relative and (height is None or width is None):
        raise argument_error(
            "clip_to_image_size",
            "height and width",
            (height, width),
            f"the image's sizes, since boxes are in {bounding_box_format!r}",
            "`height` and `width` must be set.",
        )
    boxes = four(bounding_boxes["boxes"], "clip_to_image_size")
    limits = (1.0, 1.0) if given.is_relative else (height, width)
    return _clipped(bounding_boxes, boxes, bounding_box_format, limits)


def _clipped(found: Boxes, boxes: Tensor, name: str, limits: tuple[Any, Any]) -> Boxes:
    plain = name.lower().removeprefix("rel_")
    boxes = boxes if boxes.is_floating_point() else boxes.to(torch.float32)
    x, y, right, bottom = _corners(boxes, FORMATS[plain])
    x, right = [torch.clamp(place, 0, limits[1]) for place in (x, right)]
    y, bottom = [torch.clamp(place, 0, limits[0]) for place in (y, bottom)]
    inside = torch.stack([x, y, right, bottom], -1)
    result = {**found, "boxes": convert_format(inside, "xyxy", plain, dtype=boxes.dtype)}
    if found.get("labels") is not None:
        labels = tensor(found["labels"], boxes.device)
        is_left = (right - x) * (bottom - y) > 0
        is_left = is_left.unsqueeze(-1) if labels.ndim > is_left.ndim else is_left
        result["labels"] = torch.where(is_left, labels, NO_LABEL)
    return result


# Boxes of images that are moved.


def _check_xyxy(owner: str, name: str) -> None:
    if name.lower() != "xyxy":
        raise argument_error(
            owner, "bounding_box_format", name, "'xyxy'", "Use convert_format before and after."
        )


@traceable
def crop(
    boxes: Any,
    top: Any,
    left: Any,
    height: Any,
    width: Any,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Boxes as they lie in a part of the image, cut off at its borders.

    Args:
        boxes: Boxes in ``"xyxy"``.
        top, left, height, width: The part of the image, in pixels.
        bounding_box_format: ``"xyxy"``.

    Raises:
        ValueError: another format.

    Example:
        >>> crop(torch.tensor([[10, 20, 50, 60]]), top=10, left=20, height=40, width=30)
        tensor([[ 0, 10, 30, 40]])
    """
    _check_xyxy("crop", bounding_box_format)
    x, y, right, bottom = four(boxes, "crop").unbind(-1)
    x, right = [torch.clamp(place - left, 0, width) for place in (x, right)]
    y, bottom = [torch.clamp(place - top, 0, height) for place in (y, bottom)]
    return torch.stack([x, y, right, bottom], -1)


@traceable
def pad(
    boxes: Any,
    top: Any,
    left: Any,
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Boxes as they lie in an image to which rows on top and columns at the left are added.

    Args:
        boxes: Boxes in ``"xyxy"``.
        top, left: Number of added rows and columns.
        height, width: Sizes of the padded image, on which nothing depends: boxes aren't cut off.
        bounding_box_format: ``"xyxy"``.

    Raises:
        ValueError: another format.

    Example:
        >>> pad(torch.tensor([[1, 2, 3, 4]]), top=10, left=20)
        tensor([[21, 12, 23, 14]])
    """
    _check_xyxy("pad", bounding_box_format)
    x, y, right, bottom = four(boxes, "pad").unbind(-1)
    return torch.stack([x + left, y + top, right + left, bottom + top], -1)


@traceable
def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: float | None = None,
    center_y: float | None = None,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Boxes around what becomes of boxes when an image is turned, scaled, sheared and moved.

    Args:
        boxes: Boxes in ``"xyxy"``.
        angle: Degrees, counter-clockwise.
        translate_x, translate_y: Fractions of the image's sizes.
        scale: Factor of lengths.
        shear_x, shear_y: Degrees.
        height, width: Sizes of the image in pixels.
        center_x, center_y: What stays in place, as fractions; None is the middle.
        bounding_box_format: ``"xyxy"``.

    Shape:
        boxes: ``(b, n, 4)``, and so is the output.
        angle, translate_x, translate_y, scale, shear_x, shear_y: ``(b,)``.

    Raises:
        ValueError: another format.

    Example:
        >>> one, zero = torch.ones(1), torch.zeros(1)
        >>> box = torch.tensor([[[0.0, 0.0, 4.0, 2.0]]])
        >>> affine_transform(box, 180 * one, zero, zero, one, zero, zero, 9, 9).round().abs()
        tensor([[[4., 6., 8., 8.]]])
    """
    _check_xyxy("affine_transform", bounding_box_format)
    boxes = four(boxes, "affine_transform")
    numbers = [
        floating(value).to(boxes.device)
        for value in (angle, translate_x, translate_y, scale, shear_x, shear_y)
    ]
    turn, shift_x, shift_y, scale, lean_x, lean_y = numbers
    turn, lean_x, lean_y = [-torch.deg2rad(degrees) for degrees in (turn, lean_x, lean_y)]
    center_x = (0.5 if center_x is None else center_x) * (width - 1)
    center_y = (0.5 if center_y is None else center_y) * (height - 1)
    # Rotation after shears; the sign of the horizontal one is Keras's.
    sine = torch.sin(turn - lean_y) / torch.cos(lean_y)
    cosine = torch.cos(turn - lean_y) / torch.cos(lean_y)
    slope = torch.tan(lean_x)
    a0, a1 = scale * (torch.cos(turn) + slope * sine), -scale * (torch.sin(turn) + slope * cosine)
    b0, b1 = scale * sine, scale * cosine
    from_x = center_x - shift_x * (width - 1)
    from_y = center_y - shift_y * (height - 1)
    a2, b2 = center_x - a0 * from_x - a1 * from_y, center_y - b0 * from_x - b1 * from_y
    zero = torch.zeros_like(a0)
    matrix = torch.stack([a0, a1, a2, b0, b1, b2, zero, zero, zero + 1], -1).unflatten(-1, (3, 3))
    return through(boxes.to(matrix.dtype), matrix)


def through(boxes: Tensor, matrix: Tensor) -> Tensor:
    """Boxes around the corners of ``boxes`` after a projection.

    Shape:
        boxes: ``(b, n, 4)`` in ``"xyxy"``, and so is the output.
        matrix: ``(b, 3, 3)``, of homogeneous coordinates (x, y, 1).
    """
    x, y, right, bottom = boxes.unbind(-1)
    across = torch.stack([x, right, x, right], -1)
    down = torch.stack([y, y, bottom, bottom], -1)  # (b, n, 4)
    points = torch.stack([across, down, torch.ones_like(across)], -1)  # (b, n, 4, 3)
    rows = matrix[:, None, None]  # (b, 1, 1, 3, 3)
    across, down, depth = (rows * points.unsqueeze(-2)).sum(-1).unbind(-1)
    across, down = across / depth, down / depth
    return torch.stack([across.amin(-1), down.amin(-1), across.amax(-1), down.amax(-1)], -1)
