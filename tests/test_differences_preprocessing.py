"""The ledger's rows on preprocessing and quantization; see ``test_differences``."""

import random
import warnings

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as ours

BOTH = (ours, real)


def images(*shape, dtype="float32"):
    values = np.random.default_rng(0).random(shape) * 255
    return torch.tensor(values).to(getattr(torch, dtype))


def raises(call):
    """Whether ``call`` ends in an error, of whatever library."""
    try:
        call()
    except Exception:  # noqa: BLE001, whatever Keras or torch raise
        return True
    return False


def sounds(keras):
    return keras.layers.MelSpectrogram(
        fft_length=8, sequence_stride=4, sequence_length=8, num_mel_bins=2, sampling_rate=16
    )


def test_spectrogram_types():
    x, kinds = torch.ones(1, 32, 1, dtype=torch.float64), []
    for keras in BOTH:
        layer = keras.layers.STFTSpectrogram(
            "magnitude", frame_length=8, frame_step=4, fft_length=8, dtype="float64"
        )
        kinds.append(layer(x).dtype)
    assert kinds == [torch.float64, torch.float32]


def test_spectrogram_shapes():
    for keras, pieces in ((ours, 9), (real, 10)):
        layer = sounds(keras)
        assert tuple(layer.compute_output_shape((1, 35))) == (1, 2, pieces)
        assert layer(torch.ones(1, 35)).shape == (1, 2, 9)


def test_gradient_of_silence():
    gradients = []
    for keras in BOTH:
        x = torch.zeros(1, 32, requires_grad=True)
        sounds(keras)(x).sum().backward()
        gradients.append(x.grad)
    assert gradients[0].abs().max() == 0
    assert gradients[1].isnan().all()


def test_contrast_channels_first():
    x = images(2, 4, 6, 3)
    for keras, is_same in ((ours, True), (real, False)):
        first = keras.layers.AutoContrast(data_format="channels_first")(x.permute(0, 3, 1, 2))
        last = keras.layers.AutoContrast()(x)
        assert torch.allclose(first.permute(0, 2, 3, 1), last, atol=1e-3) == is_same


def test_jitter_channels_first():
    def jittered(keras):
        options = {"contrast_factor": (0.5, 0.5), "saturation_factor": (0.3, 0.3)}
        layer = keras.layers.RandomColorJitter(**options, data_format="channels_first", seed=1)
        return layer(images(2, 3, 4, 6), training=True)

    assert jittered(ours).shape == (2, 3, 4, 6)
    assert raises(lambda: jittered(real))


def test_erasing_channels_first():
    def erased(keras):
        layer = keras.layers.RandomErasing(
            1.0, fill_value=(1.0, 2.0, 3.0), data_format="channels_first", seed=1
        )
        return layer(images(2, 3, 4, 6), training=True)

    assert erased(ours).shape == (2, 3, 4, 6)
    assert raises(lambda: erased(real))


def test_brightness_of_bytes():
    lowest = []
    for keras in BOTH:
        layer = keras.layers.RandomBrightness((0.9, 0.9), seed=1)
        lowest.append(float(layer(images(1, 4, 4, 3, dtype="uint8"), training=True).min()))
    assert lowest[0] > 200
    assert lowest[1] < 100


def test_brightness_in_place():
    x = images(2, 4, 6, 3)
    for keras, is_kept in ((ours, True), (real, False)):
        given = x.clone()
        keras.layers.RandomBrightness((0.5, 0.5), seed=1)(given, training=True)
        assert torch.equal(given, x) == is_kept


def test_bytes_in_inference():
    x = images(1, 4, 4, 3, dtype="uint8")
    for name in ("RandomBrightness", "RandomContrast"):
        kinds = [getattr(k.layers, name)(0.2)(x, training=False).dtype for k in BOTH]
        assert kinds == [torch.float32, torch.uint8]


def test_layers_of_bytes():
    def contrasted(keras):
        layer = keras.layers.RandomContrast(0.5, dtype="uint8", seed=1)
        return layer(images(1, 4, 4, 3, dtype="uint8"), training=True)

    assert contrasted(ours).dtype is torch.uint8
    assert raises(lambda: contrasted(real))


def test_grayscale_dicts():
    data = {"images": images(2, 4, 6, 3)}
    made = [k.layers.RandomGrayscale(1.0, seed=3) for k in BOTH]
    assert made[0](data, training=True)["images"].shape == (2, 4, 6, 3)
    assert made[0].get_config()["seed"] == 3
    assert raises(lambda: made[1](data, training=True))
    assert "seed" not in made[1].get_config()


