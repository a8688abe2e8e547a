"""Images with labels, boxes and segmentation masks, for layers of ours beside Keras's."""

import copy
from typing import Any

import numpy as np
import torch
from parity import make_both

HEIGHT, WIDTH = 9, 11


def boxes_of(batch: int | None = 2, count: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    """Boxes within images of ``HEIGHT`` and ``WIDTH``, as left, top, right, bottom."""
    draw = np.random.default_rng(seed)
    shape = (count,) if batch is None else (batch, count)
    x = np.sort(draw.uniform(0, WIDTH, (*shape, 2)), -1)
    y = np.sort(draw.uniform(0, HEIGHT, (*shape, 2)), -1)
    corners = np.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1).astype("float32")
    return {"boxes": corners, "labels": draw.integers(0, 5, shape).astype("int32")}


def scene(batch: int | None = 2, is_first: bool = False, has_boxes: bool = True) -> dict[str, Any]:
    """Everything that belongs to images, as tensors."""
    draw = np.random.default_rng(1)
    many = () if batch is None else (batch,)

    def shape(channels: int) -> tuple[int, ...]:
        inner = (channels, HEIGHT, WIDTH) if is_first else (HEIGHT, WIDTH, channels)
        return (*many, *inner)

    data: dict[str, Any] = {
        "images": draw.uniform(0, 255, shape(3)).astype("float32"),
        "labels": draw.uniform(0, 1, (*many, 4)).astype("float32"),
        "segmentation_masks": draw.integers(0, 4, shape(1)).astype("float32"),
    }
    if has_boxes:
        data["bounding_boxes"] = boxes_of(batch)
    return as_tensors(data)


def as_tensors(data: Any) -> Any:
    """A structure of arrays as tensors."""
    if isinstance(data, dict):
        return {key: as_tensors(value) for key, value in data.items()}
    return torch.tensor(data)


def agree(mine: Any, true: Any, path: str = "", scale: float = 255.0) -> None:
    """Assert that two structures are equal, to the float32 digits that places between pixels have.

    A place off by one unit in the last digit of 11 is 1e-6 pixels, or 3e-4 of a step of 255.
    """
    if isinstance(true, dict):
        assert mine.keys() == true.keys(), path
        for key in true:
            agree(mine[key], true[key], f"{path}/{key}", scale)
        return
    assert mine.dtype == true.dtype, f"{path}: {mine.dtype} and {true.dtype}"
    torch.testing.assert_close(
        mine, true, rtol=1e-5, atol=2e-6 * scale, msg=lambda text: f"{path}: {text}"
    )


def compare(name: str, arguments: dict[str, Any], data: Any, calls: int = 2) -> None:
    """Assert that our layer does what Keras's does: in training by the same seed, in inference."""
    ours, theirs = make_both(name, arguments)
    for training in (True,) * calls + (False,):
        mine = ours(copy.deepcopy(data), training=training)
        agree(mine, theirs(copy.deepcopy(data), training=training), f"{name} {training}")


def compare_given(name: str, arguments: dict[str, Any], data: dict[str, Any]) -> None:
    """Assert that either layer's transformation does the same in both."""
    pair = make_both(name, arguments)
    for drawn_by in pair:
        drawn = drawn_by.get_random_transformation(data, training=True)
        for part in data:
            mine, true = [
                getattr(layer, f"transform_{part}")(copy.deepcopy(data[part]), copied(drawn))
                for layer in pair
            ]
            agree(mine, true, part)


def copied(drawn: dict[str, Any]) -> dict[str, Any]:
    """A transformation for one use: Keras's affine transforms overwrite their matrix."""
    return {key: x.clone() if torch.is_tensor(x) else x for key, x in drawn.items()}


def filled(height: int = 40, width: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    """An image with a bright rectangle, and the box around it, ``(1, 1, 4)``."""
    image = torch.zeros(1, height, width, 1)
    image[:, 12:25, 20:44] = 1.0
    return image, torch.tensor([[[20.0, 12.0, 43.0, 24.0]]])


def around(image: torch.Tensor) -> torch.Tensor:
    """The box around the bright part of an image ``(1, h, w, 1)``."""
    rows, columns = torch.nonzero(image[0, ..., 0] > 0.5, as_tuple=True)
    edges = [columns.min(), rows.min(), columns.max(), rows.max()]
    return torch.stack(edges).float()
