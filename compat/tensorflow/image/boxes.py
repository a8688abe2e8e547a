"""Boxes around things in images: choosing among them, and drawing them."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error

# Colours of boxes unless they are given, by turns.
_PALETTE = (
    (1.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.5, 0.0, 0.5),
    (0.5, 0.5, 0.0), (0.5, 0.0, 0.0), (0.0, 0.0, 0.5), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0),
)  # fmt: skip


class CombinedNonMaxSuppression(NamedTuple):
    """The boxes kept of each image, their scores and classes, and how many there are."""

    nmsed_boxes: Tensor
    nmsed_scores: Tensor
    nmsed_classes: Tensor
    valid_detections: Tensor


def _overlaps(boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair of boxes."""
    low = np.minimum(boxes[:, :2], boxes[:, 2:])
    high = np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(1)
    sides = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    shared = sides.clip(0).prod(-1)
    union = areas[:, None] + areas[None] - shared
    return np.where(union > 0, shared / np.where(union > 0, union, 1), 0)


def _chosen(
    overlaps: np.ndarray, scores: np.ndarray, count: int, most: float, least: float, sigma: float
) -> tuple[list[int], list[float]]:
    """The best boxes one after another; each lowers, or drops, those that it covers."""
    scores = scores.astype(np.float64)
    scores[~(scores > least)] = -np.inf
    chosen: list[int] = []
    kept: list[float] = []
    while len(chosen) < count and scores.size:
        best = int(scores.argmax())
        if scores[best] == -np.inf:
            break
        chosen.append(best)
        kept.append(float(scores[best]))
        if sigma:
            scores = scores * np.exp(-0.5 * overlaps[best] ** 2 / sigma)
            scores[~(scores > least)] = -np.inf
        else:
            scores[overlaps[best] > most] = -np.inf
        scores[best] = -np.inf
    return chosen, kept