def test_transformation_of_inference():
    x = images(2, 4, 6, 3)
    found = [
        k.layers.RandomBrightness(0.2, seed=1).get_random_transformation(x, training=False)
        for k in BOTH
    ]
    assert found[0] is None
    assert found[1] is not None


def test_labels_without_classes():
    data = {"images": images(2, 4, 6, 3), "labels": torch.tensor([0.0, 1.0])}
    for name in ("CutMix", "MixUp"):
        made = [getattr(k.layers, name)(seed=1)(data, training=True)["labels"] for k in BOTH]
        assert [tuple(labels.shape) for labels in made] == [(2,), (2, 2)]


def test_mixed_masks():
    data = {"images": images(2, 4, 6, 3), "segmentation_masks": torch.ones(2, 4, 6, 1)}
    made = [k.layers.MixUp(seed=1)(data, training=True)["segmentation_masks"] for k in BOTH]
    assert [tuple(masks.shape) for masks in made] == [(2, 4, 6, 1), (2, 4, 6, 2)]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_chains_by_seed():
    same = []
    for keras in BOTH:
        made = []
        for seed in range(4):
            random.seed(seed)
            layer = keras.layers.AugMix(seed=1, value_range=(0, 255))
            made.append(layer(images(2, 4, 6, 3), training=True))
        same.append(all(torch.allclose(made[0], other) for other in made))
    assert same == [True, False]


def test_chains_of_masks():
    def masks(keras):
        data = {
            "images": images(2, 4, 6, 3),
            "segmentation_masks": torch.ones(2, 4, 6, 1, dtype=torch.int32),
        }
        layer = keras.layers.AugMix(seed=1, value_range=(0, 255))
        return layer(data, training=True)["segmentation_masks"]

    assert masks(ours).shape == (2, 4, 6, 1)
    assert raises(lambda: masks(real))


def test_limits_of_histograms():
    x = images(1, 8, 8, 3)
    layers = [k.layers.ContrastLimitedAdaptiveHistogramEqualization((0, 255)) for k in BOTH]
    sides = [layer(x) for layer in layers]
    assert not torch.allclose(*[side.float() for side in sides], atol=1.0)


def test_quantized_masks():
    for keras, is_kept in ((ours, True), (real, False)):
        layer = keras.layers.ReversibleEmbedding(4, 3, mask_zero=True)
        layer.build((None,))
        layer.quantize("int8")
        mask = getattr(layer(torch.tensor([[0, 1]])), "_keras_mask", None)
        assert (mask is not None) == is_kept


def test_quantized_dots():
    def quantized(keras):
        layer = keras.layers.EinsumDense("...x,xy->...y", output_shape=4)
        layer.build((None, 3))
        layer.quantize("int8")
        return layer(torch.ones(2, 3))

    assert quantized(ours).shape == (2, 4)
    assert raises(lambda: quantized(real))


