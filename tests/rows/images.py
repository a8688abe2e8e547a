"""Rows and argument changes of layers that move, cut and resize images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from influence import Change, Fresh
from layer_arguments import called, constructed, public_layers
from parity import recipe
from row import FIRST, IMAGES, Row

import torchkeras
from torchkeras import layers
from torchkeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer

BOXES = {"bounding_box_format": "xyxy"}
TURN = {"factor": (0.1, 0.1)}
SHIFT = {"height_factor": (0.2, 0.2), "width_factor": (-0.3, -0.3)}
ZOOM = {"height_factor": (0.3, 0.3), "width_factor": (-0.2, -0.2)}


@recipe
def two_layers(package):
    return [package.layers.RandomFlip(seed=3), package.layers.Resizing(4, 5)]


@recipe
def mean_of_steps(package):
    return [package.layers.GlobalAveragePooling1D()]


TABLE = [
    Row("Resizing", {"height": 4, "width": 9}, IMAGES),
    Row("Resizing", {"height": 4, "width": 9, "crop_to_aspect_ratio": True, **FIRST}, IMAGES),
    Row(
        "Resizing",
        {
            "height": 4,
            "width": 9,
            "interpolation": "bicubic",
            "pad_to_aspect_ratio": True,
            "fill_value": 0.5,
            "antialias": True,
        },
        IMAGES,
    ),
    Row("CenterCrop", {"height": 4, "width": 3}, IMAGES),
    Row("CenterCrop", {"height": 9, "width": 3, **FIRST}, IMAGES),
    Row("RandomCrop", {"height": 7, "width": 6, "seed": 3}, IMAGES),
    Row("RandomFlip", {"seed": 3}, IMAGES, random=True),
    Row("RandomFlip", {"mode": "vertical", "seed": 3, **FIRST}, IMAGES, random=True),
    Row("RandomRotation", TURN, IMAGES),
    Row(
        "RandomRotation",
        {"factor": 0.3, "fill_mode": "wrap", "seed": 3, **FIRST},
        IMAGES,
        random=True,
    ),
    Row("RandomTranslation", {**SHIFT, "fill_mode": "nearest"}, IMAGES),
    Row(
        "RandomTranslation",
        {"height_factor": 0.5, "width_factor": 0.2, "seed": 3},
        IMAGES,
        random=True,
    ),
    Row("RandomZoom", {**ZOOM, "fill_mode": "constant", "fill_value": 2.0}, IMAGES),
    Row("RandomZoom", {"height_factor": 0.3, "seed": 3, **FIRST}, IMAGES, random=True),
    Row(
        "RandomShear",
        {"x_factor": (0.1, 0.3), "y_factor": (0.0, 0.2), "seed": 3},
        IMAGES,
        random=True,
    ),
    Row("RandomPerspective", {"factor": 0.9, "scale": 0.6, "seed": 3}, IMAGES, random=True),
    Row(
        "RandomElasticTransform",
        {"scale": 0.4, "value_range": (-3, 3), "seed": 3},
        IMAGES,
        random=True,
    ),
    Row("MaxNumBoundingBoxes", {"max_number": 3}, IMAGES),
    Row("Pipeline", {"layers": two_layers}, IMAGES, random=True),
]


@dataclass
class Scene(Row):
    """Inputs with everything that belongs to images: labels, boxes and segmentation masks."""

    shape: Any = (2, 8, 8, 3)

    def tensors(self, dtype: torch.dtype | None = None) -> Any:
        draw = np.random.default_rng(0)
        starts = draw.uniform(0, 4, (2, 2, 2))
        corners = np.concatenate([starts, starts + draw.uniform(1, 4, (2, 2, 2))], -1)
        arrays = {
            "images": draw.uniform(0, 255, self.shape).astype("float32"),
            "labels": np.array([1, 2]),
            "segmentation_masks": draw.integers(0, 9, self.shape).astype("float32"),
        }
        boxes = {"boxes": corners.astype("float32"), "labels": np.array([[3, 4], [5, 6]])}
        made = {key: torch.tensor(array) for key, array in arrays.items()}
        made["bounding_boxes"] = {key: torch.tensor(array) for key, array in boxes.items()}
        return made


SQUARE = Scene("", shape=(2, 8, 8, 8))  # in either data format
FILL = {
    "fill_mode": "wrap",
    "interpolation": "nearest",
    "fill_value": Change(9.0, given={"fill_mode": "constant"}),
}
FORMAT = {"bounding_box_format": "center_xywh"}


def moved(name: str, changes: dict[str, Any], base: dict[str, Any]) -> Any:
    """A class that takes everything a ``Scene`` has."""
    return constructed(name, {**FORMAT, **changes}, {**BOXES, **base}, SQUARE)


SMALL = {"height": 4, "width": 6}
WIDE = Change(True, given={"height": 4, "width": 12})

# Their output's shape is drawn, so the contract can't hold: test_resizing has tests of their own.
GROWING = [Row(name, {"factor": (0.3, 0.3)}, IMAGES) for name in ("RandomHeight", "RandomWidth")]

ARGUMENTS = [
    moved(
        "Resizing",
        {
            "height": 5,
            "width": 5,
            "interpolation": "bicubic",
            "crop_to_aspect_ratio": WIDE,
            "pad_to_aspect_ratio": WIDE,
            "fill_mode": Change("reflect", raises=ValueError),
            "fill_value": Change(3.0, given={"pad_to_aspect_ratio": True}),
            "antialias": True,
        },
        SMALL,
    ),
    moved("CenterCrop", {"height": 5, "width": 5}, SMALL),
    moved("RandomCrop", {"height": 5, "width": 5}, SMALL),
    moved("RandomFlip", {"mode": "vertical"}, {}),
    moved("RandomRotation", {"factor": 0.1, **FILL}, {"factor": 0.4}),
    moved(
        "RandomTranslation",
        {"height_factor": 0.1, "width_factor": 0.1, **FILL},
        {"height_factor": 0.4, "width_factor": 0.3},
    ),
    moved(
        "RandomZoom",
        {"height_factor": 0.1, "width_factor": 0.1, **FILL},
        {"height_factor": (0.2, 0.6)},
    ),
    moved(
        "RandomShear",
        {"x_factor": 0.1, "y_factor": 0.1, **FILL},
        {"x_factor": 0.6, "y_factor": 0.3},
    ),
    moved(
        "RandomPerspective",
        {"factor": 0.1, "scale": 0.3, "interpolation": "nearest", "fill_value": 9.0},
        {},
    ),
    moved(
        "RandomElasticTransform",
        {"factor": 0.1, "scale": 0.3, "value_range": (0, 1), **FILL},
        {"factor": (1.0, 1.0), "scale": (0.8, 0.8)},
    ),
    moved("RandomHeight", {"factor": 0.1, "interpolation": "nearest"}, {"factor": (0.3, 0.6)}),
    moved("RandomWidth", {"factor": 0.1, "interpolation": "nearest"}, {"factor": (0.3, 0.6)}),
    constructed(
        "MaxNumBoundingBoxes",
        {
            "max_number": 1,
            "fill_value": 7,
            "data_format": Change("channels_first", outcome=lambda layer: layer.get_config()),
            "bounding_box_format": Change("xyxy", outcome=lambda layer: layer.get_config()),
        },
        {"max_number": 4},
        SQUARE,
    ),
    constructed(
        "Pipeline",
        {"layers": Fresh(lambda: [layers.Resizing(4, 4)])},
        {"layers": Fresh(lambda: two_layers(torchkeras))},
        Row("", shape=IMAGES),
    ),
    *[
        called(row, {"training": True}, training=False)
        for row in [*TABLE, *GROWING]
        if row.name not in ("Resizing", "CenterCrop", "MaxNumBoundingBoxes", "RandomCrop")
    ],
    called(
        Row("RandomCrop", {"height": 3, "width": 3}, IMAGES), {"training": True}, training=False
    ),
    called(
        Row("Pipeline", {"layers": mean_of_steps}, (2, 6, 4)),
        {"mask": torch.tensor([[True] * 3 + [False] * 3] * 2)},
    ),
]

_SAME = "images are the same in training and in inference, as in Keras"
_OLDER = "the name of the data in tf.keras 2; test_base calls by it"
WITHOUT = {
    ("Resizing.call", "training"): _SAME,
    ("CenterCrop.call", "training"): _SAME,
    ("MaxNumBoundingBoxes.call", "training"): _SAME,
    **{
        (f"{cls.__name__}.call", "inputs"): _OLDER
        for cls in public_layers()
        if issubclass(cls, BaseImagePreprocessingLayer)
    },
}
