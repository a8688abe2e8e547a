"""Colours changed by chance, beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import agree, compare_given, compare_seeded, data_of, leaves, picture

import torchkeras
from torchkeras import layers

SIGNED = st.tuples(st.floats(-1, 1), st.floats(-1, 1)) | st.floats(-1, 1)
SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.floats(0, 1)
RANDOM = {  # class -> its factors
    "RandomBrightness": SIGNED,
    "RandomContrast": SHARES,
    "RandomSaturation": st.tuples(st.floats(-1, 0.9), st.floats(-1, 0.9)) | st.floats(-0.9, 0.9),
    "RandomHue": SHARES,
    "RandomColorDegeneration": SIGNED,
    "RandomGrayscale": st.floats(0, 1),
    "RandomInvert": SHARES,
}
PLAIN = {  # with randomness enough for what is tried below
    "RandomBrightness": {"factor": 0.4},
    "RandomContrast": {"factor": 0.9},
    "RandomSaturation": {"factor": (0.1, 0.8)},
    "RandomHue": {"factor": 0.9},
    "RandomColorDegeneration": {"factor": 0.9},
    "RandomGrayscale": {"factor": 0.5},
    "RandomInvert": {"factor": (0.5, 0.5)},
}


@pytest.mark.parametrize("name", RANDOM)
@given(drawn=st.data())
def test_seeds_give_keras_images(name, drawn):
    is_first, highest = drawn.draw(st.booleans()), drawn.draw(st.sampled_from([1.0, 255.0]))
    arguments = {
        "factor": drawn.draw(RANDOM[name]),
        "data_format": "channels_first" if is_first else "channels_last",
        "seed": drawn.draw(st.integers(0, 1000)),
    }
    if name != "RandomGrayscale":
        arguments["value_range"] = (0, highest)
    batch = drawn.draw(st.sampled_from([None, 1, 3]))
    images = picture(batch, is_first, highest)
    compare_seeded(name, arguments, images)
    if name != "RandomGrayscale":  # whose own class in Keras can't take dicts
        compare_seeded(name, arguments, data_of(images))
        if batch is not None:
            compare_given(name, arguments, data_of(images))


@pytest.mark.parametrize("highest", [1.0, 255.0])
@pytest.mark.parametrize("colors", [(0.5, 0.5, 0.5), (0, 0, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1)])
def test_grays_and_pure_colors_keep_their_meaning(colors, highest):
    images = np.full((2, 2, 2, 3), np.array(colors) * highest, "float32")
    for name in ("RandomHue", "RandomSaturation", "RandomColorDegeneration"):
        compare_seeded(name, {"factor": 0.7, "value_range": (0, highest), "seed": 1}, images)


@given(
    factors=st.lists(st.none() | st.floats(0.1, 0.8), min_size=4, max_size=4),
    seed=st.integers(0, 100),
    highest=st.sampled_from([1.0, 255.0]),
)
def test_jitter_gives_keras_images(factors, seed, highest):
    words = ("brightness", "contrast", "saturation", "hue")
    arguments = {
        **{f"{word}_factor": f for word, f in zip(words, factors, strict=True)},
        "value_range": (0, highest),
        "seed": seed,
    }
    compare_seeded("RandomColorJitter", arguments, data_of(picture(highest=highest)))


def test_jitter_of_channels_first_is_that_of_channels_last():
    images = picture()
    arguments = {
        "brightness_factor": 0.2,
        "contrast_factor": 0.2,
        "saturation_factor": 0.4,
        "hue_factor": 0.2,
        "seed": 4,
    }
    last = layers.RandomColorJitter(**arguments)(images)
    first = layers.RandomColorJitter(**arguments, data_format="channels_first")
    agree(first(images.transpose(0, 3, 1, 2)).permute(0, 2, 3, 1), last)


@pytest.mark.parametrize("name", PLAIN)
def test_integers_come_out_as_their_symbols_say(name):
    layer = getattr(layers, name)(**PLAIN[name], seed=1)
    images = picture(dtype="uint8")
    y = layer(images)
    symbol = layer(torchkeras.Input(images.shape[1:], dtype="uint8"))
    assert str(y.dtype) == f"torch.{symbol.dtype}"
    assert y.dtype == (torch.uint8 if name == "RandomGrayscale" else torch.float32)
    whole = getattr(layers, name)(**PLAIN[name], seed=1)(images.astype("float32"))
    torch.testing.assert_close(y.float(), whole, atol=1.0 if name == "RandomGrayscale" else 1e-4,
                               rtol=0)  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_integer_policies_give_rounded_images(name):
    arguments = {**PLAIN[name], "seed": 1}
    y = getattr(layers, name)(**arguments, dtype="uint8")(picture(dtype="uint8"))
    whole = getattr(layers, name)(**arguments)(picture(dtype="uint8")).float()
    assert y.dtype == torch.uint8
    torch.testing.assert_close(y.float(), whole.round().clamp(0, 255))


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("policy", "steps"),
    # of 255: what the type's own rounding comes to after a few operations
    [("mixed_float16", 1.0), ("bfloat16", 8.0), ("float64", 1e-3)],
)
def test_policies_set_the_type(name, policy, steps):
    layer = getattr(layers, name)(**PLAIN[name], dtype=policy, seed=1)
    y = layer(picture())
    assert str(y.dtype) == f"torch.{layer.compute_dtype}"
    whole = getattr(layers, name)(**PLAIN[name], seed=1)(picture())
    torch.testing.assert_close(y.float(), whole, rtol=0, atol=steps)


@pytest.mark.parametrize("name", PLAIN)
def test_inference_leaves_images_alone(name):
    layer = getattr(layers, name)(**PLAIN[name])
    data = data_of(picture())
    for key, value in leaves(layer(dict(data), training=False)).items():
        np.testing.assert_array_equal(value, data[key])
    assert layer.get_random_transformation(data["images"], training=False) is None


@pytest.mark.parametrize("name", PLAIN)
def test_boxes_labels_and_masks_stay(name):
    layer = getattr(layers, name)(**PLAIN[name], bounding_box_format="xyxy")
    boxes = {"boxes": np.ones((3, 2, 4), "float32"), "labels": np.ones((3, 2), "int32")}
    data = {**data_of(picture()), "bounding_boxes": boxes, "extra": "kept"}
    out = layer(data)
    assert out["extra"] == "kept"
    np.testing.assert_array_equal(out["labels"], data["labels"])
    np.testing.assert_array_equal(out["segmentation_masks"], data["segmentation_masks"])
    for key, value in boxes.items():
        np.testing.assert_array_equal(out["bounding_boxes"][key], value)


@pytest.mark.parametrize("name", PLAIN)
def test_each_call_draws_anew_and_seeds_fix_the_draws(name):
    images = picture(40)
    first, twin, other = (
        [layer(images) for _ in range(2)]
        for layer in (getattr(layers, name)(**PLAIN[name], seed=seed) for seed in (5, 5, 99))
    )
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], other[0])
    assert all(torch.equal(a, b) for a, b in zip(first, twin, strict=True))
    torchkeras.utils.set_random_seed(3)
    free = getattr(layers, name)(**PLAIN[name])
    before = free(images)
    torchkeras.utils.set_random_seed(3)
    assert torch.equal(free(images), before)


@pytest.mark.parametrize(
    ("name", "arguments", "key", "low", "high"),
    [
        ("RandomBrightness", {"factor": (-0.1, 0.3)}, "rgb_delta", -25.5, 76.5),
        ("RandomContrast", {"factor": (0.2, 0.6)}, "contrast_factor", 0.8, 1.6),
        ("RandomHue", {"factor": 0.4}, "factor", -0.2, 0.2),
        ("RandomColorDegeneration", {"factor": (0.1, 0.5)}, "factor", 0.1, 0.5),
    ],
)
def test_draws_are_spread_evenly(name, arguments, key, low, high):
    layer = getattr(layers, name)(**arguments, seed=1)
    drawn = layer.get_random_transformation(torch.zeros(4000, 1, 1, 3))[key].flatten()
    assert len(drawn) == 4000
    assert drawn.min() >= low
    assert drawn.max() <= high
    places = ((drawn - low) / (high - low)).sort().values
    even = torch.linspace(0, 1, len(places))
    assert (places - even).abs().max() < 0.03  # Kolmogorov and Smirnov's bound is 0.026 at 1 %


@pytest.mark.parametrize(
    ("name", "arguments", "share"),
    [
        ("RandomGrayscale", {"factor": 0.3}, 0.3),
        ("RandomInvert", {"factor": (0.2, 0.6)}, 0.4),
        ("RandomInvert", {"factor": 0.5}, 0.25),
    ],
)
def test_images_are_chosen_as_often_as_told(name, arguments, share):
    drawn = getattr(layers, name)(**arguments, seed=1).get_random_transformation(
        torch.zeros(4000, 1, 1, 3)
    )
    flags = drawn["apply_inversion"] if isinstance(drawn, dict) else drawn
    assert abs(flags.float().mean() - share) < 0.03


def test_an_integer_after_the_factor_is_a_seed():
    layer = layers.RandomContrast(0.2, 7)
    assert (layer.seed, layer.value_range) == (7, [0, 255])
    assert (layer.lower, layer.upper) == (0, 0.2)


def test_gray_images_have_no_color_to_lose():
    images = picture(channels=1)
    for name in ("RandomGrayscale", "RandomColorDegeneration"):
        torch.testing.assert_close(
            getattr(layers, name)(factor=1.0)(images), torch.tensor(images), rtol=1e-6, atol=1e-4
        )


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("RandomBrightness", {"factor": 1.5}, r"a number, or a pair of them, in \[-1, 1\]"),
        ("RandomBrightness", {"factor": 0.5, "value_range": 3}, "list of two numbers"),
        ("RandomBrightness", {"factor": 0.5, "value_range": (1, 2, 3)}, "list of two numbers"),
        ("RandomContrast", {"factor": -0.5}, r"\[0, 1\]"),
        ("RandomSaturation", {"factor": "high"}, r"\[-1, 1\]"),
        ("RandomHue", {"factor": 2}, r"\[0, 1\]"),
        ("RandomColorJitter", {"hue_factor": 2}, r"\[0, 1\]"),
        ("RandomColorDegeneration", {"factor": (2, 3)}, r"\[-1, 1\]"),
        ("RandomGrayscale", {"factor": 1.5}, "should be between 0 and 1"),
        ("RandomInvert", {"factor": -0.5}, r"\[0, 1\]"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)
    with pytest.raises(ValueError):  # noqa: PT011  (Keras's own words)
        getattr(keras.layers, name)(**arguments)


@pytest.mark.parametrize("name", ["RandomGrayscale", "RandomColorDegeneration"])
def test_images_without_colors_are_refused(name):
    with pytest.raises(ValueError, match=r"3 channels \(RGB\)"):
        getattr(layers, name)(factor=1.0)(picture(channels=2))
