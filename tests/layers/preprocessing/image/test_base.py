"""What all image layers share."""

import copy

import keras
import numpy as np
import pytest
import torch
from scenes import HEIGHT, WIDTH, agree, boxes_of, scene

import torchkeras
from torchkeras import layers
from torchkeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer

XYXY = {"bounding_box_format": "xyxy"}


class Darker(BaseImagePreprocessingLayer):
    """A user's layer: images times the factor drawn for each."""

    factor_bounds = (0, 1)

    def __init__(self, factor=0.5, seed=None, **options):
        super().__init__(factor=factor, **options)
        self.seed = seed
        self.generator = torchkeras.random.SeedGenerator(seed)

    def get_random_transformation(self, data, training=True, seed=None):
        batch = self.batch_of(data)
        shape = (batch.size, 1, 1, 1)
        return {"share": self.draw("uniform", shape, *self.factor, batch.device, seed=seed)}

    def transform_images(self, images, transformation, training=True):
        images = self.in_compute_dtype(images)
        return images * transformation["share"] if training else images


def test_a_dict_keeps_its_other_keys_and_isnt_changed():
    data = {**scene(), "weights": torch.ones(2)}
    before = copy.deepcopy(data)
    found = layers.RandomFlip(**XYXY)(data, training=True)
    assert found.keys() == data.keys()
    assert found["weights"] is data["weights"]
    agree(data, before)


def test_a_single_image_is_a_batch_of_one():
    for name, arguments in (
        ("RandomRotation", {"factor": 0.4}),
        ("RandomTranslation", {"height_factor": 0.4, "width_factor": 0.3}),
        ("RandomZoom", {"height_factor": 0.4}),
        ("RandomShear", {"x_factor": 0.4}),
        ("RandomPerspective", {}),
        ("RandomElasticTransform", {}),
        ("RandomFlip", {}),
        ("RandomCrop", {"height": 4, "width": 5}),
        ("CenterCrop", {"height": 4, "width": 5}),
        ("Resizing", {"height": 4, "width": 5}),
    ):
        single = scene(None)
        batch = {
            key: single[key].unsqueeze(0) for key in ("images", "labels", "segmentation_masks")
        }
        boxes = single["bounding_boxes"]
        batch["bounding_boxes"] = {key: value.unsqueeze(0) for key, value in boxes.items()}
        made = getattr(layers, name)
        seed = {} if name in ("CenterCrop", "Resizing") else {"seed": 3}
        one, many = [made(**arguments, **seed, **XYXY)(data) for data in (single, batch)]
        for key in ("images", "labels", "segmentation_masks"):
            torch.testing.assert_close(one[key], many[key].squeeze(0), msg=f"{name} {key}")
        for key, value in one["bounding_boxes"].items():
            torch.testing.assert_close(value, many["bounding_boxes"][key].squeeze(0))


def test_arrays_lists_and_tensors_give_the_same():
    image = np.arange(12, dtype="float64").reshape(1, 2, 2, 3)
    for given in (image, image.tolist(), torch.tensor(image), torch.tensor(image).float()):
        found = layers.RandomFlip(seed=1)(given)
        assert found.dtype == torch.float32
        assert torch.equal(found, layers.RandomFlip(seed=1)(torch.tensor(image)))


def test_integers_become_the_compute_dtype():
    image = torch.arange(12, dtype=torch.uint8).reshape(1, 2, 2, 3)
    for name in ("uint8", "float32", "float16", "bfloat16", "mixed_float16"):
        layer, theirs = layers.RandomFlip(dtype=name), keras.layers.RandomFlip(dtype=name)
        for training in (True, False):
            found = layer(image, training=training)
            assert found.dtype == theirs(image, training=training).dtype
        spec = layer(torchkeras.Input((2, 2, 3), dtype="uint8"))
        assert f"torch.{spec.dtype}" == str(found.dtype)


