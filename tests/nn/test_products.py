"""Products in floats and in int8."""

import pytest
import torch
from parity import numbers

from torchkeras.nn.products import Affine, Summed, aligned, int8_linear


@pytest.mark.parametrize("rows", [0, 1, 5, 33])
def test_products_of_int8_are_exact(rows):
    x = torch.randint(-127, 128, (rows, 2, 37), dtype=torch.int8)
    weight = torch.randint(-127, 128, (11, 37), dtype=torch.int8)
    y = int8_linear(x, weight)
    assert y.dtype == torch.int32
    assert torch.equal(y.long(), x.long() @ weight.long().T)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("rows", "k", "n"), [(1, 8, 8), (17, 37, 11), (64, 128, 256), (5, 24, 9)])
def test_products_of_int8_are_exact_on_a_gpu(rows, k, n):
    x = torch.randint(-127, 128, (rows, k), dtype=torch.int8)
    weight = torch.randint(-127, 128, (n, k), dtype=torch.int8)
    y = int8_linear(x.cuda(), weight.cuda()).cpu()
    assert torch.equal(y.long(), x.long() @ weight.long().T)


FORMS = [
    (Affine((4,), (3,)), (2, 5, 4), (4, 3)),
    (Affine((2, 4), (3, 2)), (5, 2, 4), (2, 4, 3, 2)),
    (Summed("abc", "cd", "adb"), (2, 5, 4), (4, 3)),
    (Summed("abc", "bcd", "ad"), (2, 5, 4), (5, 4, 3)),
    (Summed("abc", "bcd", "abd"), (2, 5, 4), (5, 4, 3)),
]


@pytest.mark.parametrize(("form", "shape", "kernel_shape"), FORMS)
def test_the_gradient_of_the_input_is_that_of_the_product(form, shape, kernel_shape):
    x = torch.tensor(numbers(shape), requires_grad=True)
    weight = form.stored(torch.tensor(numbers(kernel_shape, 1)))
    y = form.multiply(form.enter(x), weight)
    gradient = torch.tensor(numbers(tuple(y.shape), 2))
    y.backward(gradient)
    torch.testing.assert_close(form.back(gradient, weight), form.enter(x.grad))
    assert form.leave(y).numel() == y.numel()


@pytest.mark.parametrize(("form", "shape", "kernel_shape"), FORMS)
def test_levels_are_multiplied_exactly(form, shape, kernel_shape):
    x = form.enter(torch.randint(-127, 128, shape, dtype=torch.int8))
    weight = form.stored(torch.randint(-127, 128, kernel_shape, dtype=torch.int8)).contiguous()
    wanted = form.multiply(x.double(), weight.double())
    assert torch.equal(form.multiply_levels(x, weight).double(), wanted)


def test_scales_are_laid_along_the_axes_of_the_result():
    scale = torch.tensor(numbers((2, 5, 1)))
    assert aligned(scale, "abc", "adb").shape == (2, 1, 5)
    form = Summed("abc", "cd", "adb")
    assert form.beside_output(scale).shape == (2, 1, 5)
    assert form.beside_weight(torch.ones(1, 3, 1)).shape == (1, 3)
    assert form.input_axes == (2,)
