"""Einstein sums taken apart."""

import pytest
import torch

from torchkeras.nn.einsum import Contraction, Einsum, LinearOverAxes


@pytest.mark.parametrize(
    "equation, summed, made",
    [
        ("ab,bc->ac", "b", "c"),
        ("abc,cde->abde", "c", "de"),
        ("...bc,bcd->...d", "bc", "d"),
        ("abc,cd->adb", "", "d"),
        ("abc,abcd->abd", "", "d"),
        ("ab,cb->ac", "", "c"),
    ],
)
def test_affine_maps_of_the_last_axes_are_recognized(equation, summed, made):
    contraction = Contraction.parse(equation)
    assert contraction.summed == summed
    assert contraction.made == made


@pytest.mark.parametrize(
    "equation", ["ab->a", "ab,bc,cd->ad", "...a,b->a...", 3, "...ab...,bc->...ac..."]
)
def test_other_forms_are_refused(equation):
    with pytest.raises(ValueError, match="Invalid einsum equation"):
        Contraction.parse(equation)


def test_lengths_come_from_both_shapes_and_must_agree():
    contraction = Contraction.parse("abc,cd->abd")
    assert contraction.lengths((2, 5, 4), (None, 3)) == {"a": 2, "b": 5, "c": 4, "d": 3}
    with pytest.raises(ValueError, match="do not match at shared dimension 'b'"):
        contraction.lengths((2, 5, 4), (6, 3))
    with pytest.raises(ValueError, match="has no corresponding dim"):
        Contraction.parse("ab,bc->ad").lengths((2, 5), (3,))
    with pytest.raises(ValueError, match="did not have a match"):
        Contraction.parse("ab,bcx->ac").lengths((2, 5), (3,))
    with pytest.raises(ValueError, match="not part of the output"):
        contraction.bias_axes_shape("x", {}, 0)


def test_linear_over_axes_equals_the_sum():
    linear = LinearOverAxes((2, 3), (4, 5))
    x = torch.randn(7, 2, 3)
    kernel = linear.weight.mT.reshape(2, 3, 4, 5)
    wanted = torch.einsum("abc,bcde->ade", x, kernel) + linear.bias.reshape(4, 5)
    torch.testing.assert_close(linear(x), wanted)


def test_einsum_broadcasts_its_bias_from_the_last_axis():
    module = Einsum("ab,bc->ca", (3, 4), (4, 1))
    with torch.no_grad():
        module.bias.add_(torch.arange(4.0).unsqueeze(1))
    assert module(torch.zeros(2, 3)).tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]
