"""How much boxes overlap, and what leads from one box to another."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.layers.preprocessing.image.boxes import convert_format, format_of, four
from torchkeras.ops.operands import tensor
from torchkeras.tracer import traceable

ImageShape = Sequence[int] | None


def _sizes(owner: str, image_shape: ImageShape, *formats: str) -> dict[str, int | None]:
    """Height and width in ``image_shape``; needed if a format is relative."""
    if image_shape is not None:
        return {"height": image_shape[0], "width": image_shape[1]}
    if any(format_of(owner, name).is_relative for name in formats):
        raise argument_error(
            owner,
            "image_shape",
            None,
            "(height, width, channels), since boxes are relative",
            "The `image_shape` argument must be provided.",
        )
    return {"height": None, "width": None}


def _area(boxes: Tensor) -> Tensor:
    x, y, right, bottom = boxes.unbind(-1)
    return (right - x) * (bottom - y)


def _shared(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Area of what two boxes have in common, both in ``"xyxy"``; shapes broadcast."""
    first = torch.maximum(boxes1[..., :2], boxes2[..., :2])
    last = torch.minimum(boxes1[..., 2:], boxes2[..., 2:])
    return (last - first).clamp(min=0).prod(-1)


@traceable
def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: ImageShape = None,
) -> Tensor:
    """Intersection over union of every box with every other, a fraction in [0, 1].

    Args:
        bounding_box_format: As in ``convert_format``.
        use_masking: Whether pairs with a box of which all numbers are negative give ``mask_val``.
        mask_val: What they give.
        image_shape: (height, width, channels), for relative formats.

    Shape:
        boxes1: ``(m, 4)`` or ``(batch, m, 4)``.
        boxes2: ``(n, 4)`` or ``(batch, n, 4)``.
        output: ``(m, n)``, or ``(batch, m, n)`` if either has a batch.

    Raises:
        ValueError: other shapes, an unknown format or a missing image shape.

    Example:
        >>> compute_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[0.0, 1, 2, 3]]), "xyxy")
        tensor([[0.3333]])
    """
    pair = []
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        boxes = four(boxes, "compute_iou", name)
        if boxes.ndim not in (2, 3):
            raise argument_error(
                "compute_iou",
                name,
                tuple(boxes.shape),
                "2 axes, or 3 with a batch",
                f"compute_iou() expects {name} to be batched, or to be unbatched.",
            )
        sizes = _sizes("compute_iou", image_shape, bounding_box_format)
        pair.append(convert_format(boxes, bounding_box_format, "xyxy", **sizes))
    first, second = pair[0].unsqueeze(-2), pair[1].unsqueeze(-3)
    shared = _shared(first, second)
    union = _area(first) + _area(second) - shared
    result = shared / (union + settings.epsilon())
    if not use_masking:
        return result
    is_background = (first.amax(-1) < 0) | (second.amax(-1) < 0)
    return torch.where(is_background, float(mask_val), result)


@traceable
def compute_ciou(
    boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: ImageShape = None
) -> Tensor:
    """Complete intersection over union of each box with its counterpart, at most 1.

    Intersection over union, less the distance of the middles, squared, as a fraction of the
    squared diagonal around both boxes, and less a term for unlike proportions.

    Args:
        bounding_box_format: As in ``convert_format``.
        image_shape: (height, width, channels), for relative formats.

    Shape:
        boxes1, boxes2: ``(..., 4)``.
        output: ``(...)``.

    Raises:
        ValueError: other shapes, an unknown format or a missing image shape.

    Source: Zheng et al. 2020.

    Example:
        >>> compute_ciou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[0.0, 1, 2, 3]]), "xyxy")
        tensor([0.2564])
    """
    sizes = _sizes("compute_ciou", image_shape, bounding_box_format)
    first, second = [
        convert_format(boxes, bounding_box_format, "xyxy", **sizes) for boxes in (boxes1, boxes2)
    ]
    epsilon = settings.epsilon()
    (width1, height1), (width2, height2) = [
        (boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1] + epsilon)
        for boxes in (first, second)
    ]
    shared = _shared(first, second)
    union = width1 * height1 + width2 * height2 - shared + epsilon
    overlap = shared / (union + epsilon)
    around = torch.maximum(first[..., 2:], second[..., 2:])
    around = around - torch.minimum(first[..., :2], second[..., :2])
    diagonal = (around**2).sum(-1) + epsilon
    middles = (first[..., :2] + first[..., 2:]) / 2 - (second[..., :2] + second[..., 2:]) / 2
    distance = (middles**2).sum(-1)
    unlike = (torch.atan(width2 / height2) - torch.atan(width1 / height1)) ** 2
    unlike = 4 / math.pi**2 * unlike
    share = unlike / (unlike - overlap + (1 + epsilon))
    return overlap - (distance / diagonal + unlike * share)


