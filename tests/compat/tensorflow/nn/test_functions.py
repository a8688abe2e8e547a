import numpy as np
import pytest
import tensorflow as tf


def test_cross_entropies_take_logits():
    logits = tf.constant([[2.0, 1.0, 0.0]])
    expected = np.log(np.exp([2.0, 1, 0]).sum()) - 1.0
    np.testing.assert_allclose(
        tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0, 0.0]], logits=logits),
        [expected],
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=logits),
        [expected],
        rtol=1e-6,
    )
    x = tf.constant([-100.0, 0.0, 100.0])
    found = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones(3), logits=x)
    np.testing.assert_allclose(found, [100, np.log(2), 0], atol=1e-6)
    with pytest.raises(ValueError, match="labels.shape"):
        tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[[1.0]])


def test_weighted_cross_entropy_counts_true_labels_more():
    x, y = tf.constant([0.3, -0.7]), tf.constant([1.0, 0.0])
    plain = tf.nn.sigmoid_cross_entropy_with_logits(y, x).numpy()
    found = tf.nn.weighted_cross_entropy_with_logits(y, x, pos_weight=3.0)
    np.testing.assert_allclose(found, plain * [3, 1], rtol=1e-6)


def test_activations_use_tensorflows_constants():
    x = tf.constant([-1.0, 2.0])
    np.testing.assert_allclose(tf.nn.leaky_relu(x), [-0.2, 2.0], rtol=1e-6)
    np.testing.assert_allclose(tf.nn.relu6(x * 4), [0, 6])
    np.testing.assert_allclose(tf.nn.gelu(x), [-0.158655, 1.954500], atol=1e-5)
    np.testing.assert_allclose(tf.nn.swish(x), x.numpy() / (1 + np.exp(-x.numpy())), rtol=1e-6)
    assert tf.nn.crelu(x).numpy().tolist() == [0.0, 2.0, 1.0, 0.0]


def test_convolutions_take_strides_for_all_axes():
    x, kernel = tf.ones((1, 5, 5, 1)), tf.ones((3, 3, 1, 2))
    assert tf.nn.conv2d(x, kernel, strides=[1, 2, 2, 1], padding="SAME").shape == (1, 3, 3, 2)
    assert tf.nn.conv2d(x, kernel, strides=1, padding="VALID").shape == (1, 3, 3, 2)
    padded = tf.nn.conv2d(x, kernel, 1, [[0, 0], [1, 1], [1, 1], [0, 0]])
    assert padded.shape == (1, 5, 5, 2)
    assert tf.nn.conv1d(tf.ones((1, 5, 1)), tf.ones((2, 1, 3)), 1, "VALID").shape == (1, 4, 3)
    with pytest.raises(ValueError, match="data_format"):
        tf.nn.conv2d(x, kernel, 1, "SAME", data_format="HWC")


