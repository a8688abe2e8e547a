"""Functions of tensors in models: on symbols they give what they give on tensors."""

import numpy as np
import pytest
import tensorflow as tf

VALUES = {
    "rows": np.random.default_rng(0).uniform(size=(2, 4)).astype("float32"),
    "images": np.random.default_rng(1).uniform(size=(2, 6, 8, 3)).astype("float32"),
}
PAIRS = [[0, 0], [1, 1], [1, 1], [0, 0]]
KERNEL = np.ones((2, 2, 3, 1), "float32")
ROWS = {
    "top_k": lambda y: tf.math.top_k(y, 2, index_type=tf.int64).indices,
    "floordiv": lambda y: tf.math.floordiv(y, 0.3),
    "divide_no_nan": lambda y: tf.math.divide_no_nan(y, y),
    "sign": tf.sign,
    "add_n": lambda y: tf.add_n([y, y]),
    "in_top_k": lambda y: tf.math.in_top_k(tf.cast(y[:, 0], tf.int32), y, 2),
    "bincount": lambda y: tf.math.bincount(tf.cast(y, tf.int32), minlength=3, maxlength=3),
    "saturate_cast": lambda y: tf.saturate_cast(y * 300, tf.uint8),
    "split": lambda y: tf.split(y, [1, -1], axis=1)[1],
    "mirrored": lambda y: tf.pad(y, [[0, 0], [1, 1]], "REFLECT"),
    "slice": lambda y: tf.slice(y, [0, 1], [-1, 2]),
    "one_hot": lambda y: tf.one_hot(tf.cast(y, tf.int32), 3),
    "sequence_mask": lambda y: tf.sequence_mask(tf.cast(y[:, 0] * 3, tf.int32), 4),
    "bitcast": lambda y: tf.bitcast(y, tf.int32),
    "reverse_sequence": lambda y: tf.reverse_sequence(
        y, tf.cast(y[:, 0] * 3, tf.int32), seq_axis=1
    ),
    "fft": lambda y: tf.abs(tf.signal.fft(tf.cast(y, tf.complex64))),
    "rfft": lambda y: tf.abs(tf.signal.rfft(y)),
    "embedding": lambda y: tf.nn.embedding_lookup(np.eye(4), tf.cast(y, tf.int32)),
    "cross_entropy": lambda y: tf.nn.softmax_cross_entropy_with_logits(y, y),
    "sparse_cross_entropy": lambda y: tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(y[:, 0], tf.int32), y
    ),
}
IMAGES = {
    "bias_add": lambda x: tf.nn.bias_add(x, [1.0, 2.0, 3.0]),
    "conv2d": lambda x: tf.nn.conv2d(x, KERNEL, 1, PAIRS),
    "max_pool": lambda x: tf.nn.max_pool2d(x, 2, 2, PAIRS),
    "grayscale": tf.image.rgb_to_grayscale,
    "hues": tf.image.rgb_to_hsv,
    "flip": tf.image.flip_left_right,
    "centre": lambda x: tf.image.central_crop(x, 0.5),
    "fitted": lambda x: tf.image.resize_with_pad(x, 4, 10),
    "patches": lambda x: tf.image.extract_patches(
        x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"
    ),
    "boxes": lambda x: tf.image.crop_and_resize(x, [[0.0, 0.0, 1.0, 1.0]], [0], [2, 2]),
    "variation": tf.image.total_variation,
    "likeness": lambda x: tf.image.ssim(x, x, 1.0, filter_size=3),
    "bytes": lambda x: tf.image.convert_image_dtype(x, tf.uint8, saturate=True),
}
CASES = [("rows", name) for name in ROWS] + [("images", name) for name in IMAGES]


@pytest.mark.parametrize("kind, name", CASES)
def test_symbols_give_what_tensors_give(kind, name):
    function = {**ROWS, **IMAGES}[name]
    value = tf.constant(VALUES[kind])
    symbol = tf.keras.Input(value.shape[1:])
    found = tf.keras.Model(symbol, function(symbol))(value)
    np.testing.assert_allclose(found, function(value), rtol=1e-5, atol=1e-6)
