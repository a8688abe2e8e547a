"""Segments, rankings and transforms: what the table of parity leaves out."""

import keras
import pytest
import torch

from torchkeras import ops


def test_the_highest_elements_come_with_int32_places():
    values, places = ops.top_k(torch.tensor([[1.0, 5.0, 3.0]]), 2)
    assert (values.tolist(), places.tolist()) == ([[5.0, 3.0]], [[1, 2]])
    assert places.dtype == torch.int32


def test_empty_segments_hold_the_neutral_element():
    data, ids = torch.tensor([1.0, 2.0]), torch.tensor([0, 2])
    assert ops.segment_sum(data, ids).tolist() == [1.0, 0.0, 2.0]
    assert ops.segment_prod(data, ids).tolist() == [1.0, 1.0, 2.0]
    assert ops.segment_max(data, ids)[1] == float("-inf")
    assert ops.segment_min(data.int(), ids)[1] == 2**31 - 1


def test_numbers_outside_of_the_segments_are_left_out():
    data = torch.tensor([1.0, 2.0, 4.0])
    assert ops.segment_sum(data, torch.tensor([-1, 0, 7]), num_segments=2).tolist() == [2.0, 0.0]


def test_segment_numbers_stand_along_one_axis():
    with pytest.raises(ValueError, match="should be an 1-D vector"):
        ops.segment_sum(torch.ones(2), torch.zeros(2, 1, dtype=torch.int32))


@pytest.mark.parametrize("window", ["hann", "hamming", None])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("fft_length", [16, 20])
def test_the_inverse_transform_is_that_of_keras(window, center, fft_length):
    pieces = ops.stft(torch.randn(2, 64), 16, 4, fft_length, window, center)
    arguments = (pieces, 16, 4, fft_length, None, window, center)
    torch.testing.assert_close(
        ops.istft(*arguments), keras.ops.istft(*arguments), rtol=1e-4, atol=1e-5
    )


def test_the_inverse_transform_gives_the_signal_back():
    signal = torch.randn(3, 2, 64)
    again = ops.istft(ops.stft(signal, 16, 4, 16), 16, 4, 16, length=64)
    torch.testing.assert_close(again, signal, rtol=1e-4, atol=1e-5)


def test_transforms_name_what_does_not_fit():
    with pytest.raises(TypeError, match="Expected `float32` or `float64`"):
        ops.stft(torch.ones(8, dtype=torch.int32), 4, 2, 4)
    with pytest.raises(ValueError, match="`fft_length` must"):
        ops.stft(torch.ones(8), 4, 2, 2)
    with pytest.raises(ValueError, match="one of `hann`, `hamming`"):
        ops.stft(torch.ones(8), 4, 2, 4, window="box")
    with pytest.raises(ValueError, match="The shape of `window`"):
        ops.stft(torch.ones(8), 4, 2, 4, window=torch.ones(3))
    with pytest.raises(ValueError, match="tuple of two tensors"):
        ops.fft(torch.ones(4))
    with pytest.raises(ValueError, match="same shape"):
        ops.fft((torch.ones(4), torch.ones(5)))
    with pytest.raises(ValueError, match="not of type float"):
        ops.fft((torch.ones(4).int(), torch.ones(4).int()))


def test_distances_need_rows_of_one_length():
    with pytest.raises(ValueError, match="rank >= 2"):
        ops.cdist(torch.ones(3), torch.ones(2, 3))
    with pytest.raises(ValueError, match="must match"):
        ops.cdist(torch.ones(2, 3), torch.ones(2, 4))


def test_complex_numbers_are_seen_as_pairs_and_back():
    x = torch.randn(3, 2)
    torch.testing.assert_close(ops.view_as_real(ops.view_as_complex(x)), x)
    assert ops.view_as_real(torch.ones(3)).tolist() == [[1.0, 0.0]] * 3
    with pytest.raises(ValueError, match="must be size 2"):
        ops.view_as_complex(torch.ones(3))