def test_integers_that_are_moved_are_rounded_as_keras_rounds():
    image = np.random.default_rng(0).integers(0, 256, (2, 9, 11, 3)).astype("uint8")
    for arguments in ({"fill_mode": "wrap"}, {"fill_mode": "constant"}, {}):
        pair = [
            package.layers.RandomRotation((0.1, 0.1), dtype="uint8", **arguments)
            for package in (torchkeras, keras)
        ]
        mine, true = [layer(torch.tensor(image), training=True) for layer in pair]
        assert mine.dtype == torch.uint8
        assert torch.equal(mine, true)


def test_boxes_keep_their_precision_under_a_mixed_policy():
    data = scene()
    for name in ("RandomFlip", "RandomElasticTransform", "RandomPerspective"):
        found = getattr(layers, name)(dtype="mixed_bfloat16", seed=2, **XYXY)(data)
        assert found["images"].dtype == torch.bfloat16
        assert found["bounding_boxes"]["boxes"].dtype == torch.float32
        assert found["labels"].dtype == torch.float32


def test_ragged_boxes_are_filled_up():
    data = scene(has_boxes=False)
    lists = {"boxes": [[[1, 2, 3, 4]], [[1, 2, 5, 6], [0, 0, 4, 4]]], "labels": [[7], [8, 9]]}
    found = layers.Resizing(HEIGHT, WIDTH, **XYXY)({**data, "bounding_boxes": lists})
    boxes = found["bounding_boxes"]
    assert boxes["boxes"].tolist() == [
        [[1.0, 2.0, 3.0, 4.0], [0.0] * 4],
        [[1.0, 2.0, 5.0, 6.0], [0.0, 0.0, 4.0, 4.0]],
    ]
    assert boxes["labels"].tolist() == [[7, -1], [8, 9]]
    tensors = {key: [torch.tensor(row) for row in rows] for key, rows in lists.items()}
    again = layers.Resizing(HEIGHT, WIDTH, **XYXY)({**data, "bounding_boxes": tensors})
    assert torch.equal(again["bounding_boxes"]["boxes"], boxes["boxes"])


def test_boxes_that_do_not_fit_are_named():
    data = scene(has_boxes=False)
    layer = layers.RandomFlip(**XYXY)
    for boxes, words in (
        ([1], "a dict with keys 'boxes' and 'labels'"),
        ({"boxes": torch.ones(2, 3, 4)}, "a dict with keys"),
        ({"boxes": torch.ones(2, 3, 5), "labels": torch.ones(2, 3)}, r"shape \(n, 4\)"),
        ({"boxes": torch.ones(2, 3, 4), "labels": torch.ones(2)}, "rank 2 or 3"),
        ({"boxes": [[[1, 2, 3, 4]]], "labels": [[1], [2]]}, "same length"),
        ({"boxes": [[[1, 2, 3, 4]]], "labels": torch.ones(1)}, "a list of length 1"),
    ):
        with pytest.raises(ValueError, match=words):
            layer({**data, "bounding_boxes": boxes})
    with pytest.raises(ValueError, match="bounding_box_format"):
        layers.RandomFlip()({**data, "bounding_boxes": boxes_of()})


def test_images_of_another_rank_are_refused():
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="rank 3"):
            package.layers.RandomRotation(0.1)(torch.ones(2, 3))


def test_a_dict_without_images_is_refused():
    with pytest.raises(ValueError, match="a dict with the key 'images'"):
        layers.RandomFlip()({"image": torch.ones(1, 2, 2, 3)})


@pytest.mark.parametrize("factor", [2, -2, (2, 3), (-3, -2), (1, 2, 3), "0.1", None])
def test_factors_out_of_range_are_named(factor):
    if factor is None:
        assert layers.RandomPerspective(0.0).factor == (0, 0.0)
        return
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="factor"):
            package.layers.RandomRotation(factor)


def test_layers_without_a_factor_take_none():
    with pytest.raises(ValueError, match="this layer has none"):
        layers.RandomFlip(factor=0.3)


