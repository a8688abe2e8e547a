"""Layers that choose among other image layers, beside Keras's."""

import copy
import warnings

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import make_both
from pictures import agree, data_of, leaves, picture

import torchkeras
from torchkeras import layers

PLAIN = {"RandAugment": {"num_ops": 3}, "AugMix": {"num_chains": 2}}
SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.floats(0, 1)
BOXES = {
    "boxes": np.array([[[0, 0, 3, 3], [1, 2, 4, 5]]] * 3, "float32"),
    "labels": np.array([[0, 1]] * 3, "int32"),
}


def agree_mostly(mine, true):
    """Levels are steps: where two layers meet, a last digit may decide about a few pixels."""
    assert mine.shape == true.shape
    assert mine.dtype == true.dtype
    size = max(1.0, float(true.abs().max()))
    assert ((mine - true).abs() > 1e-4 * size).float().mean() < 0.03


def quietly(function, *arguments):
    """A call of Keras, whose indexing on torch is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


@given(
    number=st.integers(0, 10), second=st.integers(0, 10), factor=SHARES,
    highest=st.sampled_from([1.0, 255.0]), interpolation=st.sampled_from(["bilinear", "nearest"]),
)  # fmt: skip
def test_transformations_of_keras_do_the_same(number, second, factor, highest, interpolation):
    arguments = {"value_range": (0, highest), "factor": factor, "interpolation": interpolation}
    ours, theirs = make_both("RandAugment", arguments)
    spare_inputs(theirs)
    data = data_of(picture(3, False, highest, size=(8, 9)))
    drawn = theirs.get_random_transformation(data["images"])
    drawn["layer_idxes"] = torch.tensor([number, second], dtype=torch.int32)
    for part in ("images", "segmentation_masks"):
        method = f"transform_{part}"
        mine = getattr(ours, method)(torch.tensor(data[part]), drawn)
        agree_mostly(mine, quietly(getattr(theirs, method), torch.tensor(data[part]), drawn))


def spare_inputs(augmentation):
    """Keras changes images (brightness) and transformations (rotation) in place, drawn or not."""
    for name in ("random_brightness", "random_rotation"):
        layer = getattr(augmentation, name, None)
        for part in ("images", "segmentation_masks") if layer else ():
            spared = _spared(getattr(layer, f"transform_{part}"))
            setattr(layer, f"transform_{part}", spared)


def _spared(transform):
    return lambda x, drawn: transform(x.clone(), copy.deepcopy(drawn))


@given(seed=st.integers(0, 999), highest=st.sampled_from([1.0, 255.0]))
def test_seeds_choose_keras_layers(seed, highest):
    arguments = {"value_range": (0, highest), "seed": seed, "num_ops": 4}
    ours, theirs = make_both("RandAugment", arguments)
    images = picture(3, highest=highest)
    for _ in range(2):
        mine, true = (layer.get_random_transformation(images) for layer in (ours, theirs))
        assert mine["layer_idxes"].tolist() == true["layer_idxes"].tolist()
        assert list(mine["transforms"]) == list(true["transforms"])


@pytest.mark.parametrize("all_ops", [True, False])
@given(factor=SHARES, highest=st.sampled_from([1.0, 255.0]), alpha=st.floats(0.2, 2))
def test_chains_of_keras_do_the_same(all_ops, factor, highest, alpha):
    arguments = {
        "value_range": (0, highest), "factor": factor, "alpha": alpha, "all_ops": all_ops,
        "chain_depth": 2, "seed": 1,
    }  # fmt: skip
    ours, theirs = make_both("AugMix", arguments)
    spare_inputs(theirs)
    data = data_of(picture(3, False, highest, size=(8, 9)))
    drawn = theirs.get_random_transformation(data["images"])
    for part in ("images", "segmentation_masks"):
        method = f"transform_{part}"
        mine = getattr(ours, method)(torch.tensor(data[part]), drawn)
        agree_mostly(mine, quietly(getattr(theirs, method), torch.tensor(data[part]), drawn))
    mine = ours.get_random_transformation(data["images"])
    assert mine.keys() == drawn.keys()
    true = quietly(theirs.transform_images, torch.tensor(data["images"]), mine)
    agree_mostly(ours.transform_images(data["images"], mine), true)


def test_boxes_follow_the_images():
    layer = layers.RandAugment(bounding_box_format="xyxy", factor=0.3)
    theirs = keras.layers.RandAugment(bounding_box_format="xyxy", factor=0.3)
    images = picture(3, size=(8, 9))
    drawn = theirs.get_random_transformation(images)
    for number in (1, 2, 3):  # one layer at a time, whose order can't matter
        drawn["layer_idxes"] = torch.tensor([number, 3], dtype=torch.int32)
        boxes = {key: torch.tensor(value) for key, value in BOXES.items()}
        mine = layer.transform_bounding_boxes(dict(boxes), drawn)
        true = theirs.transform_bounding_boxes(dict(boxes), drawn)
        agree(mine["boxes"], true["boxes"], dtypes=False)


@pytest.mark.parametrize("name", PLAIN)
def test_dicts_keep_their_parts(name):
    layer = getattr(layers, name)(**PLAIN[name], bounding_box_format="xyxy", seed=3)
    data = {**data_of(picture()), "bounding_boxes": BOXES, "extra": "kept"}
    out = layer(data)
    assert out.keys() == data.keys()
    np.testing.assert_array_equal(out["labels"], data["labels"])
    assert out["images"].shape == data["images"].shape
    assert out["bounding_boxes"]["boxes"].shape == BOXES["boxes"].shape
    whole = layer(data["images"][0])
    assert whole.shape == data["images"].shape[1:]


@pytest.mark.parametrize("name", PLAIN)
def test_channels_first_is_channels_last(name):
    arguments = {**PLAIN[name], "seed": 6}
    images = picture(size=(8, 9))
    last = getattr(layers, name)(**arguments)(images)
    first = getattr(layers, name)(**arguments, data_format="channels_first")
    agree(first(images.transpose(0, 3, 1, 2)).permute(0, 2, 3, 1), last, absolute=1e-4)


@pytest.mark.parametrize("name", PLAIN)
def test_each_call_draws_anew_and_seeds_fix_the_draws(name):
    images = picture(4)
    first, twin, other = (
        [layer(images) for _ in range(4)]
        for layer in (getattr(layers, name)(**PLAIN[name], seed=seed) for seed in (5, 5, 99))
    )
    assert not torch.equal(first[0], first[1])
    assert any(not torch.equal(a, b) for a, b in zip(first, other, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(first, twin, strict=True))


def test_layers_are_chosen_evenly():
    layer = layers.RandAugment(num_ops=11_000, seed=1)
    numbers = layer.get_random_transformation(torch.zeros(1, 1, 1, 3))["layer_idxes"]
    shares = torch.bincount(numbers.long(), minlength=11) / 1000
    torch.testing.assert_close(shares, torch.ones(11), atol=0.15, rtol=0)
    layer = layers.AugMix(num_chains=400, chain_depth=30, seed=1)
    layer._drawn = lambda name, data, seed: name
    named = [name for chain in layer._chains(None, layer.generator) for name in chain]
    assert abs(len(named) / 12_000 - 11 / 12) < 0.01  # a place stays empty once in twelve times
    for name in layer.part_names:
        assert abs(named.count(name) / 1000 - 1) < 0.15


@pytest.mark.parametrize("size", [(2,), ()], ids=["batch", "image"])
def test_all_chains_at_once_are_the_chains_one_by_one(size):
    layer = layers.AugMix(num_chains=2, chain_depth=2, value_range=(0, 1), seed=1)
    images = torch.rand(*size, 6, 5, 3)
    copies = layer._for_each_chain(images)
    steps = [
        {name: layer._drawn(name, copies, layer.generator) for name in layer.part_names}
        for _ in range(2)
    ]
    numbers = torch.tensor([[3, 8], [11, 6]])  # the last stands for an empty place
    together = {"transforms": steps, "layer_idxes": numbers}
    found = layer._variants("transform_images", images, together)
    for number, chain in enumerate(numbers.tolist()):
        batches = list(copies.chunk(2))
        for place, drawn in enumerate(chain):
            if drawn < 11:
                step = steps[place][layer.part_names[drawn]]
                batches = layer._step_of_all("transform_images", torch.cat(batches), step).chunk(2)
        torch.testing.assert_close(found[number], batches[number].view(images.shape))


def test_weights_of_chains_sum_to_one():
    layer = layers.AugMix(num_chains=5, alpha=0.5, seed=1)
    drawn = [layer.get_random_transformation(torch.zeros(1, 2, 2, 3)) for _ in range(50)]
    weights = torch.stack([one["chain_mixing_weights"] for one in drawn])
    torch.testing.assert_close(weights.sum(1), torch.ones(50))
    assert (weights.mean(0) - 0.2).abs().max() < 0.12
    shares = torch.stack([one["weight_sample"] for one in drawn])
    assert shares.shape == (50,)
    assert abs(shares.mean() - 0.5) < 0.15


@pytest.mark.parametrize("name", PLAIN)
def test_inference_leaves_images_alone(name):
    data = data_of(picture())
    layer = getattr(layers, name)(**PLAIN[name], bounding_box_format="xyxy")
    for key, value in leaves(layer(dict(data), training=False)).items():
        np.testing.assert_array_equal(value, data[key])
    out = layer({**data, "bounding_boxes": BOXES}, training=False)
    np.testing.assert_array_equal(out["bounding_boxes"]["boxes"], BOXES["boxes"])
    assert layer.get_random_transformation(data, training=False) is None


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16", "float64", "uint8"])
def test_policies_set_the_type(name, policy):
    layer = getattr(layers, name)(**PLAIN[name], dtype=policy, seed=1)
    y = layer(picture(dtype="uint8"))
    assert str(y.dtype) == f"torch.{layer.compute_dtype}"
    symbol = layer(torchkeras.Input((5, 6, 3), dtype="uint8"))
    assert str(y.dtype) == f"torch.{symbol.dtype}"


def test_a_compiled_choice_is_the_plain_one():
    images = torch.tensor(picture())
    plain = layers.RandAugment(seed=4, num_ops=3)
    expected = [plain(images) for _ in range(3)]
    layer = layers.RandAugment(seed=4, num_ops=3)
    layer.build(images.shape)
    compiled = torch.compile(lambda x: layer(x), fullgraph=True, backend="eager")
    for y in expected:
        torch.testing.assert_close(compiled(images), y)


@pytest.mark.parametrize("name", PLAIN)
def test_they_work_in_a_model_with_labels_and_in_fit(name):
    inputs = torchkeras.Input((6, 6, 3), dtype="uint8")
    x = layers.Rescaling(1 / 255)(getattr(layers, name)(**PLAIN[name])(inputs))
    model = torchkeras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    model.compile("sgd", "mse")
    history = model.fit(picture(8, dtype="uint8", size=(6, 6)), np.zeros((8, 2)), verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("RandAugment", {"num_ops": -1}, "an integer, 0 or more"),
        ("RandAugment", {"factor": 2.0}, r"\[0, 1\]"),
        ("RandAugment", {"interpolation": "round"}, "interpolation"),
        ("RandAugment", {"value_range": 255}, "list of two numbers"),
        ("AugMix", {"num_chains": 1.5}, "an integer, 0 or more"),
        ("AugMix", {"chain_depth": -1}, "an integer, 0 or more"),
        ("AugMix", {"alpha": 0}, "a positive number"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)


class Augmented(torch.utils.data.Dataset):
    """Single images, augmented where they are read."""

    def __init__(self):
        self.layers = [layers.RandAugment(seed=1), layers.AugMix(seed=1), layers.RandomErasing()]

    def __len__(self):
        return 4

    def __getitem__(self, number):
        image = torch.tensor(picture(None, seed=number))
        for layer in self.layers:
            image = layer(image, training=True)
        return image


def test_they_work_in_a_loaders_workers():
    loader = torch.utils.data.DataLoader(Augmented(), batch_size=2, num_workers=1)
    assert [tuple(batch.shape) for batch in loader] == [(2, 5, 6, 3)] * 2
