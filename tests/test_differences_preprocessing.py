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
