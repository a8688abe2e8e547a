"""Sharpness, blur and erased boxes, beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import agree, compare_given, compare_seeded, data_of, leaves, picture

import torchkeras
from torchkeras import layers

SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.floats(0, 1)
HIGHEST = st.sampled_from([1.0, 255.0])
PLAIN = {
    "RandomSharpness": {"factor": 1.0},
    "RandomGaussianBlur": {"factor": (0.6, 0.6), "sigma": (0.5, 0.9)},
    "RandomErasing": {"factor": (0.6, 0.6), "scale": (0.2, 0.8)},
}


@given(
    factor=SHARES, highest=HIGHEST, is_first=st.booleans(), seed=st.integers(0, 99),
    batch=st.sampled_from([None, 1, 4]), channels=st.sampled_from([1, 3]),
)  # fmt: skip
def test_sharpened_images_are_keras_ones(factor, highest, is_first, seed, batch, channels):
    arguments = {
        "factor": factor,
        "value_range": (0, highest),
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    data = data_of(picture(batch, is_first, highest, channels=channels))
    compare_seeded("RandomSharpness", arguments, data)
    if batch is not None:
        compare_given("RandomSharpness", arguments, data)


@given(
    factor=SHARES, sigma=SHARES, highest=HIGHEST, is_first=st.booleans(), seed=st.integers(0, 99),
    size=st.sampled_from([1, 3, (5, 5)]), batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_blurred_images_are_keras_ones(factor, sigma, highest, is_first, seed, size, batch):
    arguments = {
        "factor": factor,
        "sigma": sigma,
        "kernel_size": size,
        "value_range": (0, highest),
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    data = data_of(picture(batch, is_first, highest, size=(7, 6)))
    compare_seeded("RandomGaussianBlur", arguments, data)
    if batch is not None:
        compare_given("RandomGaussianBlur", arguments, data)


def test_windows_may_be_wider_than_high():
    layer = layers.RandomGaussianBlur((1.0, 1.0), (1, 5), (1.0, 1.0))  # fails in Keras
    point = torch.zeros(1, 5, 7, 1)
    point[0, 2, 3] = 100.0
    curve = torch.exp(-0.5 * torch.arange(-2.0, 3.0) ** 2)
    blurred = layer(point)[0, :, :, 0]
    torch.testing.assert_close(blurred[2, 1:6], 100 * curve / curve.sum(), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(blurred.sum(), blurred[2].sum())


@given(
    factor=SHARES, scale=SHARES, highest=HIGHEST, is_first=st.booleans(),
    fill=st.sampled_from([None, 0.0, 0.5, 300, (1.0, 0.5, 0.0)]), seed=st.integers(0, 99),
    batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_erased_images_are_keras_ones(factor, scale, highest, is_first, fill, seed, batch):
    is_first = is_first and not isinstance(fill, tuple)  # Keras puts them along the width
    arguments = {
        "factor": factor,
        "scale": scale,
        "fill_value": fill,
        "value_range": (0, highest),
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    data = data_of(picture(batch, is_first, highest))
    compare_seeded("RandomErasing", arguments, data)
    if batch is not None:
        compare_given("RandomErasing", arguments, data)


def test_fillings_of_channels_first_are_those_of_channels_last():
    images = picture(highest=1.0)
    arguments = {"factor": (1.0, 1.0), "fill_value": (1.0, 2.0, 3.0), "seed": 2}
    first = layers.RandomErasing(**arguments, data_format="channels_first")
    last = layers.RandomErasing(**arguments)(images)
    agree(first(images.transpose(0, 3, 1, 2)).permute(0, 2, 3, 1), last)
    assert (last == 3.0).any()


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16", "float64", "uint8"])
def test_policies_set_the_type(name, policy):
    layer = getattr(layers, name)(**PLAIN[name], dtype=policy, seed=1)
    y = layer(picture(dtype="uint8" if policy == "uint8" else "float32"))
    assert str(y.dtype) == f"torch.{layer.compute_dtype}"
    assert y.dtype == layer(torchkeras.ops.ones((1, 4, 4, 3))).dtype
    whole = getattr(layers, name)(**PLAIN[name], seed=1)(y if policy == "uint8" else picture())
    assert whole.dtype == torch.float32


@pytest.mark.parametrize("name", PLAIN)
def test_integers_come_out_as_floats(name):
    images = picture(dtype="uint8")
    y = getattr(layers, name)(**PLAIN[name], seed=1)(images)
    whole = getattr(layers, name)(**PLAIN[name], seed=1)(images.astype("float32"))
    torch.testing.assert_close(y, whole)


@pytest.mark.parametrize("name", PLAIN)
def test_inference_leaves_images_alone(name):
    data = data_of(picture())
    layer = getattr(layers, name)(**PLAIN[name])
    for key, value in leaves(layer(dict(data), training=False)).items():
        np.testing.assert_array_equal(value, data[key])
    assert layer.get_random_transformation(data, training=False) is None


@pytest.mark.parametrize("name", PLAIN)
def test_labels_boxes_and_masks_stay(name):
    layer = getattr(layers, name)(**PLAIN[name], bounding_box_format="xyxy")
    boxes = {"boxes": np.ones((3, 2, 4), "float32"), "labels": np.ones((3, 2), "int32")}
    data = {**data_of(picture()), "bounding_boxes": boxes}
    out = layer(data)
    np.testing.assert_array_equal(out["labels"], data["labels"])
    np.testing.assert_array_equal(out["segmentation_masks"], data["segmentation_masks"])
    np.testing.assert_array_equal(out["bounding_boxes"]["boxes"], boxes["boxes"])


@pytest.mark.parametrize("name", PLAIN)
def test_each_call_draws_anew_and_seeds_fix_the_draws(name):
    images = picture(20)
    first, twin, other = (
        [layer(images) for _ in range(2)]
        for layer in (getattr(layers, name)(**PLAIN[name], seed=seed) for seed in (5, 5, 99))
    )
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], other[0])
    assert all(torch.equal(a, b) for a, b in zip(first, twin, strict=True))


@pytest.mark.parametrize("name", ["RandomGaussianBlur", "RandomErasing"])
def test_images_are_chosen_as_often_as_told(name):
    layer = getattr(layers, name)(factor=(0.2, 0.6), seed=1)
    drawn = layer.get_random_transformation(torch.zeros(4000, 2, 2, 3))
    flags = drawn["should_apply_blur" if "Blur" in name else "apply_erasing"]
    assert abs(flags.float().mean() - 0.4) < 0.03


def test_boxes_have_the_area_that_was_told():
    layer = layers.RandomErasing(scale=(0.1, 0.3), seed=1)
    masks = layer.get_random_transformation(torch.zeros(3000, 40, 40, 3))["batch_masks"]
    shares = masks.float().mean((1, 2, 3))
    assert abs(shares.mean() - 0.2) < 0.01
    assert shares.min() > 0.07
    assert shares.max() < 0.33
    places = masks.float().mean(0).squeeze()  # the middle more often than the border, evenly
    torch.testing.assert_close(places, places.flip(0), atol=0.08, rtol=0)
    torch.testing.assert_close(places, places.T, atol=0.08, rtol=0)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("RandomSharpness", {"factor": 1.5}, r"\[0, 1\]"),
        ("RandomGaussianBlur", {"kernel_size": 2}, "an odd number"),
        ("RandomGaussianBlur", {"kernel_size": (3, 3, 3)}, "list of two"),
        ("RandomGaussianBlur", {"kernel_size": "three"}, "an odd number"),
        ("RandomGaussianBlur", {"sigma": 2.0}, r"sigma.*\[0, 1\]"),
        ("RandomGaussianBlur", {"factor": -1.0}, r"\[0, 1\]"),
        ("RandomErasing", {"scale": 2.0}, r"scale.*\[0, 1\]"),
        ("RandomErasing", {"factor": (2.0, 3.0)}, r"\[0, 1\]"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)
    with pytest.raises(ValueError):  # noqa: PT011  (Keras's own words)
        getattr(keras.layers, name)(**arguments)


@pytest.mark.parametrize("fill", ["white", (1.0, 2.0), (1.0, "2", 3.0)])
def test_fillings_that_do_not_fit_are_refused(fill):
    with pytest.raises(ValueError, match="fill_value.*a list of three numbers"):
        layers.RandomErasing(fill_value=fill)
