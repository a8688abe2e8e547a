"""Rows and argument changes of image layers that change colours or mix images."""

from dataclasses import dataclass

import numpy as np
from influence import Change
from layer_arguments import called, constructed
from row import FIRST, Row

SHAPE, FIRST_SHAPE = (2, 6, 5, 3), (2, 3, 6, 5)
ONE = {"value_range": (0, 1)}
CLAHE = "ContrastLimitedAdaptiveHistogramEqualization"


@dataclass
class Colors(Row):
    """Images with values in [0, 1]."""

    shape: tuple = SHAPE

    def _array(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        return np.random.default_rng(seed).random(shape).astype("float32")


def fixed(name: str, **arguments: object) -> list[Row]:
    """A layer that draws what is certain, in both layouts."""
    arguments = {**ONE, **arguments}
    return [Colors(name, arguments), Colors(name, {**arguments, **FIRST}, FIRST_SHAPE)]


TABLE = [
    # Keras changes what it is given in place, which can't have a gradient then.
    Colors("RandomBrightness", {**ONE, "factor": (0.2, 0.2)}, only_ours=True),
    Colors(
        "RandomBrightness", {**ONE, "factor": 0.4, "seed": 3, **FIRST}, FIRST_SHAPE, random=True
    ),
    Colors("RandomContrast", {**ONE, "factor": 0.3, "seed": 3}, random=True),
    Colors("RandomContrast", {**ONE, "factor": 0.3, "seed": 3, **FIRST}, FIRST_SHAPE, random=True),
    *fixed("RandomSaturation", factor=(0.3, 0.3)),
    *fixed("RandomColorDegeneration", factor=(0.4, 0.4)),
    *fixed("RandomInvert", factor=(1.0, 1.0)),
    *fixed("RandomPosterization", factor=(3, 3)),
    *fixed("RandomSharpness", factor=(0.9, 0.9)),
    *fixed("RandomGaussianBlur", factor=(1.0, 1.0), sigma=(0.7, 0.7)),
    *fixed("Solarization", addition_factor=0.0, threshold_factor=0.0),
    Colors("AutoContrast", ONE),
    Colors("AutoContrast", {**ONE, **FIRST}, FIRST_SHAPE, only_ours=True),
    Colors("Equalization", {**ONE, "bins": 16}, only_ours=True),  # its indexing is deprecated
    Colors("Equalization", {**ONE, "bins": 16, **FIRST}, FIRST_SHAPE, only_ours=True),
    *fixed(CLAHE, tile_grid_size=(2, 1), clip_limit=256 / 15),
    Colors("RandomGrayscale", {"factor": 1.0}),
    Colors("RandomGrayscale", {"factor": 1.0, **FIRST}, FIRST_SHAPE),
    Colors("RandomHue", {**ONE, "factor": 0.5, "seed": 3}, random=True),
    Colors("RandomHue", {**ONE, "factor": 0.5, "seed": 3, **FIRST}, FIRST_SHAPE, random=True),
    Colors("RandomColorJitter", {**ONE, "saturation_factor": (0.3, 0.3), "seed": 3}),
    Colors("RandomErasing", {**ONE, "seed": 3}, random=True),
    Colors("RandomErasing", {**ONE, "fill_value": 0.5, **FIRST}, FIRST_SHAPE, random=True),
    Colors("RandAugment", {**ONE, "seed": 3}, random=True),
    Colors("RandAugment", {**ONE, "num_ops": 1, **FIRST}, FIRST_SHAPE, random=True),
    Colors("AugMix", {**ONE, "seed": 3}, random=True),
    Colors("CutMix", {"seed": 3}, random=True),
    Colors("MixUp", {"seed": 3, **FIRST}, FIRST_SHAPE, random=True),
]

UNIT = {"value_range": (0, 0.5)}


def changed(name: str, changes: dict[str, object], **base: object) -> object:
    """A class tried on images that fit both layouts, its draws fixed by a seed."""
    row = Colors(name, shape=(3, 3, 3, 3))  # which fits both layouts
    return constructed(name, {**told("bounding_box_format", "xyxy"), **changes}, base, row)


LAYOUT = {"data_format": "channels_first"}


def told(argument: str, value: object) -> dict[str, Change]:
    """A change that the configuration shows: layouts mean nothing to what is done pixel by pixel,
    and boxes stay where they are."""
    return {argument: Change(value, outcome=lambda layer: layer.get_config())}


BY_PIXEL = told("data_format", "channels_first")
SEEDED = {"seed": 3}
COLOURED = {**UNIT, "seed": 1, **LAYOUT}

ARGUMENTS = [
    changed(
        "RandomBrightness",
        {**BY_PIXEL, "factor": 0.2, **UNIT, "seed": 1},
        factor=0.5,
        **SEEDED,
        **ONE,
    ),
    changed("RandomContrast", {"factor": 0.2, **UNIT, "seed": 1}, factor=0.5, **SEEDED, **ONE),
    changed("RandomSaturation", {"factor": 0.2, **COLOURED}, factor=(0.5, 0.8), **SEEDED, **ONE),
    changed("RandomHue", {"factor": 0.2, **COLOURED}, factor=0.5, **SEEDED, **ONE),
    changed("RandomColorDegeneration", {"factor": 0.2, **COLOURED}, factor=0.5, **SEEDED, **ONE),
    changed("RandomInvert", {**BY_PIXEL, "factor": 0.1, **UNIT, "seed": 1}, **SEEDED, **ONE),
    changed("RandomGrayscale", {"factor": 0.9, "seed": 1, **LAYOUT}, factor=0.4, **SEEDED),
    changed(
        "RandomColorJitter",
        {
            **COLOURED,
            "brightness_factor": 0.2,
            "contrast_factor": 0.2,
            "saturation_factor": (0.2, 0.4),
            "hue_factor": 0.2,
        },
        brightness_factor=0.5,
        saturation_factor=(0.5, 0.6),
        **SEEDED,
        **ONE,
    ),
    changed(
        "RandomPosterization",
        {**BY_PIXEL, "factor": 2, **UNIT, "seed": 1},
        factor=(3, 8),
        **SEEDED,
        **ONE,
    ),
    changed(
        "Solarization",
        {**BY_PIXEL, "addition_factor": 0.2, "threshold_factor": 0.9, **UNIT, "seed": 1},
        addition_factor=0.6,
        threshold_factor=0.5,
        **SEEDED,
        **ONE,
    ),
    changed("AutoContrast", UNIT, **ONE),
    changed("Equalization", {**UNIT, "bins": 4, **LAYOUT}, **ONE),
    changed(
        CLAHE,
        {**UNIT, "clip_limit": 30.0, "tile_grid_size": (1, 2), **LAYOUT},
        tile_grid_size=(1, 1),
        **ONE,
    ),
    changed("RandomSharpness", {"factor": 0.2, **COLOURED}, factor=1.0, **SEEDED, **ONE),
    changed(
        "RandomGaussianBlur",
        {**COLOURED, "factor": 0.1, "kernel_size": 5, "sigma": 0.3},
        factor=(1.0, 1.0),
        **SEEDED,
        **ONE,
    ),
    changed(
        "RandomErasing",
        {**COLOURED, "factor": (0.0, 0.0), "scale": (0.9, 0.9), "fill_value": 0.3},
        scale=(0.3, 0.6),
        factor=(1.0, 1.0),
        **SEEDED,
        **ONE,
    ),
    changed("MixUp", {**BY_PIXEL, "alpha": 0.9, "seed": 1}, **SEEDED),
    changed("CutMix", {"factor": 0.1, "seed": 1}, **SEEDED),
    changed(
        "RandAugment",
        {**COLOURED, "num_ops": 1, "factor": 0.1, "interpolation": "nearest"},
        num_ops=9,
        **SEEDED,
        **ONE,
    ),
    changed(
        "AugMix",
        {
            **COLOURED,
            "num_chains": 1,
            "chain_depth": 1,
            "factor": 0.1,
            "alpha": 0.3,
            "all_ops": False,
            "interpolation": "nearest",
        },
        chain_depth=5,
        **SEEDED,
        **ONE,
    ),
    *[
        called(row, {"training": True}, training=False)
        for row in TABLE
        if row.name not in ("AutoContrast", CLAHE)
    ],
]

_SAME = "acts in training and in inference alike, as in Keras"
WITHOUT = {("AutoContrast.call", "training"): _SAME, (f"{CLAHE}.call", "training"): _SAME}
