"""Noise: when it acts, how much, and how it is repeated."""

import pytest
import torch

from torchkeras import Input, layers

ONES = torch.ones(200, 50)
NOISES = {
    "Dropout": (0.3,),
    "GaussianNoise": (0.5,),
    "GaussianDropout": (0.3,),
    "AlphaDropout": (0.3,),
}


@pytest.mark.parametrize("name", NOISES)
def test_noise_acts_in_training_only(name):
    layer = getattr(layers, name)(*NOISES[name])
    assert layer(ONES) is ONES
    assert layer(ONES, training=False) is ONES
    assert not torch.equal(layer(ONES, training=True), ONES)
    assert layer(Input((50,))).shape == (None, 50)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("name", NOISES)
def test_noise_keeps_mean_and_has_its_own_spread(name, seed):
    x = torch.randn(400, 500)
    y = getattr(layers, name)(*NOISES[name], seed=seed)(x, training=True)
    assert abs(float(y.mean())) < 0.02
    wanted = {"Dropout": 1 / 0.7, "GaussianNoise": 1.25, "GaussianDropout": 1 / 0.7}
    assert abs(float(y.var()) - wanted.get(name, 1.0)) < 0.05


@pytest.mark.parametrize("name", NOISES)
def test_a_seed_repeats_the_draws_one_by_one(name):
    one, other = (getattr(layers, name)(*NOISES[name], seed=5) for _ in range(2))
    first = one(ONES, training=True)
    assert torch.equal(other(ONES, training=True), first)
    assert not torch.equal(one(ONES, training=True), first)
    assert torch.equal(other(ONES, training=True), one(ONES, training=True)) is False


@pytest.mark.parametrize("seed", [None, 1])
def test_dropped_elements_are_zero_and_the_others_scaled(seed):
    y = layers.Dropout(0.25, seed=seed)(ONES, training=True)
    assert y.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert abs(float((y == 0).float().mean()) - 0.25) < 0.02


@pytest.mark.parametrize("seed", [None, 1])
def test_rates_at_the_ends(seed):
    assert layers.Dropout(0, seed=seed)(ONES, training=True) is ONES
    assert layers.Dropout(1.0, seed=seed)(ONES, training=True).abs().max() == 0


def test_noise_shape_drops_whole_slices():
    y = layers.Dropout(0.5, noise_shape=(None, 1, None))(torch.ones(8, 6, 10), training=True)
    assert torch.equal(y[:, :1].expand_as(y), y)
    with pytest.raises(ValueError, match="ndim=2"):
        layers.Dropout(0.5, noise_shape=(None, 1, None))(ONES, training=True)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_spatial_dropout_drops_whole_channels(rank):
    x = torch.ones(4, *(3,) * rank, 6)
    layer = getattr(layers, f"SpatialDropout{rank}D")(0.5)
    y = layer(x, training=True).flatten(1, -2)
    assert torch.equal(y[:, :1].expand_as(y), y)
    if rank > 1:
        first = getattr(layers, f"SpatialDropout{rank}D")(0.5, data_format="channels_first")
        y = first(torch.ones(4, 6, *(3,) * rank), training=True).flatten(2)
        assert torch.equal(y[:, :, :1].expand_as(y), y)


def test_the_seed_state_is_a_variable_but_no_weight():
    layer = layers.Dropout(0.5, seed=3)
    assert layer.weights == []
    assert [v.name for v in layer.variables] == ["seed_generator_state"]


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"rate is 1.5; expected a fraction in \[0, 1\]"):
        layers.Dropout(1.5)
    with pytest.raises(ValueError, match="rate is -0.1"):
        layers.AlphaDropout(-0.1)
    with pytest.raises(ValueError, match="stddev is -1"):
        layers.GaussianNoise(-1)