def _suppressed(
    boxes: Any, scores: Any, count: Any, most: Any, least: Any, sigma: Any = 0.0
) -> tuple[Tensor, Tensor]:
    corners = np.asarray(convert_to_tensor(boxes, "float32"))
    numbers = np.asarray(convert_to_tensor(scores, "float32"))
    where = "tf.image.non_max_suppression"
    if numbers.ndim != 1 or corners.shape != (len(numbers), 4):
        expected = f"(n, 4) for {numbers.shape} scores"
        raise argument_error(where, "boxes.shape", corners.shape, expected)
    if not 0 <= float(most) <= 1:
        raise argument_error(where, "iou_threshold", most, "0 to 1")
    chosen, kept = _chosen(
        _overlaps(corners), numbers, int(count), float(most), float(least), float(sigma)
    )
    return torch.tensor(chosen, dtype=torch.int32), torch.tensor(kept, dtype=torch.float32)


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Numbers of the boxes with the highest scores that don't cover each other.

    Args:
        boxes: ``(n, 4)`` two opposite corners, each row before column.
        scores: ``(n,)``.
        max_output_size: How many at most.
        iou_threshold: Intersection over union from which two boxes are one.
        score_threshold: What scores must exceed.
        name: Accepted.
    """
    return _suppressed(boxes, scores, max_output_size, iou_threshold, score_threshold)[0]


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """``non_max_suppression`` and the scores, which covered boxes lose by a bell of this width."""
    return _suppressed(
        boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma
    )


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Tensor, Tensor]:
    """``non_max_suppression``, filled up with zeros where asked for, and the number of boxes.

    Boxes and scores of several images, with more axes before theirs, are always filled up.
    ``sorted_input``, ``canonicalized_coordinates`` and ``tile_size`` only speed TensorFlow up.
    """
    if np.ndim(scores) > 1:
        settings = (max_output_size, iou_threshold, score_threshold, True)
        pairs = zip(convert_to_tensor(boxes), convert_to_tensor(scores), strict=True)
        found = [non_max_suppression_padded(*pair, *settings) for pair in pairs]
        return torch.stack([one[0] for one in found]), torch.stack([one[1] for one in found])
    chosen = _suppressed(boxes, scores, max_output_size, iou_threshold, score_threshold)[0]
    count = torch.tensor(len(chosen), dtype=torch.int32)
    if pad_to_max_output_size:
        chosen = torch.nn.functional.pad(chosen, (0, int(max_output_size) - len(chosen)))
    return chosen, count


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """``non_max_suppression`` with how much boxes cover each other given as a matrix."""
    table = np.asarray(convert_to_tensor(overlaps, "float32"))
    numbers = np.asarray(convert_to_tensor(scores, "float32"))
    bounds = (int(max_output_size), float(overlap_threshold), float(score_threshold), 0.0)
    return torch.tensor(_chosen(table, numbers, *bounds)[0], dtype=torch.int32)


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> CombinedNonMaxSuppression:
    """``non_max_suppression`` for each class of each image, and the best of all together.

    Args:
        boxes: ``(batch, n, classes, 4)``, or 1 in place of classes for boxes that all share.
        scores: ``(batch, n, classes)``.
        max_output_size_per_class: How many of a class at most.
        max_total_size: How many of an image at most, and how long results are.
        iou_threshold: Intersection over union from which two boxes are one.
        score_threshold: What scores must exceed.
        pad_per_class: Whether results are no longer than all classes together can be.
        clip_boxes: Whether corners are brought between 0 and 1.
        name: Accepted.
    """
    corners = np.asarray(convert_to_tensor(boxes, "float32"))
    numbers = np.asarray(convert_to_tensor(scores, "float32"))
    per_class, total = int(max_output_size_per_class), int(max_total_size)
    classes = numbers.shape[2]
    length = min(total, per_class * classes) if pad_per_class else total
    batch = len(corners)
    found = np.zeros((batch, length, 4), np.float32)
    values, kinds = np.zeros((batch, length), np.float32), np.zeros((batch, length), np.float32)
    counts = np.zeros(batch, np.int32)
    for image in range(batch):
        rows: list[tuple[float, int, int]] = []
        for kind in range(classes):
            own = corners[image, :, min(kind, corners.shape[2] - 1)]
            chosen, kept = _chosen(
                _overlaps(own), numbers[image, :, kind], per_class, float(iou_threshold),
                float(score_threshold), 0.0,
            )  # fmt: skip
            rows += [(score, kind, place) for place, score in zip(chosen, kept, strict=True)]
        rows = sorted(rows, key=lambda row: -row[0])[:length]
        counts[image] = len(rows)
        for at, (score, kind, place) in enumerate(rows):
            found[image, at] = corners[image, place, min(kind, corners.shape[2] - 1)]
            values[image, at], kinds[image, at] = score, kind
    if clip_boxes:
        found = found.clip(0, 1)
    return CombinedNonMaxSuppression(*map(torch.from_numpy, (found, values, kinds, counts)))


def draw_bounding_boxes(images: Any, boxes: Any, colors: Any, name: str | None = None) -> Tensor:
    """Images with the outlines of boxes, one pixel wide.

    Args:
        images: ``(batch, height, width, channels)``.
        boxes: ``(batch, n, 4)`` upper, left, lower and right edge as fractions of the image.
        colors: ``(m, channels)`` taken by turns; None for ten that differ well.
        name: Accepted.
    """
    images = convert_to_tensor(images).clone()
    height, width, channels = images.shape[1:]
    palette = torch.tensor(_PALETTE) if colors is None else convert_to_tensor(colors, "float32")
    if palette.shape[-1] < channels and colors is not None:
        expected = f"{channels} numbers for each"
        shape = tuple(palette.shape)
        raise argument_error("tf.image.draw_bounding_boxes", "colors.shape", shape, expected)
    if colors is None:
        palette = torch.cat([palette, torch.ones(len(palette), 1)], 1)[:, :channels]
        palette = torch.ones_like(palette) if channels == 1 else palette
    palette = palette.to(images.dtype)
    scale = torch.tensor([height - 1, width - 1, height - 1, width - 1])
    edges = (convert_to_tensor(boxes, "float32") * scale).long()
    for image, own in zip(images, edges.tolist(), strict=True):
        for number, (top, left, bottom, right) in enumerate(own):
            if top > bottom or left > right or bottom < 0 or right < 0:
                continue
            if top >= height or left >= width:
                continue
            rows = slice(max(top, 0), min(bottom, height - 1) + 1)
            columns = slice(max(left, 0), min(right, width - 1) + 1)
            colour = palette[number % len(palette)][:channels]
            for row in (top, bottom):
                if 0 <= row < height:
                    image[row, columns] = colour
            for column in (left, right):
                if 0 <= column < width:
                    image[rows, column] = colour
    return images
