"""Spectrograms beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, make_both, numbers

from torchkeras import config, layers

MODES = ["log", "magnitude", "psd", "real", "imag", "angle", "stft"]


@given(
    mode=st.sampled_from(MODES),
    frame=st.integers(2, 17),
    step=st.none() | st.integers(1, 17),
    longer=st.booleans(),
    window=st.sampled_from(["hann", "hamming", "blackman", "list", None]),
    periodic=st.booleans(),
    scaling=st.sampled_from([None, "density", "spectrum"]),
    padding=st.sampled_from(["valid", "same"]),
    expand_dims=st.booleans(),
    is_first=st.booleans(),
    trainable=st.booleans(),
)
def test_kernels_and_transforms_are_keras_ones(
    mode, frame, step, longer, window, periodic, scaling, padding, expand_dims, is_first, trainable
):
    arguments = {
        "mode": mode,
        "frame_length": frame,
        "frame_step": None if step is None else min(step, frame),
        "fft_length": 64 if longer else None,
        "window": [0.5 + 0.1 * i for i in range(frame)] if window == "list" else window,
        "periodic": periodic,
        "scaling": scaling,
        "padding": padding,
        "expand_dims": expand_dims,
        "data_format": "channels_first" if is_first else "channels_last",
        "trainable": trainable,
    }
    ours, theirs = make_both("STFTSpectrogram", arguments)
    x = numbers((2, 3, 40) if is_first else (2, 40, 3))
    y = ours(torch.tensor(x))
    theirs(x)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert len(ours.trainable_weights) == len(theirs.trainable_weights)
    assert ours.get_config().keys() == theirs.get_config().keys()
    for mine, true in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, true, atol=1e-6)
    assert ours.compute_output_shape(x.shape) == tuple(y.shape)
    # Kernels of any values: those of the transform make angles and logarithms of rounding errors.
    compare("STFTSpectrogram", arguments, x, relative=1e-4, absolute=2e-5)


@given(
    fft=st.sampled_from([16, 33, 64]),
    stride=st.integers(1, 20),
    length=st.none() | st.integers(8, 16),
    window=st.sampled_from(["hann", "hamming", "list", None]),
    rate=st.sampled_from([4000, 16000]),
    bins=st.integers(1, 9),
    low=st.floats(1, 200),
    high=st.none() | st.floats(500, 1900),
    decibels=st.booleans(),
    top=st.floats(1, 100),
    exponent=st.sampled_from([1.0, 2.0, 1.5]),
    least=st.sampled_from([1e-10, 1e-2]),
    reference=st.sampled_from([1.0, 20.0, -3.0, 0.0]),
    is_batched=st.booleans(),
)
def test_mel_spectrograms_are_keras_ones(
    fft,
    stride,
    length,
    window,
    rate,
    bins,
    low,
    high,
    decibels,
    top,
    exponent,
    least,
    reference,
    is_batched,
):
    size = length or fft
    arguments = {
        "fft_length": fft,
        "sequence_stride": stride,
        "sequence_length": length,
        "window": np.linspace(0.5, 2, size, dtype="float32") if window == "list" else window,
        "sampling_rate": rate,
        "num_mel_bins": bins,
        "min_freq": low,
        "max_freq": high,
        "power_to_db": decibels,
        "top_db": top,
        "mag_exp": exponent,
        "min_power": least,
        "ref_power": reference,
    }
    ours, theirs = make_both("MelSpectrogram", arguments)
    x = numbers((3, 90) if is_batched else (90,))
    mine, true = ours(torch.tensor(x)), theirs(x)
    torch.testing.assert_close(mine, true, rtol=2e-4, atol=2e-4)
    assert ours.compute_output_shape(x.shape) == tuple(mine.shape)
    assert ours.get_config().keys() == theirs.get_config().keys()


def test_the_mel_matrix_is_keras_one():
    ours, theirs = make_both("MelSpectrogram", {})
    for arguments in ({}, {"num_mel_bins": 7, "num_spectrogram_bins": 65, "sampling_rate": 9000}):
        mine = ours.linear_to_mel_weight_matrix(**arguments)
        torch.testing.assert_close(
            mine, theirs.linear_to_mel_weight_matrix(**arguments), rtol=1e-4, atol=1e-5
        )
    assert ours.linear_to_mel_weight_matrix(dtype="float64").dtype == torch.float64


@pytest.mark.parametrize("policy", ["float64", "mixed_float16", "float16"])
def test_policies_change_types_as_in_keras(policy):
    x = numbers((2, 400))
    for name, arguments, data in (
        ("MelSpectrogram", {"fft_length": 64, "num_mel_bins": 5}, x),
        ("STFTSpectrogram", {"frame_length": 16, "mode": "magnitude"}, x[..., None]),
    ):
        ours, theirs = make_both(name, {**arguments, "dtype": policy})
        mine, true = ours(torch.tensor(data)), theirs(data)
        assert str(mine.dtype) == f"torch.{theirs.compute_dtype}"  # Keras's own may be float32
        torch.testing.assert_close(mine, true.to(mine.dtype), rtol=2e-2, atol=2e-2)


def test_steady_tones_stand_at_their_frequency():
    time = torch.arange(16000) / 16000
    tone = torch.sin(2 * torch.pi * 1000 * time)
    power = layers.STFTSpectrogram(mode="psd", frame_length=256)(tone.reshape(1, -1, 1))
    assert (power.argmax(-1) == 1000 * 256 // 16000).all()
    mel = layers.MelSpectrogram(num_mel_bins=40)
    edges = mel.linear_to_mel_weight_matrix(40, 1025, 16000, 20.0, 8000.0)
    assert (mel(tone)[:, 2:-2].argmax(0) == edges[128].argmax()).all()


def test_silence_has_finite_gradients():
    x = torch.zeros(1, 400, requires_grad=True)
    layers.MelSpectrogram(fft_length=64, mag_exp=2.0)(x).sum().backward()
    layers.STFTSpectrogram(frame_length=16)(x[..., None]).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_an_empty_batch_keeps_its_shape():
    assert layers.MelSpectrogram()(torch.zeros(0, 16000)).shape == (0, 128, 32)
    assert layers.STFTSpectrogram()(torch.zeros(0, 16000, 2)).shape == (0, 124, 258)


def test_kernels_learn():
    layer = layers.STFTSpectrogram(mode="magnitude", frame_length=8)
    x = torch.tensor(numbers((2, 32, 1)))
    layer(x).sum().backward()
    assert all(w.parameter.grad.abs().sum() > 0 for w in layer.trainable_weights)
    still = layers.STFTSpectrogram(trainable=False)
    still.build((None, 300, 1))
    assert still.trainable_weights == []
    assert len(still.non_trainable_weights) == 2


def test_the_default_layout_is_followed():
    config.set_image_data_format("channels_first")
    try:
        assert layers.STFTSpectrogram(frame_length=8)(torch.zeros(2, 3, 32)).shape == (2, 15, 7)
    finally:
        config.set_image_data_format("channels_last")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "logg"}, "mode is 'logg'.*Did you mean \"log\""),
        ({"scaling": "power"}, "'density', 'spectrum' or None"),
        ({"padding": "causal"}, "one of valid, same"),
        ({"frame_length": 0}, "an integer, 1 or more"),
        ({"frame_step": 300}, r"1 to frame_length \(256\)"),
        ({"fft_length": 128}, r"at least frame_length \(256\)"),
        ({"window": "house"}, "scipy.signal.get_window"),
        ({"data_format": "channels"}, "channels_last, channels_first"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.STFTSpectrogram(**arguments)
    with pytest.raises((ValueError, KeyError, AttributeError)):
        keras.layers.STFTSpectrogram(**arguments).build((None, 300, 1))


def test_odd_lengths_of_transforms_warn_as_in_keras():
    with pytest.warns(UserWarning, match="a power of two is faster"):
        layers.STFTSpectrogram(frame_length=10, fft_length=10)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(TypeError, match="Invalid input type"):
        layers.STFTSpectrogram()(torch.zeros(1, 300, 1, dtype=torch.int32))
    with pytest.raises(ValueError, match="window"):
        layers.STFTSpectrogram()(torch.zeros(1, 100, 1))
    with pytest.raises(ValueError, match="window is 'of shape"):
        layers.STFTSpectrogram(window=[1.0, 2.0])(torch.zeros(1, 300, 1))
    for arguments in (
        {"sequence_length": 4096},
        {"window": "blackman"},
        {"window": [1.0, 2.0]},
        {"num_mel_bins": 0},
        {"sequence_stride": 0},
        {"fft_length": 0},
    ):
        with pytest.raises(ValueError, match=f"MelSpectrogram.*{next(iter(arguments))}"):
            layers.MelSpectrogram(**arguments)
