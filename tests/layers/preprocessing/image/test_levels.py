"""Levels changed, beside Keras's."""

import contextlib
import warnings

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import make_both
from pictures import agree, compare_given, compare_seeded, data_of, leaves, picture

import torchkeras
from torchkeras import layers

SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.floats(0, 1)
BITS = st.tuples(st.integers(1, 8), st.integers(1, 8)) | st.integers(1, 8)
ALWAYS = {"AutoContrast": {}, "ContrastLimitedAdaptiveHistogramEqualization": {}}
PLAIN = {
    "RandomPosterization": {"factor": (1, 4), "seed": 1},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.8, "seed": 1},
    "Equalization": {},
    **ALWAYS,
}
HIGHEST = st.sampled_from([1.0, 255.0])


@given(
    factor=BITS, highest=HIGHEST, is_first=st.booleans(), seed=st.integers(0, 99),
    batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_posterized_images_are_keras_ones(factor, highest, is_first, seed, batch):
    arguments = {
        "factor": factor,
        "value_range": (0, highest),
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    data = data_of(picture(batch, is_first, highest))
    compare_seeded("RandomPosterization", arguments, data)
    if batch is not None:
        compare_given("RandomPosterization", arguments, data)


@given(
    addition=SHARES, threshold=SHARES, highest=HIGHEST, seed=st.integers(0, 99),
    batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_solarized_images_are_keras_ones(addition, threshold, highest, seed, batch):
    arguments = {
        "addition_factor": addition,
        "threshold_factor": threshold,
        "value_range": (0, highest),
        "seed": seed,
    }
    compare_seeded("Solarization", arguments, data_of(picture(batch, False, highest)))


@given(
    highest=HIGHEST, low=st.floats(0, 0.4), high=st.floats(0.6, 1),
    batch=st.sampled_from([None, 2]), training=st.booleans(),
)  # fmt: skip
def test_contrast_is_stretched_as_in_keras(highest, low, high, batch, training):
    images = (low + picture(batch, highest=1.0) * (high - low)) * highest
    ours, theirs = make_both("AutoContrast", {"value_range": (0, highest)})
    agree(ours(images, training=training), theirs(images, training=training), absolute=2e-5)


def test_contrast_of_one_level_stays():
    images = picture(2)
    images[0, ..., 1] = 7.0
    ours, theirs = make_both("AutoContrast", {})
    agree(ours(images), theirs(images))
    assert (ours(images)[0, ..., 1] == 7.0).all()


def test_contrast_of_channels_first_is_that_of_channels_last():
    images = picture(2) / 3
    first = layers.AutoContrast(data_format="channels_first")(images.transpose(0, 3, 1, 2))
    agree(first.permute(0, 2, 3, 1), layers.AutoContrast()(images))


@given(
    bins=st.sampled_from([2, 3, 16, 64, 256, 300]), highest=HIGHEST, is_first=st.booleans(),
    batch=st.sampled_from([None, 1, 4]), is_whole=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_equalized_images_are_keras_ones(bins, highest, is_first, batch, is_whole, seed):
    arguments = {
        "bins": bins,
        "value_range": (0, highest),
        "data_format": "channels_first" if is_first else "channels_last",
    }
    images = picture(batch, is_first, highest, seed=seed, size=(9, 8))
    images = np.floor(images) if is_whole else images
    ours, theirs = make_both("Equalization", arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's indexing on torch is deprecated
        true = theirs(images, training=True)
    agree(ours(images, training=True), true)
    agree(ours(images, training=False), images)


def test_equalizing_one_level_changes_nothing():
    images = np.full((2, 3, 3, 3), 7.0, "float32")
    images[..., 1] = picture(2, size=(3, 3))[..., 1]
    ours, theirs = make_both("Equalization", {})
    agree(ours(images), theirs(images))


@given(
    size=st.tuples(st.integers(4, 20), st.integers(4, 20)),
    grid=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    limit=st.sampled_from([0.0, 1.0, 4.0, 40.0]), highest=HIGHEST, is_first=st.booleans(),
    batch=st.sampled_from([None, 2]), dtype=st.sampled_from(["float32", "uint8"]),
    channels=st.sampled_from([1, 3]),
)  # fmt: skip
def test_tiles_are_equalized_as_in_keras(
    size, grid, limit, highest, is_first, batch, dtype, channels
):
    with keras_as_on_tensorflow():
        check_tiles(size, grid, limit, highest, is_first, batch, dtype, channels)


@contextlib.contextmanager
def keras_as_on_tensorflow():
    """On torch, Keras cuts limits off to integers and pads by the edge instead of a reflection."""
    backend = keras.src.backend
    one_hot, pad = backend.nn.one_hot, backend.numpy.pad
    backend.nn.one_hot = lambda x, classes: one_hot(x, classes, dtype="float32")
    backend.numpy.pad = lambda x, pads, mode: torch.tensor(np.pad(x.numpy(), pads, mode))
    try:
        yield
    finally:
        backend.nn.one_hot, backend.numpy.pad = one_hot, pad


def check_tiles(size, grid, limit, highest, is_first, batch, dtype, channels):
    arguments = {
        "clip_limit": limit,
        "tile_grid_size": grid,
        "value_range": (0, highest if dtype == "float32" else 255),
        "data_format": "channels_first" if is_first else "channels_last",
    }
    images = picture(batch, is_first, arguments["value_range"][1], dtype, channels, size=size)
    ours, theirs = make_both("ContrastLimitedAdaptiveHistogramEqualization", arguments)
    mine, true = ours(images), theirs(images)
    if dtype == "uint8":  # cut off after sums that differ in the last digit
        assert mine.dtype == true.dtype
        mine, true = mine.float(), true.float()
        assert ((mine - true).abs() <= 1).all()
        assert (mine != true).float().mean() < 0.02
    else:
        agree(mine, true, absolute=2e-5)


def test_small_images_get_small_tiles():
    images = picture(1, size=(2, 3))
    y = layers.ContrastLimitedAdaptiveHistogramEqualization()(images)
    assert y.shape == images.shape
    assert torch.isfinite(y).all()


@pytest.mark.parametrize("name", PLAIN)
def test_integers_come_out_as_their_symbols_say(name):
    layer = getattr(layers, name)(**PLAIN[name])
    images = picture(dtype="uint8", size=(9, 8))
    y = layer(images)
    assert str(y.dtype) == f"torch.{layer(torchkeras.Input(images.shape[1:], dtype='uint8')).dtype}"
    keeps = name.startswith("ContrastLimited")
    assert y.dtype == (torch.uint8 if keeps else torch.float32)
    whole = getattr(layers, name)(**PLAIN[name])(images.astype("float32"))
    torch.testing.assert_close(y.float(), whole.floor() if keeps else whole)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16", "float64", "uint8"])
def test_policies_set_the_type(name, policy):
    layer = getattr(layers, name)(**PLAIN[name], dtype=policy)
    y = layer(picture(dtype="uint8" if policy == "uint8" else "float32"))
    assert str(y.dtype) == f"torch.{layer.compute_dtype}"
    assert torch.isfinite(y).all()


@pytest.mark.parametrize("name", PLAIN)
def test_labels_boxes_and_masks_stay(name):
    layer = getattr(layers, name)(**PLAIN[name], bounding_box_format="xyxy")
    boxes = {"boxes": np.ones((3, 2, 4), "float32"), "labels": np.ones((3, 2), "int32")}
    data = {**data_of(picture()), "bounding_boxes": boxes}
    out = layer(data)
    np.testing.assert_array_equal(out["labels"], data["labels"])
    np.testing.assert_array_equal(out["segmentation_masks"], data["segmentation_masks"])
    np.testing.assert_array_equal(out["bounding_boxes"]["boxes"], boxes["boxes"])


@pytest.mark.parametrize("name", sorted(set(PLAIN) - set(ALWAYS)))
def test_inference_leaves_images_alone(name):
    data = data_of(picture())
    layer = getattr(layers, name)(**PLAIN[name])
    for key, value in leaves(layer(dict(data), training=False)).items():
        np.testing.assert_array_equal(value, data[key])


def test_numbers_of_bits_are_spread_evenly():
    layer = layers.RandomPosterization((3, 7), seed=1)
    drawn = 8 - layer.get_random_transformation(torch.zeros(4000, 1, 1, 3))["shift_factor"]
    assert drawn.dtype == torch.uint8
    shares = torch.bincount(drawn.long(), minlength=9) / 4000
    torch.testing.assert_close(shares[3:7], torch.full((4,), 0.25), atol=0.03, rtol=0)
    assert shares[3:7].sum() == 1
    one = layers.RandomPosterization(1).get_random_transformation(torch.zeros(3, 1, 1, 3))
    assert one["shift_factor"].tolist() == [7, 7, 7]


def test_additions_and_thresholds_are_spread_evenly():
    layer = layers.Solarization((0.2, 0.6), 0.5, seed=1)
    drawn = layer.get_random_transformation(torch.zeros(4000, 1, 1, 3))
    for key, low, high in (("additions", 0.2, 153.0), ("thresholds", 0.0, 127.5)):
        numbers = drawn[key]
        assert numbers.shape == (4000, 1, 1, 1)
        places = ((numbers.flatten() - low) / (high - low)).sort().values
        assert (places - torch.linspace(0, 1, 4000)).abs().max() < 0.03


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("RandomPosterization", {"factor": 9}, r"\[1, 8\]"),
        ("RandomPosterization", {"factor": (1.5, 3)}, "whole numbers of bits"),
        ("Solarization", {"addition_factor": 1.5}, r"range \[0, 1.0\]"),
        ("Solarization", {"threshold_factor": (0.1, 0.2, 0.3)}, r"range \[0, 1.0\]"),
        ("Solarization", {"threshold_factor": "high"}, r"range \[0, 1.0\]"),
        ("AutoContrast", {"value_range": 255}, "list of two numbers"),
        ("Equalization", {"bins": 1}, "an integer, 2 or more"),
        ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (0, 2)}, "2 integers"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)
    if name in ("Solarization", "AutoContrast"):
        with pytest.raises(ValueError, match="should be"):
            getattr(keras.layers, name)(**arguments)
