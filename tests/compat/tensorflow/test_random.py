import numpy as np
import pytest
import tensorflow as tf


def test_the_seed_decides_everything():
    def draw():
        tf.random.set_seed(3)
        return [
            tf.random.normal((3,)),
            tf.random.uniform((3,), seed=1),
            tf.random.shuffle(tf.range(10)),
        ]

    for first, second in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_seed_of_its_own_starts_a_sequence():
    tf.random.set_seed(1)
    first, second = tf.random.normal((4,), seed=5), tf.random.normal((4,), seed=5)
    assert not np.array_equal(first, second)
    tf.random.set_seed(1)
    np.testing.assert_array_equal(first, tf.random.normal((4,), seed=5))


def test_distributions():
    tf.random.set_seed(0)
    x = tf.random.normal((20000,), mean=2.0, stddev=3.0)
    assert abs(float(tf.reduce_mean(x)) - 2) < 0.1
    u = tf.random.uniform((20000,), -1, 1)
    assert -1 <= float(tf.reduce_min(u)) < -0.99
    assert abs(float(tf.reduce_max(tf.abs(tf.random.truncated_normal((5000,)))))) <= 2
    n = tf.random.uniform((1000,), 0, 5, dtype=tf.int32)
    assert n.dtype == tf.int32
    assert sorted(set(n.numpy().tolist())) == [0, 1, 2, 3, 4]
    assert tf.random.poisson([3], [1.0, 100.0]).shape == (3, 2)
    assert tf.random.gamma([3], 2.0).shape == (3,)
    with pytest.raises(ValueError, match="maxval"):
        tf.random.uniform((2,), dtype=tf.int32)


def test_categorical_draws_by_the_logits():
    drawn = tf.random.categorical([[-100.0, 0.0], [0.0, -100.0]], 4)
    assert drawn.dtype == tf.int64
    assert drawn.numpy().tolist() == [[1] * 4, [0] * 4]


def test_stateless_functions_follow_from_the_seed_alone():
    np.testing.assert_array_equal(
        tf.random.stateless_normal((3,), seed=[1, 2]), tf.random.stateless_normal((3,), seed=[1, 2])
    )
    assert not np.array_equal(
        tf.random.stateless_uniform((3,), seed=[1, 2]),
        tf.random.stateless_uniform((3,), seed=[2, 1]),
    )


def test_generators_are_sequences_of_their_own():
    first, second = tf.random.Generator.from_seed(7), tf.random.Generator.from_seed(7)
    np.testing.assert_array_equal(first.normal((2,)), second.normal((2,)))
    assert first.uniform((2,), 0, 9, tf.int32).dtype == tf.int32
    assert tf.random.Generator.from_non_deterministic_state().normal((2,)).shape == (2,)


def test_a_generator_can_be_set_back_and_on():
    generator = tf.random.Generator.from_seed(3)
    first = generator.normal([2]).numpy().tolist()
    assert generator.state.numpy().tolist() == [3 + 2 * 256, 0, 0]
    second = generator.normal([2]).numpy().tolist()
    assert first != second
    generator.reset_from_seed(3)
    generator.skip(2)
    copied = tf.random.Generator(copy_from=generator)
    assert generator.normal([2]).numpy().tolist() == second == copied.normal([2]).numpy().tolist()
    generator.reset([3, 0, 0])
    assert generator.normal([2]).numpy().tolist() == first
    generator.reset_from_key_counter(5, [1, 2])
    assert generator.state.numpy().tolist() == [1, 2, 5]
    assert int(generator.key) == 5
    again = tf.random.Generator.from_key_counter(5, [1, 2], "threefry")
    assert again.algorithm == tf.random.Algorithm.THREEFRY.value
    assert again.uniform([]).numpy() == generator.uniform([]).numpy()
    with pytest.raises(ValueError, match="state is None"):
        tf.random.Generator()


def test_generators_draw_whole_numbers():
    generator = tf.random.Generator.from_state([1, 2, 3], alg="philox")
    counts = generator.binomial([50], counts=10.0, probs=0.5)
    assert counts.dtype == tf.int32
    assert 3 < counts.numpy().mean() < 7
    numbers = generator.uniform_full_int([40], tf.int32).numpy()
    assert numbers.min() < -(2**28)
    assert numbers.max() > 2**28


@pytest.mark.parametrize(
    "draw",
    [
        lambda alg: tf.random.stateless_uniform([2], [1, 2], alg=alg),
        lambda alg: tf.random.stateless_normal([2], [1, 2], alg=alg),
        lambda alg: tf.random.stateless_truncated_normal([2], [1, 2], alg=alg),
        lambda alg: tf.random.split([1, 2], alg=alg),
        lambda alg: tf.random.fold_in([1, 2], 3, alg=alg),
        lambda alg: tf.random.Generator.from_seed(1, alg).normal([2]),
    ],
)
def test_algorithms_are_known_and_give_the_same_numbers(draw):
    expected = draw("auto_select").numpy().tolist()
    assert draw("philox").numpy().tolist() == expected
    assert draw(tf.random.Algorithm.PHILOX).numpy().tolist() == expected
    with pytest.raises(ValueError, match="alg is 'mersenne'"):
        draw("mersenne")


def test_seeds_follow_from_seeds():
    first, again = tf.random.split((1, 2), 3), tf.random.split((1, 2), 3)
    assert first.shape == (3, 2)
    assert first.numpy().tolist() == again.numpy().tolist()
    assert tf.random.fold_in((1, 2), 3).numpy().tolist() != [1, 2]
    whole = tf.random.stateless_uniform([50], first[0], 2, 5, dtype=tf.int32)
    assert set(whole.numpy().tolist()) == {2, 3, 4}
    near = tf.random.stateless_truncated_normal([50], first[1])
    assert float(tf.reduce_max(tf.abs(near))) <= 2
    drawn = tf.random.stateless_categorical(tf.zeros([2, 3]), 4, seed=first[2])
    assert drawn.shape == (2, 4)


def test_one_generator_is_shared():
    tf.random.set_global_generator(tf.random.Generator.from_seed(7))
    shared = tf.random.get_global_generator()
    expected = tf.random.Generator.from_seed(7).normal([3]).numpy().tolist()
    assert shared.normal([3]).numpy().tolist() == expected
    assert shared.make_seeds(2).shape == (2, 2)
    assert len(shared.split(2)) == 2
