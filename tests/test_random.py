"""keras.random."""

import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import random
from torchkeras.core import scopes

SAME = {  # calls whose numbers are those of Keras on torch, bit by bit
    "normal": ((2, 3), {"mean": 1.0, "stddev": 2.0}),
    "uniform": ((2, 3), {"minval": -1.0, "maxval": 2.0}),
    "randint": ((2, 3), {"minval": 0, "maxval": 9}),
    "truncated_normal": ((50,), {"mean": 1.0, "stddev": 2.0}),
}


@pytest.mark.parametrize("name", SAME)
def test_seeded_numbers_are_those_of_keras(name):
    shape, options = SAME[name]
    ours = getattr(random, name)(shape, **options, seed=11)
    theirs = getattr(keras.random, name)(shape, **options, seed=11)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_seeded_generators_go_on_as_in_keras():
    ours, theirs = random.SeedGenerator(3), keras.random.SeedGenerator(3)
    for _ in range(3):
        np.testing.assert_allclose(
            random.uniform((4,), seed=ours), keras.random.uniform((4,), seed=theirs), rtol=1e-6
        )


def test_categorical_draws_as_in_keras():
    logits = torch.randn(3, 5)
    ours = random.categorical(logits, 6, seed=2)
    assert ours.dtype == torch.int32
    np.testing.assert_array_equal(ours, keras.random.categorical(logits, 6, seed=2))


@pytest.mark.parametrize("noise_shape", [None, (4, 1), (None, 1)])
def test_dropout_keeps_what_keras_keeps(noise_shape):
    x = torch.randn(4, 5)
    ours = random.dropout(x, 0.4, noise_shape=noise_shape, seed=8)
    theirs = keras.random.dropout(x, 0.4, noise_shape=noise_shape, seed=8)
    torch.testing.assert_close(ours, theirs)


def test_dropout_at_its_ends_keeps_all_or_nothing():
    x = torch.randn(3, 4)
    assert random.dropout(x, 0.0) is x
    assert not random.dropout(x, 1.0).any()


def test_dropout_without_a_seed_follows_set_random_seed():
    torchkeras.utils.set_random_seed(1)
    first = random.dropout(torch.ones(50), 0.5)
    torchkeras.utils.set_random_seed(1)
    assert torch.equal(first, random.dropout(torch.ones(50), 0.5))


def test_shuffle_moves_whole_slices():
    x = torch.arange(12).reshape(4, 3)
    y = random.shuffle(x, axis=0, seed=1)
    assert sorted(map(tuple, y.tolist())) == sorted(map(tuple, x.tolist()))
    columns = random.shuffle(x, axis=-1, seed=1)
    assert sorted(map(tuple, columns.T.tolist())) == sorted(map(tuple, x.T.tolist()))


@pytest.mark.parametrize(
    "draw, mean",
    [
        (lambda n: random.gamma((n,), 2.0, seed=1), 2.0),
        (lambda n: random.beta((n,), 2.0, 6.0, seed=1), 0.25),
        (lambda n: random.binomial((n,), 10.0, 0.3, seed=1), 3.0),
        (lambda n: random.truncated_normal((n,), 1.0, 2.0, seed=1), 1.0),
    ],
)
def test_distributions_have_their_means(draw, mean):
    assert abs(float(draw(20000).mean()) - mean) < 0.05 * mean + 0.03


def test_truncated_numbers_lie_within_two_deviations():
    x = random.truncated_normal((5000,), mean=3.0, stddev=0.5, seed=0)
    assert float((x - 3.0).abs().max()) <= 1.0


def test_types_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="requires a floating point"):
        random.normal((2,), dtype="int32")
    with pytest.raises(ValueError, match="requires an integer"):
        random.randint((2,), 0, 3, dtype="float32")
    with pytest.raises(ValueError, match="2-D tensor"):
        random.categorical(torch.zeros(3), 2)


@pytest.mark.parametrize("alpha", [1e-6, 0.3, 4.0])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_seeds_give_keras_numbers(alpha, dtype):
    for mine, true in (
        (random.beta, keras.random.beta),
        (random.gamma, keras.random.gamma),
        (random.uniform, keras.random.uniform),
    ):
        arguments = ((5,), alpha, 5.0) if "gamma" not in mine.__name__ else ((5,), alpha)
        given = {"seed": 3, "dtype": dtype}
        torch.testing.assert_close(mine(*arguments, **given), true(*arguments, **given))
    x = torch.arange(9)
    assert torch.equal(random.shuffle(x, seed=3), keras.random.shuffle(x, seed=3))


def test_shapes_may_be_symbolic():
    x = torchkeras.Input((3,))
    noise = random.normal((torchkeras.ops.shape(x)[0], 3))
    model = torchkeras.Model(x, x + noise * 0.0)
    assert noise.shape == (None, 3)
    assert model(torch.ones(5, 3)).shape == (5, 3)


def test_numbers_go_where_new_tensors_go():
    with scopes.device_scope("meta"):
        assert random.normal((2,)).is_meta
        assert torchkeras.ops.zeros((2,)).is_meta
        assert torchkeras.ops.convert_to_tensor([1.0]).is_meta
    assert not random.normal((2,)).is_meta


def test_a_device_is_named_or_given():
    with scopes.device_scope("GPU:1") as device:
        assert device == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="Invalid value for argument `device_name`"):
        scopes.device_scope(3)
