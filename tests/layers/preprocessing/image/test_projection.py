"""Images read at other places, and what moves along with them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import agree, around, compare_given, filled, scene

from torchkeras import layers
from torchkeras.layers.preprocessing.image.projection import FILL_MODES, Projection
from torchkeras.utils.bounding_boxes import convert_format

XYXY = {"bounding_box_format": "xyxy"}
MOVING = {  # class -> arguments that move much
    "RandomRotation": {"factor": 0.15},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.3, "width_factor": 0.2},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.2},
    "RandomPerspective": {"factor": (1.0, 1.0), "scale": 0.4},
}


@pytest.mark.parametrize("name", MOVING)
@given(
    fill_mode=st.sampled_from(FILL_MODES), interpolation=st.sampled_from(["nearest", "bilinear"]),
    fill_value=st.sampled_from([0.0, 7.0]), is_first=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_transformations_do_the_same_in_keras(
    name, fill_mode, interpolation, fill_value, is_first, seed
):
    arguments = {
        **MOVING[name],
        "interpolation": interpolation,
        "fill_value": fill_value,
        "data_format": "channels_first" if is_first else "channels_last",
        "seed": seed,
    }
    if name != "RandomPerspective":
        arguments["fill_mode"] = fill_mode
    has_boxes = name != "RandomShear"  # Keras slants boxes as if images were square
    data = scene(3, is_first, has_boxes)
    compare_given(name, {**arguments, **(XYXY if has_boxes else {})}, data)


@pytest.mark.parametrize("name", MOVING)
def test_boxes_follow_the_image(name):
    image, box = filled()
    data = {"images": image, "bounding_boxes": {"boxes": box, "labels": torch.ones(1, 1)}}
    for seed in range(6):
        layer = getattr(layers, name)(
            **MOVING[name], **XYXY, fill_value=0.0, seed=seed,
            **({} if name == "RandomPerspective" else {"fill_mode": "constant"}),
        )  # fmt: skip
        found = layer(data)
        corners = found["bounding_boxes"]["boxes"][0, 0]
        bright = around(found["images"])
        assert bool((corners[:2] <= bright[:2] + 1).all())
        assert bool((corners[2:] >= bright[2:] - 1).all())
        if name in ("RandomTranslation", "RandomZoom"):  # which keep boxes upright
            torch.testing.assert_close(corners, bright, rtol=0, atol=1.1)


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("written", ["rel_xyxy", "center_xywh", "yxyx"])
def test_boxes_come_back_in_their_format(name, written):
    data = scene(2)
    size = {"height": 9, "width": 11}
    boxes = data["bounding_boxes"]
    other = {**data, "bounding_boxes": convert_format(boxes, "xyxy", written, **size)}
    pair = [
        getattr(layers, name)(**MOVING[name], seed=1, bounding_box_format=text)
        for text in ("xyxy", written)
    ]
    plain, found = pair[0](data)["bounding_boxes"], pair[1](other)["bounding_boxes"]
    back = convert_format(found, written, "xyxy", **size)
    torch.testing.assert_close(back["boxes"], plain["boxes"], rtol=1e-4, atol=1e-4)


def test_segmentation_masks_keep_their_kind_and_their_classes():
    masks = torch.randint(0, 5, (2, 9, 11, 1), dtype=torch.uint8)
    layer = layers.RandomRotation(0.2)
    found = layer({"images": torch.rand(2, 9, 11, 3), "segmentation_masks": masks})
    assert found["segmentation_masks"].dtype == torch.uint8
    assert set(found["segmentation_masks"].unique().tolist()) <= set(range(5))


def test_inference_changes_nothing():
    data = scene()
    for name, arguments in MOVING.items():
        layer = getattr(layers, name)(**arguments, **XYXY)
        agree(layer(data, training=False), data)
        assert layer.get_random_transformation(data, training=False) is None


def test_unknown_words_are_named():
    for name, arguments in MOVING.items():
        made = getattr(layers, name)
        with pytest.raises(ValueError, match="Unknown `interpolation`"):
            made(**arguments, interpolation="bicubic")
        if name != "RandomPerspective":
            with pytest.raises(ValueError, match="Unknown `fill_mode`"):
                made(**arguments, fill_mode="mirror")


def test_a_subclass_has_to_give_a_matrix():
    class Nothing(Projection):
        def get_random_transformation(self, data, training=True, seed=None):
            return {}

    layer = Nothing("constant", "bilinear", None, 0.0)
    with pytest.raises(NotImplementedError, match="no `matrix`"):
        layer(torch.ones(1, 2, 2, 1))


def test_places_are_told_for_numbers_and_tensors():
    layer = layers.RandomZoom(0.1)
    transform = torch.tensor([[2.0, 0, 1, 0, 3, 2, 0, 0], [1.0, 0, 0, 0, 1, 0, 1, 0]])
    x, y = layer.get_transformed_x_y(1, 2, transform)
    assert x.tolist() == [[3.0], [0.5]]
    assert y.tolist() == [[8.0], [1.0]]
