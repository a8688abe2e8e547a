"""Images bent."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import agree, around, compare, filled, scene

from torchkeras import layers, ops
from torchkeras.ops.image import sampling

XYXY = {"bounding_box_format": "xyxy"}
ALWAYS = {"factor": (1.0, 1.0)}


@pytest.mark.parametrize("arguments", [{"scale": 0.0}, {"factor": 0.0}])
@given(is_first=st.booleans(), batch=st.sampled_from([None, 3]))
def test_what_is_not_bent_is_keras_image(arguments, is_first, batch):
    data_format = {"data_format": "channels_first" if is_first else "channels_last"}
    data = scene(batch, is_first, has_boxes=False)
    compare("RandomElasticTransform", {**arguments, **data_format}, data)


@pytest.mark.parametrize("fill_mode", sorted(sampling.FILL_MODES))
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_an_image_is_bent_as_by_the_operation(fill_mode, interpolation):
    image = torch.rand(2, 9, 11, 3)
    words = {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.7}
    layer = layers.RandomElasticTransform(**ALWAYS, scale=(0.8, 0.8), **words)
    drawn = layer.get_random_transformation(image)
    del drawn["noise"]
    drawn["seed"] = 5
    alpha, sigma = layer.get_elastic_transform_params(9, 11, 0.8)
    wanted = ops.image.elastic_transform(image, alpha, sigma, seed=5, **words)
    torch.testing.assert_close(layer.transform_images(image, drawn), wanted, rtol=1e-4, atol=1e-5)


def test_some_images_are_left_as_they_are():
    image = torch.rand(64, 8, 8, 1)
    layer = layers.RandomElasticTransform(factor=(0.5, 0.5), scale=(1.0, 1.0), seed=1)
    changed = (layer(image) - image).abs().amax((1, 2, 3)) > 1e-3
    assert 16 < int(changed.sum()) < 48


def test_masks_and_boxes_are_bent_as_the_image_is():
    image, box = filled()
    data = {
        "images": image,
        "segmentation_masks": image,
        "bounding_boxes": {"boxes": box, "labels": torch.ones(1, 1)},
    }
    for seed in range(8):
        layer = layers.RandomElasticTransform(
            **ALWAYS, scale=(0.4, 0.8), interpolation="nearest", fill_mode="constant", seed=seed,
            value_range=(-1, 1), **XYXY,
        )  # fmt: skip
        found = layer(data)
        assert torch.equal(found["images"], found["segmentation_masks"])
        corners = found["bounding_boxes"]["boxes"][0, 0]
        torch.testing.assert_close(corners, around(found["images"]), rtol=0, atol=3.5)


def test_images_are_clipped_and_masks_are_not():
    data = scene(2, has_boxes=False)
    found = layers.RandomElasticTransform(**ALWAYS, value_range=(0, 1))(data)
    assert found["images"].max() == 1
    assert found["segmentation_masks"].max() > 1


def test_masks_take_the_compute_dtype_as_in_keras():
    masks = torch.randint(0, 4, (2, 8, 8, 1), dtype=torch.uint8)
    layer = layers.RandomElasticTransform(**ALWAYS)
    drawn = layer.get_random_transformation(masks)
    assert layer.transform_segmentation_masks(masks, drawn).dtype == torch.float32


def test_inference_changes_nothing():
    data = scene()
    agree(layers.RandomElasticTransform(**XYXY)(data, training=False), data)


def test_arguments_that_do_not_fit_are_named():
    for arguments, words in (
        ({"scale": 2.0}, "scale"),
        ({"factor": -1.0}, "factor"),
        ({"fill_mode": "edge"}, "Unknown `fill_mode`"),
        ({"interpolation": "bicubic"}, "Unknown `interpolation`"),
    ):
        with pytest.raises(ValueError, match=words):
            layers.RandomElasticTransform(**arguments)
