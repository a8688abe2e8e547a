"""Bounding boxes: what they look like."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.ops.operands import tensor

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
