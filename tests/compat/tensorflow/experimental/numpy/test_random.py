"""Random numbers as NumPy spells them."""

import tensorflow.experimental.numpy as tnp

random = tnp.random


def test_a_seed_repeats_numbers():
    random.seed(3)
    first = random.randn(2, 3)
    random.seed(3)
    assert first.tolist() == random.randn(2, 3).tolist()
    assert first.dtype == tnp.float64


def test_shapes_and_ranges():
    assert random.rand(2).shape == (2,)
    assert random.uniform(2.0, 3.0, (100,)).min() >= 2
    assert random.normal(size=4).shape == random.standard_normal((4,)).shape == (4,)
    assert set(random.randint(2, size=50).tolist()) <= {0, 1}
    assert random.randint(3, 4).item() == 3
