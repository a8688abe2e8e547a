"""Losses of the first generation against what TensorFlow 2.21 gave."""

import numpy as np
import pytest
import tensorflow as tf

losses = tf.compat.v1.losses
Y, P = [[0.0, 1.0], [1.0, 0.0]], [[0.2, 0.7], [1.9, -0.4]]
W = [[1.0], [0.0]]
OTHER_WEIGHTS = [[2.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize("name, arguments, options, expected", [
    ("absolute_difference", (Y, P), {}, 0.45),
    ("mean_squared_error", (Y, P), {}, 0.275),
    ("mean_squared_error", (Y, P, W), {}, 0.065),
    ("mean_squared_error", (Y, P, OTHER_WEIGHTS), {"reduction": "weighted_mean"}, 0.0825),
    ("mean_squared_error", (Y, P), {"reduction": losses.Reduction.SUM}, 1.1),
    ("mean_squared_error", (Y, P, W), {"reduction": "weighted_sum_over_batch_size"}, 0.0325),
    ("huber_loss", (Y, P), {"delta": 0.5}, 0.1175),
    ("log_loss", (Y, [[0.2, 0.7], [0.9, 0.4]]), {}, 0.299002),
    ("hinge_loss", (Y, P), {}, 0.525),
    ("cosine_distance", (Y, P), {"axis": 1}, -0.3),
    ("sigmoid_cross_entropy", (Y, P), {}, 0.463432),
    ("sigmoid_cross_entropy", (Y, P, 1.0, 0.1), {}, 0.498432),
    ("softmax_cross_entropy", (Y, P), {}, 0.284811),
    ("softmax_cross_entropy", (Y, P), {"label_smoothing": 0.2}, 0.424811),
    ("sparse_softmax_cross_entropy", ([1, 0], P), {}, 0.284811),
    ("compute_weighted_loss", ([2.0, 4.0], [0.0, 0.0]), {}, 0.0),
])  # fmt: skip
def test_losses_are_one_weighted_mean(name, arguments, options, expected):
    found = getattr(losses, name)(*arguments, **options)
    assert found.shape == ()
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


def test_losses_may_stay_apart():
    found = losses.mean_squared_error(Y, P, reduction=losses.Reduction.NONE)
    np.testing.assert_allclose(found, np.square(np.subtract(Y, P)), rtol=1e-6)


def test_bad_arguments_are_told():
    with pytest.raises(ValueError, match="reduction is 'mean'; expected one of"):
        losses.mean_squared_error(Y, P, reduction="mean")
    with pytest.raises(ValueError, match="expected the axis"):
        losses.cosine_distance(Y, P)
