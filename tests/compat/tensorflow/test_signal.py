import numpy as np
import pytest
import tensorflow as tf

WAVE = np.random.default_rng(0).normal(size=(2, 64)).astype("float32")


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_cosine_transforms_come_back(kind):
    there = tf.signal.dct(WAVE, type=kind, norm="ortho")
    np.testing.assert_allclose(tf.signal.idct(there, type=kind, norm="ortho"), WAVE, atol=1e-5)


@pytest.mark.parametrize("step", [4, 8])
def test_spectra_of_windows_come_back(step):
    spectra = tf.signal.stft(WAVE, 16, step)
    window = tf.signal.inverse_stft_window_fn(step)
    again = tf.signal.inverse_stft(spectra, 16, step, window_fn=window)
    np.testing.assert_allclose(again[:, 16:-16], WAVE[:, 16:-16], atol=1e-4)


def test_modified_cosine_transforms_come_back():
    again = tf.signal.inverse_mdct(tf.signal.mdct(WAVE, 16))
    np.testing.assert_allclose(again[:, 8:-8], WAVE[:, 8:-8], atol=1e-4)


def test_gradients_go_through_spectra():
    x = tf.Variable(WAVE)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.abs(tf.signal.stft(x, 16, 8)) ** 2)
    assert float(tf.reduce_max(tf.abs(tape.gradient(y, x)))) > 0


def test_other_axes_and_types_are_errors():
    with pytest.raises(ValueError, match="type"):
        tf.signal.dct(WAVE, type=5)
    with pytest.raises(ValueError, match="axis"):
        tf.signal.dct(WAVE, axis=0)
    with pytest.raises(ValueError, match="norm"):
        tf.signal.dct(WAVE, type=1, norm="ortho")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: tf.signal.dct(x, norm="unit"), "norm is 'unit'"),
        (lambda x: tf.signal.hann_window(4, dtype=tf.int32), "hann_window: dtype"),
        (lambda x: tf.signal.vorbis_window(4, dtype=tf.int32), "a floating type"),
        (lambda x: tf.signal.linear_to_mel_weight_matrix(0), "num_mel_bins is 0"),
        (
            lambda x: tf.signal.linear_to_mel_weight_matrix(lower_edge_hertz=4000.0),
            "lower_edge_hertz is 4000.0",
        ),
        (
            lambda x: tf.signal.linear_to_mel_weight_matrix(upper_edge_hertz=5000.0),
            "half the sample rate, 4000.0",
        ),
        (lambda x: tf.signal.frame(x, 2, 1, axis=1), "axis is 1; expected -1 to 0"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call(tf.ones(4))


def test_spectra_of_real_numbers_are_complex():
    wave = np.array([1.0, 2.0, 3.0], "float32")
    np.testing.assert_allclose(tf.signal.fft(wave), np.fft.fft(wave), rtol=1e-6)
    assert tf.signal.ifft(wave).dtype == tf.complex64