def test_seeds_fix_what_is_drawn():
    image = torch.rand(8, 6, 6, 3)
    first, second = [layers.RandomRotation(0.5, seed=4) for _ in range(2)]
    one, two = first(image), first(image)
    assert not torch.equal(one, two)
    assert torch.equal(second(image), one)
    assert torch.equal(second(image), two)
    assert not torch.equal(layers.RandomRotation(0.5, seed=5)(image), one)
    torch.manual_seed(3)
    free = layers.RandomRotation(0.5)(image)
    torch.manual_seed(3)
    assert torch.equal(layers.RandomRotation(0.5)(image), free)
    assert not torch.equal(layers.RandomRotation(0.5)(image), free)


def test_the_seed_of_a_transformation_wins():
    layer = layers.RandomRotation(0.5, seed=1)
    data = torch.rand(2, 4, 4, 1)
    one, two = [layer.get_random_transformation(data, seed=9)["angle"] for _ in range(2)]
    assert torch.equal(one, two)
    assert not torch.equal(layer.get_random_transformation(data)["angle"], one)


def test_each_image_gets_its_own_numbers():
    image = torch.rand(1, 6, 6, 3).expand(8, -1, -1, -1)
    for layer in (layers.RandomRotation(0.5), layers.RandomZoom(0.5), layers.RandomShear(0.5)):
        found = layer(image)
        assert not torch.equal(found[0], found[1])


def test_the_data_may_be_called_inputs():
    image = torch.rand(2, 4, 4, 3)
    assert torch.equal(layers.CenterCrop(2, 2)(inputs=image), image[:, 1:3, 1:3])
    assert torch.equal(layers.CenterCrop(2, 2).call(inputs=image), image[:, 1:3, 1:3])
    assert layers.CenterCrop(2, 2)(inputs=torchkeras.Input((4, 4, 3))).shape == (None, 2, 2, 3)


def test_a_users_layer_needs_only_its_images():
    layer = Darker((0.5, 0.5))
    image = torch.ones(2, 4, 4, 3)
    found = layer({"images": image, "labels": torch.ones(2)})
    assert torch.equal(found["images"], image / 2)
    assert torch.equal(found["labels"], torch.ones(2))
    assert torch.equal(layer(image, training=False), image)
    assert layer(torchkeras.Input((4, 4, 3))).shape == (None, 4, 4, 3)
    masks = {"images": image, "segmentation_masks": image}
    boxes = {"images": image, "bounding_boxes": boxes_of()}
    for part, data in (("segmentation_masks", masks), ("bounding_boxes", boxes)):
        with pytest.raises(NotImplementedError, match=f"transform_{part}"):
            Darker(**XYXY)(data)
    with pytest.raises(NotImplementedError, match="transform_images"):
        BaseImagePreprocessingLayer()(image)


def test_a_users_layer_has_a_configuration():
    config = Darker((0.1, 0.2), seed=3, data_format="channels_first").get_config()
    assert config["factor"] == (0.1, 0.2)
    assert config["data_format"] == "channels_first"
    assert Darker.from_config(config).get_config() == config


def test_value_ranges_are_mapped_to_each_other():
    layer = layers.RandomFlip()
    x = torch.tensor([0.0, 255.0])
    assert layer.transform_value_range(x, (0, 255), (-1, 1)).tolist() == [-1.0, 1.0]
    assert layer.transform_value_range(x, (0, 1), (0, 1)) is x
    assert layer.transform_value_range(x.int(), (0, 255), (0, 1)).tolist() == [0.0, 1.0]


def test_symbolic_dicts_give_symbolic_dicts():
    symbols = {
        "images": torchkeras.Input((8, 6, 3), dtype="uint8"),
        "labels": torchkeras.Input((), dtype="int32"),
        "bounding_boxes": {
            "boxes": torchkeras.Input((None, 4)),
            "labels": torchkeras.Input((None,), dtype="int32"),
        },
    }
    found = layers.Resizing(4, 5, **XYXY)(symbols)
    assert (found["images"].shape, found["images"].dtype) == ((None, 4, 5, 3), "uint8")
    assert found["labels"].shape == (None,)
    assert found["bounding_boxes"]["boxes"].shape == (None, None, 4)
    assert found["bounding_boxes"]["labels"].dtype == "int32"