def test_pools():
    x = tf.constant(np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1))
    assert tf.nn.max_pool(x, 2, 2, "VALID").numpy().ravel().tolist() == [5, 7, 13, 15]
    assert tf.nn.avg_pool2d(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID").numpy().ravel()[0] == 2.5


def test_moments_and_normalization():
    x = tf.constant([[1.0, 2.0], [3.0, 6.0]])
    mean, variance = tf.nn.moments(x, axes=[0])
    assert mean.numpy().tolist() == [2.0, 4.0]
    assert variance.numpy().tolist() == [1.0, 4.0]
    found = tf.nn.batch_normalization(x, mean, variance, None, None, 0.0)
    np.testing.assert_allclose(found, [[-1, -1], [1, 1]], rtol=1e-6)


def test_dropout_keeps_the_mean():
    tf.random.set_seed(0)
    x = tf.nn.dropout(tf.ones(10000), rate=0.4)
    assert abs(float(tf.reduce_mean(x)) - 1) < 0.05
    assert abs(float(tf.nn.zero_fraction(x)) - 0.4) < 0.05


def test_small_helpers():
    assert float(tf.nn.l2_loss([3.0, 4.0])) == 12.5
    assert tf.nn.embedding_lookup(tf.eye(3), [2, 0]).numpy().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert tf.nn.bias_add(tf.zeros((1, 2)), [1.0, 2.0]).numpy().tolist() == [[1.0, 2.0]]
    assert float(tf.nn.compute_average_loss([1.0, 3.0], global_batch_size=4)) == 1.0
    assert tf.nn.lrn(tf.ones((1, 2, 2, 8))).shape == (1, 2, 2, 8)


def test_pools_over_so_many_axes_know_their_layouts():
    images = np.arange(24, dtype="float32").reshape(1, 4, 6, 1)
    assert tf.nn.max_pool2d(images, 2, 2, "VALID").shape == (1, 2, 3, 1)
    assert tf.nn.avg_pool1d(images[0], 2, 2, "VALID").shape == (4, 3, 1)
    with pytest.raises(ValueError, match="max_pool2d: data_format is 'NWC'"):
        tf.nn.max_pool2d(images, 2, 2, "VALID", data_format="NWC")
    with pytest.raises(ValueError, match="avg_pool3d: input.shape"):
        tf.nn.avg_pool3d(images, 2, 2, "VALID")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: tf.nn.conv2d(x, tf.ones((1, 1, 1, 1)), [2, 1, 1, 1], "SAME"), "for the batch"),
        (lambda x: tf.nn.max_pool(x, [1, 2, 2, 2], 1, "SAME"), "for channels"),
        (lambda x: tf.nn.max_pool(x, 2, 2, "FULL"), "padding is 'FULL'"),
        (lambda x: tf.nn.avg_pool(x, 2, 2, [[1, 1], [1, 1]]), "avg_pool: padding"),
        (
            lambda x: tf.nn.depthwise_conv2d(
                x, tf.ones((2, 2, 1, 1)), [1, 2, 2, 1], "SAME", dilations=[2, 2]
            ),
            "expected 1, since dilations",
        ),
        (lambda x: tf.nn.dropout(x, 1.0), "rate is 1.0"),
        (lambda x: tf.nn.bias_add(x, [1.0, 2.0]), r"bias.shape is \(2,\); expected \(1,\)"),
        (lambda x: tf.nn.embedding_lookup(x[0, 0], [-1]), "indices is -1"),
        (
            lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits([[0]], [[1.0, 2.0]]),
            r"labels.shape is \(1, 1\)",
        ),
        (
            lambda x: tf.nn.weighted_cross_entropy_with_logits([1.0], [1.0, 2.0], 2.0),
            r"labels.shape is \(1,\)",
        ),
        (lambda x: tf.nn.compute_average_loss([1.0], None, 2.5), "a whole number"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call(tf.ones((1, 4, 6, 1)))


def test_pairs_of_numbers_pad_windows():
    images = -np.arange(1, 25, dtype="float32").reshape(1, 4, 6, 1)
    pairs = [[0, 0], [1, 1], [1, 1], [0, 0]]
    found = tf.nn.max_pool(images, 2, 2, pairs)
    assert (found.shape, found.max().item()) == ((1, 3, 4, 1), -1.0)
    kernel = tf.ones((2, 2, 1, 1))
    whole = tf.nn.conv2d(images, kernel, 1, pairs)
    np.testing.assert_allclose(tf.nn.depthwise_conv2d(images, kernel, [1] * 4, pairs), whole)


def test_tables_in_parts_and_ragged_numbers():
    table = np.arange(6, dtype="float32").reshape(3, 2)
    parts = tf.nn.embedding_lookup([table[:2], table[2:]], [2, 0])
    assert parts.tolist() == [[4, 5], [0, 1]]
    rows = tf.nn.embedding_lookup(table, tf.ragged.constant([[1], [], [0, 2]]))
    assert rows.to_list() == [[[2, 3]], [], [[0, 1], [4, 5]]]
