"""Images mixed with others of their batch, beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import make_both
from pictures import agree, compare_seeded, data_of, leaves, picture

import torchkeras
from torchkeras import layers

SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.floats(0, 1)
PLAIN = {"CutMix": {"factor": 0.8}, "MixUp": {"alpha": 0.4}}


def without_masks(data):
    """Keras's own MixUp can't mix masks."""
    return {key: value for key, value in data.items() if key != "segmentation_masks"}


@given(
    alpha=st.floats(0.05, 3), is_first=st.booleans(), seed=st.integers(0, 99),
    batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_blended_images_and_labels_are_keras_ones(alpha, is_first, seed, batch):
    arguments = {
        "alpha": alpha,
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    compare_seeded("MixUp", arguments, without_masks(data_of(picture(batch, is_first))))


@given(
    factor=SHARES, is_first=st.booleans(), seed=st.integers(0, 99),
    batch=st.sampled_from([None, 1, 4]),
)  # fmt: skip
def test_cut_images_and_labels_are_keras_ones(factor, is_first, seed, batch):
    arguments = {
        "factor": factor,
        "seed": seed,
        "data_format": "channels_first" if is_first else "channels_last",
    }
    compare_seeded("CutMix", arguments, data_of(picture(batch, is_first)))


@pytest.mark.parametrize("name", PLAIN)
def test_transformations_of_keras_do_the_same(name):
    ours, theirs = make_both(name, PLAIN[name])
    data = data_of(picture(4))
    drawn = theirs.get_random_transformation(data)
    for part in ("images", "labels"):
        mine = getattr(ours, f"transform_{part}")(torch.tensor(data[part]), drawn)
        agree(mine, getattr(theirs, f"transform_{part}")(torch.tensor(data[part]), drawn))
    drawn = ours.get_random_transformation(data)
    agree(ours.transform_images(data["images"], drawn), theirs.transform_images(
        torch.tensor(data["images"]), drawn))  # fmt: skip


def test_masks_and_boxes_are_those_of_both_images():
    layer = layers.MixUp(bounding_box_format="xyxy", seed=1)
    images = picture(4)
    boxes = np.random.default_rng(0).random((4, 2, 4)).astype("float32")
    classes = np.arange(8).reshape(4, 2)
    drawn = layer.get_random_transformation(images)
    order, weights = drawn["permutation_order"], drawn["mix_weight"].reshape(-1, 1, 1, 1)
    out = layer.transform_bounding_boxes(
        {"boxes": torch.tensor(boxes), "labels": torch.tensor(classes)}, drawn
    )
    np.testing.assert_array_equal(out["boxes"], np.concatenate([boxes, boxes[order]], 1))
    np.testing.assert_array_equal(out["labels"], np.concatenate([classes, classes[order]], 1))
    mask = torch.tensor(picture(4, dtype="uint8"))
    mixed = layer.transform_segmentation_masks(mask, drawn)
    torch.testing.assert_close(mixed, weights * mask + (1 - weights) * mask[order])


@pytest.mark.parametrize("name", PLAIN)
def test_labels_may_have_any_axes(name):
    layer = getattr(layers, name)(**PLAIN[name], seed=1)
    drawn = layer.get_random_transformation(picture(4))
    rows = layer.transform_labels(torch.arange(8.0).reshape(4, 2), drawn)
    torch.testing.assert_close(layer.transform_labels(torch.arange(0, 8, 2), drawn), rows[:, 0])
    cube = layer.transform_labels(torch.arange(8).reshape(4, 1, 2), drawn)
    torch.testing.assert_close(cube[:, 0], rows)


def test_labels_tell_how_much_of_an_image_is_left():
    images = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 30, 30, 3)
    for name, arguments in PLAIN.items():
        layer = getattr(layers, name)(**arguments, seed=3)
        out = layer({"images": images, "labels": torch.eye(4)})
        shown = out["images"].mean((1, 2, 3))
        told = out["labels"] @ torch.arange(4.0)
        torch.testing.assert_close(shown, told, atol=0.15, rtol=0)  # borders are cut at pixels
        torch.testing.assert_close(out["labels"].sum(1), torch.ones(4))


@pytest.mark.parametrize("name", PLAIN)
def test_inference_and_single_images_stay(name):
    data = data_of(picture())
    layer = getattr(layers, name)(**PLAIN[name])
    for key, value in leaves(layer(dict(data), training=False)).items():
        np.testing.assert_array_equal(value, data[key])
    single = data_of(picture(None))
    np.testing.assert_allclose(layer(single)["images"], single["images"], rtol=1e-6)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("policy", "steps"),
    # of 255: what the type's own rounding comes to
    [("mixed_float16", 0.5), ("bfloat16", 2.0), ("float64", 1e-3), ("uint8", 1.0)],
)
def test_policies_set_the_type(name, policy, steps):
    layer = getattr(layers, name)(**PLAIN[name], dtype=policy, seed=1)
    y = layer(picture(dtype="uint8"))
    assert str(y.dtype) == f"torch.{layer.compute_dtype}"
    whole = getattr(layers, name)(**PLAIN[name], seed=1)(picture(dtype="uint8"))
    torch.testing.assert_close(y.float(), whole, rtol=0, atol=steps)


@pytest.mark.parametrize("name", PLAIN)
def test_each_call_draws_anew_and_seeds_fix_the_draws(name):
    images = picture(8)
    first, twin, other = (
        [layer(images) for _ in range(2)]
        for layer in (getattr(layers, name)(**PLAIN[name], seed=seed) for seed in (5, 5, 99))
    )
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], other[0])
    assert all(torch.equal(a, b) for a, b in zip(first, twin, strict=True))


def test_weights_follow_the_beta_distribution():
    for alpha in (0.2, 1.0, 3.0):
        layer = layers.MixUp(alpha, seed=1)
        weights = layer.get_random_transformation(torch.zeros(6000, 1, 1, 3))["mix_weight"]
        assert abs(weights.mean() - 0.5) < 0.02
        assert abs(weights.var() - 1 / (4 * (2 * alpha + 1))) < 0.01
    order = layers.MixUp(seed=1).get_random_transformation(torch.zeros(9, 1, 1, 3))
    assert order["permutation_order"].sort().values.tolist() == list(range(9))


def test_kept_areas_follow_the_beta_distribution():
    layer = layers.CutMix((1.0, 1.0), seed=1)
    kept = layer.get_random_transformation(torch.zeros(4000, 32, 32, 3))["mix_weight"]
    places = kept.sort().values
    assert (places - torch.linspace(0, 1, 4000)).abs().max() < 0.03


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="alpha is 0.*a positive number"):
        layers.MixUp(0)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        layers.CutMix(2.0)
    boxes = {"boxes": np.ones((3, 1, 4), "float32"), "labels": np.ones((3, 1))}
    data = {"images": picture(), "bounding_boxes": boxes}
    with pytest.raises(NotImplementedError, match="transform_bounding_boxes"):
        layers.CutMix(bounding_box_format="xyxy")(data)
    with pytest.raises(NotImplementedError):
        keras.layers.CutMix(bounding_box_format="xyxy")(data)


def test_mixing_works_in_fit():
    inputs = torchkeras.Input((4, 4, 3))
    outputs = layers.Dense(2, activation="softmax")(layers.Flatten()(layers.MixUp()(inputs)))
    model = torchkeras.Model(inputs, outputs)
    model.compile("sgd", "categorical_crossentropy")
    history = model.fit(picture(8, highest=1.0, size=(4, 4)), np.eye(2)[[0, 1] * 4], verbose=0)
    assert np.isfinite(history.history["loss"]).all()
