"""Images seen from a side, beside Keras's."""

import keras
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import compare, scene

import torchkeras
from torchkeras import layers

XYXY = {"bounding_box_format": "xyxy"}


@given(
    factor=st.floats(0, 1) | st.tuples(st.floats(0, 1), st.floats(0, 1)), scale=st.floats(0, 1),
    seed=st.integers(0, 99), batch=st.sampled_from([1, 3]), is_first=st.booleans(),
    fill_value=st.sampled_from([0.0, 9.0]),
)  # fmt: skip
def test_seeds_give_keras_images(factor, scale, seed, batch, is_first, fill_value):
    arguments = {
        "factor": factor,
        "scale": scale,
        "seed": seed,
        "fill_value": fill_value,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    compare("RandomPerspective", {**arguments, **XYXY}, scene(batch, is_first))


def test_images_left_alone_stay_exactly_as_they_are():
    image = torch.rand(4, 6, 6, 3)
    torch.testing.assert_close(layers.RandomPerspective(0.0)(image), image, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(layers.RandomPerspective(scale=0.0)(image), image)


def test_integer_masks_are_moved_as_the_images_are():
    masks = torch.randint(0, 4, (2, 9, 9, 1), dtype=torch.uint8)
    data = {"images": masks.float(), "segmentation_masks": masks}
    layer = layers.RandomPerspective((1.0, 1.0), interpolation="nearest", seed=1)
    found = layer(data)
    assert torch.equal(found["images"].to(torch.uint8), found["segmentation_masks"])


def test_the_scale_is_a_fraction():
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="scale"):
            package.layers.RandomPerspective(scale=1.5)
