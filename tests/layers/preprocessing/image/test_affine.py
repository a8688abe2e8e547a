"""Images turned, moved, zoomed and sheared, beside Keras's."""

import keras
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import boxes_of, compare, scene

import torchkeras
from torchkeras import layers

XYXY = {"bounding_box_format": "xyxy"}
SIGNED = st.floats(-1, 1) | st.tuples(st.floats(-1, 1), st.floats(-1, 1))
GROWTH = st.floats(-0.9, 1) | st.tuples(st.floats(-0.9, 1), st.floats(-0.9, 1))
LEAN = st.floats(0, 1) | st.tuples(st.floats(0, 1), st.floats(0, 1))
FACTORS = {
    "RandomRotation": {"factor": SIGNED},
    "RandomTranslation": {"height_factor": SIGNED, "width_factor": SIGNED},
    "RandomZoom": {"height_factor": GROWTH, "width_factor": st.none() | GROWTH},
    "RandomShear": {"x_factor": LEAN, "y_factor": LEAN},
}


@pytest.mark.parametrize("name", FACTORS)
@given(drawn=st.data())
def test_seeds_give_keras_images(name, drawn):
    arguments = {key: drawn.draw(factor) for key, factor in FACTORS[name].items()}
    is_first = drawn.draw(st.booleans())
    batch = drawn.draw(st.sampled_from([None, 1, 3]))
    arguments["data_format"] = "channels_first" if is_first else "channels_last"
    arguments["seed"] = drawn.draw(st.integers(0, 999))
    arguments["fill_mode"] = drawn.draw(st.sampled_from(["reflect", "wrap", "nearest", "constant"]))
    has_boxes = batch is not None and name != "RandomShear"
    data = scene(batch, is_first, has_boxes)
    if name == "RandomRotation":  # Keras turns masks by the matrix that turning images has changed
        del data["segmentation_masks"]
    compare(name, {**arguments, **(XYXY if has_boxes else {})}, data)


@pytest.mark.parametrize("x_factor, y_factor", [((0.3, 0.3), 0.0), (0.0, (0.2, 0.2))])
def test_boxes_sheared_one_way_in_square_images_are_keras_ones(x_factor, y_factor):
    boxes = {
        "boxes": torch.tensor([[[2.0, 3.0, 6.0, 8.0], [1.0, 1.0, 9.0, 4.0]]]),
        "labels": torch.ones(1, 2),
    }
    drawn = {
        "shear_factor": torch.tensor([[0.3, 0.0]] if x_factor else [[0.0, 0.2]]),
        "input_shape": (1, 10, 10, 3),
    }
    pair = [p.layers.RandomShear(x_factor, y_factor, **XYXY) for p in (torchkeras, keras)]
    mine, true = [
        layer.transform_bounding_boxes({**boxes}, {**drawn}, training=True) for layer in pair
    ]
    torch.testing.assert_close(mine["boxes"], true["boxes"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize("factor", [3.0, -3.0, (0.1, 3.0), (0.1, 0.2, 0.3), "0.1"])
def test_factors_out_of_range_are_named(name, factor):
    argument = next(iter(FACTORS[name]))
    others = {key: 0.1 for key in FACTORS[name] if key != argument}
    if name == "RandomRotation" and factor == (0.1, 3.0):
        return  # which Keras takes
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="factor"):
            getattr(package.layers, name)(**{argument: factor}, **others)


def test_a_zoom_of_all_the_image_is_refused():
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="factor"):
            package.layers.RandomZoom(-1.0)


def test_a_quarter_turn_is_counter_clockwise():
    image = torch.arange(12.0).reshape(3, 4, 1)[:, :3]
    found = layers.RandomRotation((0.25, 0.25))(image)
    torch.testing.assert_close(found, torch.rot90(image, 1, (0, 1)), rtol=1e-4, atol=1e-4)


def test_a_configuration_makes_the_same_layer():
    for made, names in (
        (layers.RandomShear(0.3, 0.2), ("x_factor", "y_factor")),
        (layers.RandomRotation(0.3), ("factor",)),
    ):
        config = made.get_config()
        twin = type(made).from_config(config)
        assert all(getattr(twin, name) == getattr(made, name) for name in names)


def test_ends_of_ranges_are_told_as_in_both_generations():
    rotation = layers.RandomRotation((-0.2, 0.3))
    assert (rotation.lower, rotation.upper) == (-0.2, 0.3)
    move = layers.RandomTranslation(0.2, (-0.1, 0.3))
    assert (move.height_lower, move.height_upper) == (-0.2, 0.2)
    assert (move.width_lower, move.width_upper) == (-0.1, 0.3)
    zoom = layers.RandomZoom((-0.1, 0.3), 0.2)
    assert (zoom.height_lower, zoom.height_upper) == (-0.1, 0.3)
    assert (zoom.width_lower, zoom.width_upper) == (-0.2, 0.2)


@pytest.mark.parametrize("batch", [None, 2])
def test_helpers_for_boxes_are_keras_ones(batch):
    boxes = {key: torch.tensor(value) for key, value in boxes_of(batch).items()}
    shape = (1,) if batch is None else (batch, 1)
    shifts = [torch.rand(shape) * 3 for _ in range(2)]
    for name in ("RandomTranslation", "RandomShear"):
        mine, true = [
            getattr(p.layers, name)(0.1, 0.1).get_shifted_bbox({**boxes}, *shifts)
            for p in (torchkeras, keras)
        ]
        torch.testing.assert_close(mine["boxes"], true["boxes"])
    ends = [torch.full(shape, end) for end in (7.0, 2.0, 8.0, 3.0)]
    mine, true = [
        p.layers.RandomZoom(0.1).get_clipped_bbox({**boxes}, *ends) for p in (torchkeras, keras)
    ]
    torch.testing.assert_close(mine["boxes"], true["boxes"])
