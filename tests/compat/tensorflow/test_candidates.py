"""Candidate samplers: how often classes are expected, as TensorFlow 2.21 tells it."""

import numpy as np
import pytest
import tensorflow as tf

TRUE = np.array([[0], [2], [5], [1]])
WEIGHTS = {"unigrams": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "distortion": 0.5}
SAMPLERS = {
    "uniform": (tf.random.uniform_candidate_sampler, {}, [0.6667] * 4),
    "learned": (tf.random.learned_unigram_candidate_sampler, {}, [0.6667] * 4),
    "log": (tf.random.log_uniform_candidate_sampler, {}, [1.4248, 0.5914, 0.3169, 0.8335]),
    "fixed": (
        tf.random.fixed_unigram_candidate_sampler, WEIGHTS, [0.3693, 0.6396, 0.9046, 0.5222],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLERS)
def test_classes_are_expected_as_in_tensorflow(name):
    draw, options, expected = SAMPLERS[name]
    sampled, of_true, of_sampled = draw(TRUE, 1, 4, False, 6, seed=1, **options)
    assert (sampled.dtype, of_true.dtype, of_sampled.dtype) == (tf.int64, tf.float32, tf.float32)
    np.testing.assert_allclose(of_true[:, 0], expected, atol=1e-4)
    by_class = dict(zip(TRUE[:, 0].tolist(), expected, strict=True))
    for one, number in zip(sampled.tolist(), of_sampled.tolist(), strict=True):
        assert number == pytest.approx(by_class.get(one, number), abs=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_classes_are_drawn_as_often_as_expected(name):
    draw, options, _ = SAMPLERS[name]
    tf.random.set_seed(0)
    counts = np.zeros(6)
    for _ in range(200):
        sampled, _, _ = draw(TRUE, 1, 4, True, 6, **options)
        assert len(set(sampled.tolist())) == 4
        counts[sampled.numpy()] += 1 / 200
    _, expected, _ = draw(np.arange(6)[:, None], 1, 4, False, 6, **options)
    order = np.argsort(expected[:, 0].numpy(), kind="stable")
    assert counts[order[-1]] > counts[order[0]] - 0.15
    assert counts.sum() == pytest.approx(4)


def test_what_was_expected_of_five_tries_without_repetitions():
    # TensorFlow: 1 - (1 - p) ** 5 for the four classes of five tries.
    for seed in range(30):
        found = tf.random.log_uniform_candidate_sampler(TRUE, 1, 4, True, 6, seed=seed)
        if abs(float(found[1][0, 0]) - 0.8894) < 1e-4:
            np.testing.assert_allclose(found[1][:, 0], [0.8894, 0.5506, 0.3381, 0.6891], atol=1e-4)
            return
    pytest.fail("no seed made five tries")


def test_all_classes_are_drawn_once():
    sampled, of_true, of_sampled = tf.random.all_candidate_sampler(TRUE, 1, 6, True)
    assert sampled.tolist() == list(range(6))
    assert of_true.tolist() == [[1.0]] * 4
    assert of_sampled.tolist() == [1.0] * 6


def test_weights_come_from_a_file(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("a,1\nb,3\n\n")
    sampler = tf.random.fixed_unigram_candidate_sampler
    _, of_true, _ = sampler([[1], [2]], 1, 2, False, 3, str(path), num_reserved_ids=1)
    assert of_true[:, 0].tolist() == pytest.approx([0.5, 1.5])
    sampled, _, _ = sampler([[0]], 1, 5, False, 4, unigrams=[1] * 4, num_shards=2, shard=1)
    assert set(sampled.tolist()) <= {1, 3}


@pytest.mark.parametrize(
    "options, said",
    [({}, "unigrams"), ({"unigrams": [1], "vocab_file": "x"}, "unigrams"),
     ({"unigrams": [1.0]}, "range_max"), ({"unigrams": [1.0] * 3, "true": [0]}, "true_classes"),
     ({"unigrams": [1.0, 0, 0]}, "num_sampled")],
)  # fmt: skip
def test_arguments_are_checked(options, said):
    options = dict(options)
    true = options.pop("true", [[0]])
    with pytest.raises(ValueError, match=said):
        tf.random.fixed_unigram_candidate_sampler(true, 1, 2, True, 3, **options)