def test_images_are_varied_in_fit_and_not_in_predict():
    model = torchkeras.Sequential(
        [
            torchkeras.Input((6, 6, 1)),
            layers.Rescaling(1 / 255),
            layers.RandomTranslation(0.5, 0.5),
            layers.Flatten(),
            layers.Dense(1, use_bias=False, kernel_initializer="ones"),
        ]
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).uniform(0, 255, (8, 6, 6, 1)).astype("float32")
    before = model.predict(x, verbose=0)
    assert np.allclose(before, x.sum((1, 2, 3))[:, None] / 255, atol=1e-3)
    assert not np.allclose(model(x, training=True).detach().numpy(), before)
    model.fit(x, np.ones((8, 1)), epochs=1, verbose=0)


def test_layers_work_in_a_loaders_workers():
    flip = layers.Pipeline([layers.RandomFlip(seed=1), layers.Resizing(3, 3)])

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return flip(np.full((5, 5, 1), index, "float32"), training=True)

    loader = torch.utils.data.DataLoader(Pictures(), batch_size=2, num_workers=1)
    found = torch.cat(list(loader))
    assert found.shape == (4, 3, 3, 1)
    torch.testing.assert_close(found[:, 0, 0, 0], torch.arange(4.0))


def model_of(package):
    """A model of image layers."""
    made, x = package.layers, package.Input((12, 14, 3))
    y = made.RandomFlip("horizontal", seed=1)(x)
    for layer in (
        made.RandomRotation(0.1),
        made.RandomTranslation((-0.1, 0.2), 0.1, fill_mode="wrap"),
        made.RandomZoom((-0.3, 0.2)),
        made.RandomShear((0.1, 0.2)),
        made.RandomPerspective(0.5, 0.3),
        made.RandomElasticTransform(scale=0.2),
        made.RandomCrop(12, 14),
        made.CenterCrop(10, 10),
        made.Resizing(8, 9, "bicubic", pad_to_aspect_ratio=True),
        made.MaxNumBoundingBoxes(3, bounding_box_format="xyxy"),
    ):
        y = layer(y)
    return package.Model(x, y)


@pytest.mark.parametrize("source, reader", [(keras, torchkeras), (torchkeras, keras)])
def test_models_of_image_layers_go_both_ways(source, reader, tmp_path):
    model = model_of(source)
    model.save(tmp_path / "it.keras")
    loaded = reader.models.load_model(tmp_path / "it.keras")
    x = np.random.default_rng(0).uniform(0, 255, (2, 12, 14, 3)).astype("float32")
    found, wanted = loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    np.testing.assert_allclose(found, wanted, 1e-5, 1e-3)


class Angles(torch.utils.data.Dataset):
    """What a layer draws in a loader's worker."""

    def __init__(self):
        self.layer = layers.RandomRotation(0.5, seed=1)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.layer.get_random_transformation(np.zeros((2, 2, 1)))["angle"]


def test_workers_and_epochs_draw_numbers_of_their_own():
    loader = torch.utils.data.DataLoader(Angles(), num_workers=2, batch_size=1)
    torch.manual_seed(0)
    found = [float(angle) for _ in range(2) for angle in loader]
    assert len(set(found)) == 8
    torch.manual_seed(0)
    assert [float(angle) for _ in range(2) for angle in loader] == found


def test_gradients_pass_through():
    image = torch.rand(2, 6, 6, 3, requires_grad=True)
    for layer in (
        layers.RandomRotation(0.2),
        layers.RandomPerspective(),
        layers.RandomElasticTransform(value_range=(-1, 2)),
        layers.RandomFlip(),
        layers.RandomCrop(3, 3),
    ):
        (gradient,) = torch.autograd.grad(layer(image).sum(), image)
        assert gradient.abs().sum() > 0
