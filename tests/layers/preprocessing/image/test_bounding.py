"""The same number of boxes for every image, beside Keras's."""

import pytest
import torch
from scenes import compare, scene

import torchkeras
from torchkeras import layers


@pytest.mark.parametrize("max_number", [0, 1, 3, 6])
@pytest.mark.parametrize("fill_value", [-1, 7])
def test_boxes_are_keras_ones(max_number, fill_value):
    arguments = {"max_number": max_number, "fill_value": fill_value, "bounding_box_format": "xyxy"}
    compare("MaxNumBoundingBoxes", arguments, scene(3))


def test_a_single_image_has_boxes_too():
    found = layers.MaxNumBoundingBoxes(5)(scene(None))["bounding_boxes"]
    assert found["boxes"].shape == (5, 4)
    assert found["labels"].shape == (5,)


def test_images_and_masks_keep_their_kind():
    data = {
        "images": torch.ones(1, 2, 2, 3, dtype=torch.uint8),
        "segmentation_masks": torch.ones(1, 2, 2, 1, dtype=torch.int32),
    }
    found = layers.MaxNumBoundingBoxes(2)(data)
    assert {key: value.dtype for key, value in found.items()} == {
        key: value.dtype for key, value in data.items()
    }


def test_the_number_is_known_to_symbols():
    layer = layers.MaxNumBoundingBoxes(4)
    symbols = {
        "images": torchkeras.Input((4, 4, 3)),
        "bounding_boxes": {
            "boxes": torchkeras.Input((None, 4)),
            "labels": torchkeras.Input((None,)),
        },
    }
    found = layer(symbols)["bounding_boxes"]
    assert found["boxes"].shape == (None, 4, 4)
    assert found["labels"].shape == (None, 4)
    shapes = {"images": (2, 4, 4, 3), "bounding_boxes": {"boxes": (2, 9, 4), "labels": (2, 9)}}
    told = layer.compute_output_shape(shapes)
    assert told["bounding_boxes"] == {"boxes": (2, 4, 4), "labels": (2, 4)}
    assert layer.compute_output_shape((2, 4, 4, 3)) == (2, 4, 4, 3)
    shapes["bounding_boxes"]["score"] = (2, 9)
    with pytest.raises(KeyError, match="unsupported keys"):
        layer.compute_output_shape(shapes)


def test_the_configuration_has_the_filling():
    config = layers.MaxNumBoundingBoxes(4, fill_value=3).get_config()
    assert (config["max_number"], config["fill_value"]) == (4, 3)
    assert layers.MaxNumBoundingBoxes.from_config(config).get_config() == config


def test_a_negative_number_is_named():
    with pytest.raises(ValueError, match="max_number is -1"):
        layers.MaxNumBoundingBoxes(-1)