@pytest.mark.parametrize("keras, is_silent", [(ours, True), (real, False)])
def test_quantized_models(keras, is_silent):
    model = keras.Sequential([keras.Input((2, 2)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model.quantize("int8")
    assert (not seen) == is_silent


@pytest.mark.filterwarnings("ignore:Layer .* does not have:UserWarning")  # the input layer
@pytest.mark.parametrize(("keras", "is_read"), [(ours, True), (real, False)])
def test_quantized_heads(keras, is_read):
    inputs = keras.Input((4, 8))
    model = keras.Model(inputs, keras.layers.MultiHeadAttention(2, 4)(inputs, inputs))
    model.quantize("int8")
    again = keras.models.model_from_json(model.to_json())
    assert (len(again.weights) == len(model.weights)) == is_read


# Places in images.


def with_boxes(layer, boxes, height=8, width=8):
    """What ``layer`` makes of the boxes of one image in training."""
    boxes = torch.tensor([boxes])
    data = {
        "images": torch.zeros(1, height, width, 3),
        "bounding_boxes": {"boxes": boxes, "labels": torch.zeros(boxes.shape[:-1])},
    }
    return layer(data, training=True)["bounding_boxes"]["boxes"][0].tolist()


def test_crops_in_inference():
    model, x = [], images(2, 6, 8, 3)
    for keras in BOTH:
        layers = [keras.layers.RandomCrop(4, 4), keras.layers.Flatten(), keras.layers.Dense(1)]
        model.append(keras.Sequential([keras.Input((6, 8, 3)), *layers]))
    assert [side.output_shape for side in model] == [(None, 1)] * 2
    assert model[0](x, training=False).shape == (2, 1)
    assert raises(lambda: model[1](x, training=False))


def test_crops_of_small_images():
    x = torch.arange(6.0)[None, :, None, None].expand(1, 6, 8, 1)
    rows = [k.layers.RandomCrop(4, 16)(x, training=True)[0, :, 0, 0].tolist() for k in BOTH]
    assert rows == [[2, 2.25, 2.75, 3], [2, 3, 4, 5]]  # two rows in the middle; four, from there


def test_crops_along_one_axis():
    x = torch.arange(8.0)[None, None, :, None].expand(1, 6, 8, 1)
    for keras, is_drawn in ((ours, True), (real, False)):
        made = [keras.layers.RandomCrop(6, 4, seed=seed)(x, training=True) for seed in range(8)]
        assert (len({float(y[0, 0, 0, 0]) for y in made}) > 1) == is_drawn


def test_boxes_of_crops():
    boxes = []
    for keras in BOTH:
        layer = keras.layers.RandomCrop(8, 2, bounding_box_format="xyxy")
        transformation = (0, 3)  # from the top, from the left
        if keras is ours:
            transformation = {"top": 0, "left": 3, "height": 8, "width": 2}
            transformation["input_shape"] = (1, 9, 9, 3)
        given = {"boxes": torch.tensor([[[4.0, 1.0, 5.0, 7.0]]]), "labels": torch.zeros(1, 1)}
        boxes.append(layer.transform_bounding_boxes(given, transformation)["boxes"].tolist())
    assert boxes == [[[[1, 1, 2, 7]]], [[[4, 0, 5, 4]]]]


def test_transformations_of_crops():
    x = images(1, 6, 8, 3)
    kinds = [type(k.layers.RandomCrop(4, 4).get_random_transformation(x)) for k in BOTH]
    assert kinds == [dict, tuple]


def test_formats_of_boxes():
    for name, arguments in (("RandomRotation", {"factor": 0.1}), ("RandomPerspective", {})):
        for keras, is_same in ((ours, True), (real, False)):
            corners, sizes = [
                with_boxes(
                    getattr(keras.layers, name)(**arguments, seed=3, bounding_box_format=written),
                    box,
                )[0]
                for written, box in (("xyxy", [[1.0, 2, 5, 4]]), ("xywh", [[1.0, 2, 4, 2]]))
            ]
            left, top, width, height = sizes
            assert np.allclose(corners, [left, top, left + width, top + height]) == is_same


def test_perspective_of_bytes():
    masks = torch.arange(162, dtype=torch.uint8).reshape(2, 9, 9, 1)
    for keras, is_same in ((ours, True), (real, False)):
        layer = keras.layers.RandomPerspective((1.0, 1.0), interpolation="nearest", seed=1)
        data = {"images": masks.float(), "segmentation_masks": masks}
        found = layer(data, training=True)
        assert torch.equal(found["images"], found["segmentation_masks"].float()) == is_same


def test_masks_of_rotations():
    x = images(2, 8, 8, 1)
    for keras, is_same in ((ours, True), (real, False)):
        layer = keras.layers.RandomRotation((0.1, 0.1), interpolation="nearest", seed=1)
        found = layer({"images": x.clone(), "segmentation_masks": x.clone()}, training=True)
        assert torch.equal(found["images"], found["segmentation_masks"]) == is_same


def test_boxes_of_shears():
    bright = torch.zeros(1, 16, 48, 1)
    bright[:, 6:11, 12:22] = 1.0
    for keras, is_around in ((ours, True), (real, False)):
        layer = keras.layers.RandomShear(
            (0.3, 0.3), (0.3, 0.3), "nearest", "constant", bounding_box_format="xyxy"
        )
        boxes = {"boxes": torch.tensor([[[12.0, 6.0, 21.0, 10.0]]]), "labels": torch.zeros(1, 1)}
        found = layer({"images": bright, "bounding_boxes": boxes}, training=True)
        rows, columns = found["images"][0, ..., 0].nonzero(as_tuple=True)
        around = [columns.min(), rows.min(), columns.max(), rows.max()]
        box = found["bounding_boxes"]["boxes"][0, 0]
        assert np.allclose(box, around, atol=1.5) == is_around


def test_configurations_of_shears():
    kinds = [k.layers.RandomShear for k in BOTH]
    assert kinds[0].from_config(kinds[0](0.3).get_config()).x_factor == (-0.3, 0.3)
    assert raises(lambda: kinds[1].from_config(kinds[1](0.3).get_config()))


def test_boxes_over_the_border():
    found = [
        with_boxes(
            k.layers.RandomFlip("vertical", seed=1, bounding_box_format="xyxy"),
            [[2.0, 1.0, 9.0, 12.0]],
        )[0]
        for k in BOTH
    ]
    assert found == [[2, 1, 8, 8], [2, 1, 9, 12]]


def test_masks_bent():
    x = images(2, 24, 24, 1) / 255
    for keras, is_same in ((ours, True), (real, False)):
        layer = keras.layers.RandomElasticTransform(
            (1.0, 1.0), scale=(0.8, 0.8), interpolation="nearest", value_range=(0, 1), seed=1
        )
        found = layer({"images": x.clone(), "segmentation_masks": x.clone()}, training=True)
        assert torch.equal(found["images"], found["segmentation_masks"]) == is_same


def test_boxes_bent():
    layers = [k.layers.RandomElasticTransform(bounding_box_format="xyxy") for k in BOTH]
    assert len(with_boxes(layers[0], [[1.0, 2.0, 5.0, 4.0]])) == 1
    assert raises(lambda: with_boxes(layers[1], [[1.0, 2.0, 5.0, 4.0]]))


def test_filling_up_boxes():
    kinds = [k.layers.MaxNumBoundingBoxes for k in BOTH]
    assert len(with_boxes(kinds[0](3), [[1.0, 2.0, 5.0, 4.0]])) == 3
    assert raises(lambda: with_boxes(kinds[1](3), [[1.0, 2.0, 5.0, 4.0]]))
    configs = [kind(3, fill_value=-5, bounding_box_format="xyxy").get_config() for kind in kinds]
    assert configs[0]["fill_value"] == -5
    assert "fill_value" not in configs[1]


def test_overlaps_of_relative_boxes():
    def overlap(keras):
        boxes = torch.tensor([[0.0, 0.0, 0.5, 0.5]])
        compute = keras.utils.bounding_boxes.compute_ciou
        return compute(boxes, boxes, "rel_xyxy", image_shape=(8, 8, 3))

    assert overlap(ours).tolist() == pytest.approx([1.0], abs=1e-5)
    assert raises(lambda: overlap(real))


def test_clipping_of_formats():
    def clipped(keras):
        boxes = {"boxes": torch.tensor([[1.0, 1.0, 9.0, 9.0]]), "labels": torch.zeros(1)}
        clip = keras.utils.bounding_boxes.clip_to_image_size
        return clip(boxes, height=8, width=8, bounding_box_format="xywh")["boxes"]

    assert clipped(ours).tolist() == [[1, 1, 7, 7]]
    assert raises(lambda: clipped(real))


def test_ragged_boxes():
    def labels(keras):
        box = [0.0, 0.0, 1.0, 1.0]
        boxes = {"boxes": [[box], [box, box]], "labels": [[1], [1, 2]]}
        data = {"images": np.zeros((2, 8, 8, 3)), "bounding_boxes": boxes}
        layer = keras.layers.Resizing(4, 4, bounding_box_format="xyxy")
        return layer(data)["bounding_boxes"]["labels"]

    assert labels(ours).tolist() == [[1, -1], [1, 2]]
    assert raises(lambda: labels(real))


def test_labels_in_half_precision():
    for keras, kind in ((ours, torch.float32), (real, torch.bfloat16)):
        layer = keras.layers.RandomShear(0.1, dtype="mixed_bfloat16", bounding_box_format="xyxy")
        boxes = {"boxes": torch.ones(1, 1, 4), "labels": torch.zeros(1, 1)}
        data = {"images": torch.ones(1, 4, 4, 3), "labels": torch.ones(1), "bounding_boxes": boxes}
        found = layer(data, training=True)
        assert (found["labels"].dtype, found["bounding_boxes"]["boxes"].dtype) == (kind, kind)


def test_unknown_fill_mode():
    for keras, error in ((ours, ValueError), (real, NotImplementedError)):
        with pytest.raises(error, match="Unknown `fill_mode`"):
            keras.layers.RandomRotation(0.1, fill_mode="never")


def test_draws_of_doubles():
    x = images(4, 6, 6, 3)
    for keras, is_same in ((ours, True), (real, False)):
        floats, doubles = [
            keras.layers.RandomContrast(0.5, seed=1, dtype=kind)(x.clone(), training=True)
            for kind in ("float32", "float64")
        ]
        assert np.allclose(floats, doubles, atol=1e-2) == is_same
