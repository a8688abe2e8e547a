import numpy as np
import tensorflow as tf


def test_bessel_functions_solve_their_wronskian():
    x = tf.constant([0.5, 1.0, 3.0])
    special = tf.math.special
    left = special.bessel_j1(x) * special.bessel_y0(x) - special.bessel_j0(x) * special.bessel_y1(x)
    np.testing.assert_allclose(left, 2 / (np.pi * x.numpy()), rtol=1e-4)
