"""``tf.math.special``: Bessel functions."""

import torch
from torchkeras_shim.names import missing

from tensorflow.math.functions import bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, of_one

__getattr__ = missing(__name__)

bessel_j0 = of_one(torch.special.bessel_j0, "Bessel function of the first kind, order 0.")
bessel_j1 = of_one(torch.special.bessel_j1, "Bessel function of the first kind, order 1.")
bessel_y0 = of_one(torch.special.bessel_y0, "Bessel function of the second kind, order 0.")
bessel_y1 = of_one(torch.special.bessel_y1, "Bessel function of the second kind, order 1.")
bessel_k0 = of_one(
    torch.special.modified_bessel_k0, "Modified Bessel function of the second kind, order 0."
)
bessel_k1 = of_one(
    torch.special.modified_bessel_k1, "Modified Bessel function of the second kind, order 1."
)
bessel_k0e = of_one(torch.special.scaled_modified_bessel_k0, "``bessel_k0(x) * exp(x)``.")
bessel_k1e = of_one(torch.special.scaled_modified_bessel_k1, "``bessel_k1(x) * exp(x)``.")
