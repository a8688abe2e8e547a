"""GPTQ on a matrix; ``tests/layers/test_calibration.py`` compares it with Keras's."""

import torch
from parity import numbers

from torchkeras.quantizers import GPTQConfig
from torchkeras.quantizers.gptq import Hessian, gptq
from torchkeras.quantizers.groups import fit_levels


def test_the_hessian_is_a_mean_over_all_inputs():
    x = torch.tensor(numbers((12, 4)))
    whole, parts = Hessian(4, "cpu"), Hessian(4, "cpu")
    whole.add(x)
    parts.add(x[:5].reshape(5, 1, 4))
    parts.add(x[5:])
    parts.add(x[:0])
    torch.testing.assert_close(whole.value, 2 * x.T @ x / 12)
    torch.testing.assert_close(parts.value, whole.value)


def test_more_columns_than_a_block_have_one_scale_per_group():
    weight, x = torch.tensor(numbers((3, 300))), torch.tensor(numbers((40, 300), 1))
    hessian = Hessian(300, "cpu")
    hessian.add(x)
    for size, groups in ((-1, 1), (200, 2), (100, 3)):
        config = GPTQConfig(None, None, group_size=size)
        levels, reading, numbers_of_groups = gptq(weight, hessian, config)
        assert reading.scale.shape == (3, groups)
        restored = reading.back(levels.float(), numbers_of_groups)
        plain = fit_levels(weight, 4, group_size=size)
        nearest = plain.back(plain.of(weight, numbers_of_groups), numbers_of_groups)
        errors = [((x @ (w - weight).T) ** 2).mean() for w in (restored, nearest)]
        assert errors[0] < errors[1]
