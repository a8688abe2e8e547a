"""Images mirrored, beside Keras's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import around, compare, compare_given, filled, scene

from torchkeras import layers
from torchkeras.layers.preprocessing.image.flipping import MODES


@given(
    mode=st.sampled_from(MODES), seed=st.integers(0, 99), is_first=st.booleans(),
    batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_seeds_give_keras_images(mode, seed, is_first, batch):
    arguments = {
        "mode": mode,
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
        "bounding_box_format": "xyxy",
    }
    compare("RandomFlip", arguments, scene(batch, is_first))


@given(mode=st.sampled_from(MODES), is_first=st.booleans())
def test_transformations_do_the_same_in_keras(mode, is_first):
    arguments = {
        "mode": mode,
        "data_format": "channels_first" if is_first else "channels_last",
        "bounding_box_format": "xyxy",
    }
    compare_given("RandomFlip", arguments, scene(4, is_first))


@pytest.mark.parametrize("mode", MODES)
def test_boxes_follow_the_image(mode):
    image, box = filled()
    data = {"images": image, "bounding_boxes": {"boxes": box, "labels": torch.ones(1, 1)}}
    for seed in range(4):
        found = layers.RandomFlip(mode, seed=seed, bounding_box_format="xyxy")(data)
        corners = found["bounding_boxes"]["boxes"][0, 0]
        torch.testing.assert_close(corners, around(found["images"]), rtol=0, atol=1.1)


def test_boxes_are_cut_off_at_every_border():
    boxes = {"boxes": torch.tensor([[[-2.0, -1, 3, 4]]]), "labels": torch.ones(1, 1)}
    layer = layers.RandomFlip(bounding_box_format="xyxy")
    drawn = {"flips": torch.ones(1, 1, 1, 1, dtype=torch.bool), "input_shape": (1, 8, 6, 3)}
    found = layer.transform_bounding_boxes(boxes, drawn)
    assert found["boxes"].tolist() == [[[3.0, 4.0, 6.0, 8.0]]]


def test_modes_are_told_as_in_tf_keras():
    made = {mode: layers.RandomFlip(mode) for mode in MODES}
    assert {mode: (layer.horizontal, layer.vertical) for mode, layer in made.items()} == {
        "horizontal": (True, False),
        "vertical": (False, True),
        "horizontal_and_vertical": (True, True),
    }


def test_other_modes_are_named():
    with pytest.raises(ValueError, match="mode is 'diagonal'; expected one of horizontal"):
        layers.RandomFlip("diagonal")
