"""Images of another size, beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import HEIGHT, WIDTH, agree, compare, scene

import torchkeras
from torchkeras import layers

XYXY = {"bounding_box_format": "xyxy"}
WORDS = ["bilinear", "nearest", "bicubic"]  # Keras on torch has no Lanczos windows


@given(
    height=st.integers(1, 20), width=st.integers(1, 20), interpolation=st.sampled_from(WORDS),
    fit=st.sampled_from([{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}]),
    antialias=st.booleans(), is_first=st.booleans(), batch=st.sampled_from([None, 1, 3]),
)  # fmt: skip
def test_images_and_masks_are_keras_ones(
    height, width, interpolation, fit, antialias, is_first, batch
):
    arguments = {
        "height": height,
        "width": width,
        "interpolation": interpolation,
        "antialias": antialias and interpolation != "nearest",  # as torch has it
        "fill_value": 3.0,
        "data_format": "channels_first" if is_first else "channels_last",
        **fit,
    }
    data = scene(batch, is_first, has_boxes=False)
    if antialias:
        del data["segmentation_masks"]  # Keras asks torch for what it can't do
    compare("Resizing", arguments, data)


@pytest.mark.parametrize("size", [(18, 22), (18, 11), (5, 22), (6, 4)])
@pytest.mark.parametrize("fit", [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}])
@pytest.mark.parametrize("written", ["xyxy", "rel_xyxy"])
def test_boxes_are_keras_ones(size, fit, written):
    data = scene()
    boxes = data["bounding_boxes"]["boxes"]
    boxes[0, 0], boxes[1, 0] = -1.0, 0.0  # stand for no box
    if written == "rel_xyxy":
        boxes /= torch.tensor([WIDTH, HEIGHT, WIDTH, HEIGHT])
    arguments = {"height": size[0], "width": size[1], "bounding_box_format": written, **fit}
    compare("Resizing", arguments, {k: data[k] for k in ("images", "bounding_boxes")})


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float16"])
def test_the_number_type_is_the_images(dtype):
    image = np.random.default_rng(0).integers(0, 255, (2, 5, 4, 3)).astype(dtype)
    for word in ("bilinear", "bicubic"):
        pair = [p.layers.Resizing(7, 9, word) for p in (torchkeras, keras)]
        mine, true = [layer(torch.tensor(image)) for layer in pair]
        assert mine.dtype == true.dtype
        assert torch.equal(mine, true)
        spec = layers.Resizing(7, 9, word)(torchkeras.Input((5, 4, 3), dtype=dtype))
        assert f"torch.{spec.dtype}" == str(mine.dtype)


OTHERS = ["lanczos3", "lanczos5", "area", "gaussian", "mitchellcubic"]


@pytest.mark.parametrize("word", OTHERS)
def test_every_window_leaves_flat_images_flat(word):
    found = layers.Resizing(7, 9, word)(torch.full((1, 5, 4, 3), 3.0))
    torch.testing.assert_close(found, torch.full((1, 7, 9, 3), 3.0), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("word", OTHERS)
def test_every_window_is_the_same_from_both_sides(word):
    image = torch.rand(1, 8, 6, 1)
    for antialias in (False, True):
        layer = layers.Resizing(5, 9, word, antialias=antialias)
        found = layer(image.flip((1, 2))).flip((1, 2))
        torch.testing.assert_close(found, layer(image), rtol=1e-4, atol=1e-5)


def test_areas_are_averages():
    image = torch.rand(1, 8, 6, 3)
    found = layers.Resizing(4, 2, "area")(image)
    torch.testing.assert_close(found, image.reshape(1, 4, 2, 2, 3, 3).mean((2, 4)))
    assert layers.Resizing(1, 2, "area")(
        torch.tensor([[[0.0], [3.0], [6.0]]])
    ).flatten().tolist() == [
        1.0,
        5.0,
    ]


def test_shapes_are_told_for_batches_and_single_images():
    layer = layers.Resizing(3, 4)
    assert layer.compute_output_shape((None, None, None, 3)) == (None, 3, 4, 3)
    assert layer.compute_output_shape((8, 8, 3)) == (3, 4, 3)
    first = layers.Resizing(3, 4, data_format="channels_first")
    assert first.compute_output_shape((None, 3, 8, 8)) == (None, 3, 3, 4)
    with pytest.raises(ValueError, match="non-nested tuple"):
        layer.compute_output_shape((8, 8))


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="Unknown `interpolation`"):
        layers.Resizing(2, 2, "linear")
    with pytest.raises(ValueError, match="Unknown `fill_mode`"):
        layers.Resizing(2, 2, fill_mode="reflect")
    with pytest.raises(ValueError, match="Only one of"):
        layers.Resizing(2, 2, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)


@pytest.mark.parametrize("name", ["RandomHeight", "RandomWidth"])
def test_a_drawn_length_is_that_of_resizing(name):
    made = getattr(layers, name)
    data = scene(2)
    del data["segmentation_masks"]
    is_height = name == "RandomHeight"
    size = (int(HEIGHT * 1.5), WIDTH) if is_height else (HEIGHT, int(WIDTH * 1.5))
    found = made((0.5, 0.5), **XYXY)(data)
    wanted = layers.Resizing(*size, **XYXY)(data)
    if not is_height:  # 16.5 pixels aren't to be had
        wanted["bounding_boxes"]["boxes"] = found["bounding_boxes"]["boxes"]
    agree(found["images"], wanted["images"])
    agree(found["bounding_boxes"]["boxes"], wanted["bounding_boxes"]["boxes"])
    agree(made(0.5)(data["images"], training=False), data["images"])


@pytest.mark.parametrize("name", ["RandomHeight", "RandomWidth"])
def test_lengths_are_drawn_anew_by_the_seed(name):
    made, axis = getattr(layers, name), 1 if name == "RandomHeight" else 2
    image = torch.rand(2, 100, 100, 1)
    pair = [made((-0.5, 0.5), "nearest", seed=3) for _ in range(2)]
    lengths = [[layer(image).shape[axis] for _ in range(4)] for layer in pair]
    assert lengths[0] == lengths[1]
    assert len(set(lengths[0])) > 1
    assert all(50 <= length <= 150 for length in lengths[0])
    assert pair[0].seed_generator is pair[0].generator


def test_a_drawn_length_is_unknown_to_symbols():
    assert layers.RandomHeight(0.2)(torchkeras.Input((8, 6, 3))).shape == (None, None, 6, 3)
    first = layers.RandomWidth(0.2, data_format="channels_first")
    assert first(torchkeras.Input((3, 8, 6))).shape == (None, 3, 8, None)


def test_masks_of_a_drawn_size_keep_their_classes():
    data = scene(2, has_boxes=False)
    found = layers.RandomHeight((0.7, 0.7))(data)["segmentation_masks"]
    assert found.shape == (2, int(HEIGHT * 1.7), WIDTH, 1)
    assert set(found.unique().tolist()) <= set(data["segmentation_masks"].unique().tolist())


@pytest.mark.parametrize("factor", [-0.1, (-2, 0.1), (0.3, 0.1), (0.1, 0.2, 0.3)])
def test_drawn_lengths_out_of_range_are_named(factor):
    with pytest.raises(ValueError, match="factor"):
        layers.RandomHeight(factor)


def test_ends_of_drawn_lengths_are_told():
    height, width = layers.RandomHeight(0.2), layers.RandomWidth((-0.1, 0.3))
    assert (height.height_lower, height.height_upper) == (-0.2, 0.2)
    assert (width.width_lower, width.width_upper) == (-0.1, 0.3)
    config = width.get_config()
    assert layers.RandomWidth.from_config(config).get_config() == config
