"""Spectra of sound, as plain functions."""

import math

import torch

from torchkeras.nn.audio import decibels, mel_filters, power_spectrum


def test_power_is_the_square_of_torch_s_transform():
    x, window = torch.randn(2, 3, 50), torch.hann_window(12)
    power = power_spectrum(x, window, 16, 5)
    z = torch.stft(x.reshape(6, 50), 16, 5, 12, window, return_complex=True)
    torch.testing.assert_close(power, z.abs().square().reshape(2, 3, *z.shape[1:]))


def test_no_signals_have_no_power():
    assert power_spectrum(torch.zeros(0, 50), torch.ones(16), 16, 5).shape == (0, 9, 11)
    odd = power_spectrum(torch.zeros(1, 50), torch.ones(7), 7, 5)
    assert power_spectrum(torch.zeros(0, 50), torch.ones(7), 7, 5).shape[1:] == odd.shape[1:]


def test_triangles_begin_and_end_where_their_neighbours_peak():
    filters = mel_filters(5, 2001, 8000, 100.0, 3000.0)
    assert filters.shape == (2001, 5)
    assert filters[0].sum() == 0
    inside = filters[filters[:, 0].argmax() + 1 : filters[:, -1].argmax()]
    torch.testing.assert_close(inside.sum(1), torch.ones(len(inside)))


def test_decibels_are_bounded_on_both_sides():
    power = torch.tensor([0.0, 1.0, 100.0])
    assert decibels(power, 1.0, 1e-10, 80.0).tolist() == [-60.0, 0.0, 20.0]
    assert decibels(power, 0.0, 0.1, 80.0).tolist() == [0.0, 10.0, 30.0]
    assert math.isclose(float(decibels(power, -100.0, 1e-3, 1000.0)[0]), -50.0, rel_tol=1e-6)