def _check_encoding(owner: str, argument: str, name: str) -> None:
    if name not in ("center_xywh", "center_yxhw"):
        raise argument_error(owner, argument, name, "'center_xywh' or 'center_yxhw'")


def _variance(owner: str, value: Any, like: Tensor) -> Tensor:
    variance = tensor(value).to(like)
    if variance.shape[-1:] != (4,):
        raise argument_error(owner, "variance", value, "4 numbers", "`variance` must be length 4.")
    return variance


@traceable
def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: ImageShape = None,
) -> Tensor:
    """What leads from anchors to boxes: shifts of the middle in units of the anchor's sizes, and
    logarithms of the ratios of sizes.

    Args:
        anchor_format, box_format: As in ``convert_format``.
        encoding_format: ``"center_yxhw"`` or ``"center_xywh"``: the order of the four numbers.
        variance: Four numbers by which the result is divided.
        image_shape: (height, width, channels), for relative formats.

    Shape:
        anchors: ``(n, 4)``.
        boxes: ``(n, 4)`` or ``(batch, n, 4)``, and so is the output.

    Raises:
        ValueError: an unknown format, another number of variances, or a missing image shape.

    Example:
        >>> anchor, box = torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[1.0, 0, 3, 2]])
        >>> encode_box_to_deltas(anchor, box, "xyxy", "xyxy")
        tensor([[0.0000, 0.5000, 0.0000, 0.0000]])
    """
    owner = "encode_box_to_deltas"
    _check_encoding(owner, "encoding_format", encoding_format)
    sizes = _sizes(owner, image_shape, anchor_format, box_format)
    anchors = convert_format(anchors, anchor_format, encoding_format, **sizes)
    boxes = convert_format(boxes, box_format, encoding_format, **sizes)
    old, new = [b[..., 2:].clamp(min=settings.epsilon()) for b in (anchors, boxes)]
    shift = (boxes[..., :2] - anchors[..., :2]) / old
    deltas = torch.cat([shift, torch.log(new / old).expand_as(shift)], -1)
    return deltas if variance is None else deltas / _variance(owner, variance, deltas)


@traceable
def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: ImageShape = None,
) -> Any:
    """The boxes to which deltas lead from anchors: what ``encode_box_to_deltas`` undoes.

    Args:
        anchors, boxes_delta: Tensors, or dicts of them with the same keys, one for each level.
        anchor_format, box_format: As in ``convert_format``.
        encoded_format: Order of the four numbers in ``boxes_delta``.
        variance: Four numbers by which the deltas are multiplied.
        image_shape: (height, width, channels), for relative formats.

    Shape:
        anchors: ``(n, 4)``.
        boxes_delta: ``(n, 4)`` or ``(batch, n, 4)``, and so is the output.

    Raises:
        ValueError: an unknown format, another number of variances, or a missing image shape.

    Example:
        >>> anchor, delta = torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[0.0, 0.5, 0, 0]])
        >>> decode_deltas_to_boxes(anchor, delta, "xyxy", "xyxy")
        tensor([[1., 0., 3., 2.]])
    """
    owner = "decode_deltas_to_boxes"
    _check_encoding(owner, "encoded_format", encoded_format)
    sizes = _sizes(owner, image_shape, anchor_format, box_format)
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        formats = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {
            level: decode_deltas_to_boxes(anchor, boxes_delta[level], *formats)
            for level, anchor in anchors.items()
        }
    anchors = convert_format(anchors, anchor_format, encoded_format, **sizes)
    deltas = four(boxes_delta, owner, "boxes_delta")
    if variance is not None:
        deltas = deltas * _variance(owner, variance, deltas)
    middles = deltas[..., :2] * anchors[..., 2:] + anchors[..., :2]
    lengths = torch.exp(deltas[..., 2:]) * anchors[..., 2:]
    return convert_format(torch.cat([middles, lengths], -1), encoded_format, box_format, **sizes)
