"""Parts of images, beside Keras's."""

import keras
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import HEIGHT, WIDTH, agree, around, compare, filled, scene

import torchkeras
from torchkeras import layers
from torchkeras.utils.bounding_boxes import convert_format

XYXY = {"bounding_box_format": "xyxy"}


@given(
    height=st.integers(1, 14), width=st.integers(1, 14), is_first=st.booleans(),
    batch=st.sampled_from([None, 1, 3]), written=st.sampled_from(["xyxy", "center_xywh"]),
)  # fmt: skip
def test_the_middle_is_keras_one(height, width, is_first, batch, written):
    arguments = {
        "height": height,
        "width": width,
        "data_format": "channels_first" if is_first else "channels_last",
        "bounding_box_format": written,
    }
    compare("CenterCrop", arguments, scene(batch, is_first))


@given(
    height=st.integers(1, HEIGHT - 1), width=st.integers(1, WIDTH - 1), is_first=st.booleans(),
    batch=st.sampled_from([None, 1, 3]), seed=st.integers(0, 99),
)  # fmt: skip
def test_seeds_give_keras_parts(height, width, is_first, batch, seed):
    arguments = {
        "height": height,
        "width": width,
        "data_format": "channels_first" if is_first else "channels_last",
        "seed": seed,
    }
    data = scene(batch, is_first, has_boxes=False)
    ours, theirs = [p.layers.RandomCrop(**arguments) for p in (torchkeras, keras)]
    for _ in range(2):
        agree(ours({**data}, training=True), theirs({**data}, training=True))


def test_a_pair_of_places_is_a_transformation_as_in_keras():
    image = torch.rand(2, 8, 8, 3)
    pair = [p.layers.RandomCrop(3, 4) for p in (torchkeras, keras)]
    mine, true = [layer.transform_images(image, (2, 3), training=True) for layer in pair]
    assert torch.equal(mine, true)
    boxes = {"boxes": torch.ones(2, 1, 4), "labels": torch.ones(2, 1)}
    with pytest.raises(ValueError, match="which tells the size of the images"):
        layers.RandomCrop(3, 4, **XYXY).transform_bounding_boxes(boxes, (2, 3))


@pytest.mark.parametrize("written", ["xyxy", "rel_xyxy", "xywh"])
def test_boxes_follow_the_image(written):
    image, box = filled()
    size = {"height": 40, "width": 60}
    boxes = {"boxes": convert_format(box, "xyxy", written, **size), "labels": torch.ones(1, 1)}
    for seed in range(6):
        layer = layers.RandomCrop(25, 40, seed=seed, bounding_box_format=written)
        found = layer({"images": image, "bounding_boxes": boxes})
        corners = convert_format(found["bounding_boxes"]["boxes"], written, "xyxy", 25, 40)
        torch.testing.assert_close(corners[0, 0], around(found["images"]), rtol=0, atol=1.1)


def test_boxes_grow_with_an_image_that_is_too_small():
    image, box = filled()
    data = {"images": image, "bounding_boxes": {"boxes": box, "labels": torch.ones(1, 1)}}
    for training in (True, False):
        found = layers.RandomCrop(80, 120, **XYXY)(data, training=training)
        assert found["images"].shape == (1, 80, 120, 1)
        corners = found["bounding_boxes"]["boxes"][0, 0]
        torch.testing.assert_close(corners, around(found["images"]), rtol=0, atol=2.1)


def test_inference_shows_the_middle_in_the_layers_size():
    image = torch.rand(2, 8, 12, 3)
    found = layers.RandomCrop(4, 4)(image, training=False)
    assert torch.equal(found, layers.Resizing(4, 4, crop_to_aspect_ratio=True)(image))
    assert torch.equal(layers.RandomCrop(8, 12)(image, training=False), image)


def test_one_fitting_side_leaves_the_other_to_chance():
    image = torch.arange(20.0).expand(4, 20).reshape(1, 4, 20, 1)
    layer = layers.RandomCrop(4, 5, seed=2)
    starts = {float(layer(image)[0, 0, 0, 0]) for _ in range(20)}
    assert len(starts) > 5
    assert starts <= set(map(float, range(16)))


def test_every_place_can_be_drawn():
    image = torch.arange(4.0).reshape(1, 1, 4, 1)
    layer = layers.RandomCrop(1, 2, seed=1)
    assert {float(layer(image)[0, 0, 0, 0]) for _ in range(40)} == {0.0, 1.0, 2.0}


def test_unknown_sizes_cannot_be_cropped():
    symbol = torchkeras.Input((None, None, 3))
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="fully defined height and width"):
            package.layers.RandomCrop(2, 2).get_random_transformation(
                torchkeras.KerasTensor((2, None, None, 3))
                if package is torchkeras
                else keras.KerasTensor((2, None, None, 3))
            )
    assert layers.RandomCrop(2, 2)(symbol).shape == (None, 2, 2, 3)


def test_parts_compile_without_waiting_for_the_place():
    image = torch.rand(2, 8, 8, 3)
    layer, twin = [layers.RandomCrop(4, 5, seed=1) for _ in range(2)]
    layer(image)
    twin(image)
    compiled = torch.compile(lambda x: layer(x, training=True), fullgraph=True, backend="eager")
    assert torch.equal(compiled(image), twin(image, training=True))
