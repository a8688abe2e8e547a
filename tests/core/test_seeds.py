"""Seeds, and draws that they fix."""

import copy

import keras
import numpy as np
import pytest
import torch

from torchkeras.core import scopes, seeds


def test_a_generator_counts_its_draws_as_keras_does():
    ours, theirs = seeds.SeedGenerator(7), keras.random.SeedGenerator(7)
    for _ in range(3):
        np.testing.assert_array_equal(ours.next(), theirs.next())
    np.testing.assert_array_equal(ours.next(ordered=False), theirs.next(ordered=False))
    np.testing.assert_array_equal(ours.state.numpy(), theirs.state.numpy())


def test_the_state_is_a_variable_that_is_not_trained():
    state = seeds.SeedGenerator(1, name="mine").state
    assert (state.path, state.dtype, state.shape) == ("mine/seed_generator_state", "int32", (2,))
    assert not state.trainable


def test_the_configuration_makes_the_same_generator():
    generator = seeds.SeedGenerator(3, name="three")
    again = seeds.SeedGenerator.from_config(generator.get_config())
    assert (again.name, again.next().tolist()) == ("three", [3, 0])


def test_a_large_seed_wraps_as_in_keras():
    big = 2**31 + 5
    assert seeds.SeedGenerator(big).next().tolist() == [big - 2**32, 0]


def test_a_seed_that_is_no_integer_is_refused():
    with pytest.raises(ValueError, match="seed must be an integer"):
        seeds.SeedGenerator("one")
    with pytest.raises(TypeError, match="must be either an integer or an instance of"):
        seeds.draw("uniform", (2,), seed="one")


def test_set_random_seed_fixes_draws_without_a_seed():
    seeds.set_random_seed(5)
    first = seeds.draw("normal", (3,)), np.random.rand(), seeds.SeedGenerator().next().tolist()
    seeds.set_random_seed(5)
    second = seeds.draw("normal", (3,)), np.random.rand(), seeds.SeedGenerator().next().tolist()
    assert torch.equal(first[0], second[0])
    assert first[1:] == second[1:]


@pytest.mark.parametrize("seed", [-1, 2**32, "0", None])
def test_set_random_seed_refuses_what_numpy_could_not_take(seed):
    with pytest.raises(ValueError, match="an integer in"):
        seeds.set_random_seed(seed)


def test_a_generator_without_a_seed_leaves_drawing_to_torch():
    generator = seeds.SeedGenerator()
    before = generator.state.numpy()
    assert seeds.generator_for(generator, "cpu") is None
    np.testing.assert_array_equal(before, generator.state.numpy())


def test_an_integer_gives_the_same_numbers_each_time():
    assert torch.equal(seeds.draw("uniform", (3,), seed=4), seeds.draw("uniform", (3,), seed=4))


@pytest.mark.parametrize(
    "kind, low, high",
    [("uniform", 1.0, 3.0), ("normal", 1.0, 0.5), ("bernoulli", 0.4, 0.0), ("randint", 2, 9)],
)
def test_a_compiled_graph_draws_the_same_numbers_without_a_break(kind, low, high):
    dtype = torch.int32 if kind == "randint" else torch.float32
    ours, theirs = seeds.SeedGenerator(9), seeds.SeedGenerator(9)

    def step(x):
        return x + seeds.draw(kind, x.shape, low, high, dtype, x.device, ours)

    compiled = torch.compile(step, fullgraph=True, backend="aot_eager")
    x = torch.zeros(3, dtype=dtype)
    for _ in range(2):
        expected = seeds.draw(kind, (3,), low, high, dtype, None, theirs)
        torch.testing.assert_close(compiled(x), expected)
    np.testing.assert_array_equal(ours.state.numpy(), theirs.state.numpy())


@pytest.mark.parametrize("kind", ["gamma", "dirichlet"])
def test_distributions_of_tensors_are_drawn_in_a_compiled_graph(kind):
    ours, theirs = seeds.SeedGenerator(9), seeds.SeedGenerator(9)
    compiled = torch.compile(
        lambda x: seeds.draw_by(kind, x, ours), fullgraph=True, backend="aot_eager"
    )
    x = torch.tensor([[0.3, 2.0], [1.0, 5.0]])
    for _ in range(2):
        torch.testing.assert_close(compiled(x), seeds.draw_by(kind, x, theirs))
    assert not torch.equal(seeds.draw_by(kind, x), seeds.draw_by(kind, x))


def test_a_run_for_shapes_leaves_the_state_alone():
    generator = seeds.SeedGenerator(2)
    with scopes.shape_run_scope():
        assert seeds.draw("uniform", (3,), seed=generator).shape == (3,)
    assert generator.next().tolist() == [2, 0]


def test_a_copy_goes_its_own_way():
    generator = seeds.SeedGenerator(2)
    other = copy.deepcopy(generator)
    generator.next()
    assert other.next().tolist() == [2, 0]


def test_nothing_is_drawn_on_the_meta_device():
    generator = seeds.SeedGenerator(2)
    assert seeds.draw("uniform", (3,), device="meta", seed=generator).is_meta
    for kind in ("gamma", "dirichlet"):
        assert seeds.draw_by(kind, torch.ones(3, 2, device="meta"), generator).is_meta
