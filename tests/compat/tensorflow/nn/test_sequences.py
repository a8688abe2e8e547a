import numpy as np
import pytest
import tensorflow as tf

SURE = np.log(np.eye(3, dtype="float32")[[[1], [1], [0], [1]]] + 1e-6)  # (time, batch, classes)


def test_sure_steps_decode_to_their_labels_and_cost_nothing():
    (decoded,), score = tf.nn.ctc_greedy_decoder(SURE, [4], blank_index=0)
    assert decoded.values.numpy().tolist() == [1, 1]
    assert score.shape == (1, 1)
    loss = tf.nn.ctc_loss([[1, 1]], SURE, [2], [4], blank_index=0)
    np.testing.assert_allclose(loss, [0.0], atol=1e-3)


def test_sparse_labels_are_the_dense_ones():
    dense = tf.nn.ctc_loss([[1, 0]], SURE, [2], [4], blank_index=2)
    labels = tf.SparseTensor([[0, 0], [0, 1]], [1, 0], [1, 2])
    np.testing.assert_allclose(tf.nn.ctc_loss(labels, SURE, None, [4]), dense, rtol=1e-6)


def test_runs_become_one():
    labels, counts = tf.nn.collapse_repeated([[1, 1, 2], [3, 0, 0]], [3, 1])
    assert labels.numpy().tolist() == [[1, 2], [3, 0]]
    assert counts.numpy().tolist() == [2, 1]


def test_there_are_no_more_paths_than_beams():
    with pytest.raises(ValueError, match="top_paths"):
        tf.nn.ctc_beam_search_decoder(SURE, [4], beam_width=1, top_paths=2)


def test_no_more_steps_count_than_there_are():
    with pytest.raises(ValueError, match="at most 2 steps"):
        tf.nn.ctc_greedy_decoder(tf.zeros((2, 1, 3)), [3])
