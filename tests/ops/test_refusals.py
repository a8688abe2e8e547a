"""Ops tell what doesn't fit: the op, its arguments, and what torch says of them."""

import pytest
import torch

import torchkeras
from torchkeras import ops

X, FOUR, NUMBERS = torch.ones(2, 3), torch.ones(4), torch.ones(2, dtype=torch.int32)

AXES = {
    name: lambda x, name=name: getattr(ops, name)(x, axis=5)
    for name in (
        *("sum", "mean", "max", "min", "amax", "prod", "var", "std", "all", "any", "argmax"),
        *("logsumexp", "cumsum", "cumprod", "median", "nanmean", "flip", "expand_dims", "ptp"),
    )
}
SHAPES = {
    **AXES,
    "add": lambda x: ops.add(x, FOUR),
    "maximum": lambda x: ops.maximum(x, FOUR),
    "where": lambda x: ops.where(X > 0, x, FOUR),
    "matmul": lambda x: ops.matmul(x, X),
    "dot": lambda x: ops.dot(x, FOUR),
    "einsum": lambda x: ops.einsum("ij,jk->ik", x, X),
    "tensordot": lambda x: ops.tensordot(x, X, 1),
    "reshape": lambda x: ops.reshape(x, (4, 2)),
    "transpose": lambda x: ops.transpose(x, (0, 2)),
    "concatenate": lambda x: ops.concatenate([x, torch.ones(3, 4)], 0),
    "stack": lambda x: ops.stack([x, FOUR]),
    "squeeze": lambda x: ops.squeeze(x, 0),
    "broadcast_to": lambda x: ops.broadcast_to(x, (4, 4)),
    "split": lambda x: ops.split(x, 4, axis=1),
    "roll": lambda x: ops.roll(x, 1, axis=3),
    "repeat": lambda x: ops.repeat(x, 2, axis=3),
    "tile": lambda x: ops.tile(x, -1),
    "pad": lambda x: ops.pad(x, ((1, 1), (1, 1), (1, 1))),
    "moveaxis": lambda x: ops.moveaxis(x, 0, 4),
    "swapaxes": lambda x: ops.swapaxes(x, 0, 4),
    "diagonal": lambda x: ops.diagonal(x, axis1=0, axis2=0),
    "take": lambda x: ops.take(x, [0], axis=4),
    "one_hot": lambda x: ops.one_hot(x, 3, axis=7),
    "inv": lambda x: ops.inv(x),
    "solve": lambda x: ops.solve(torch.eye(3), x),
    "conv": lambda x: ops.conv(x, torch.ones(2, 2, 2, 3)),
    "top_k": lambda x: ops.top_k(x, 9),
    "layer_normalization": lambda x: ops.layer_normalization(x, FOUR),
    "batch_normalization": lambda x: ops.batch_normalization(x, FOUR, FOUR, -1),
    "segment_sum": lambda x: ops.segment_sum(x, NUMBERS[:1]),
    "binary_crossentropy": lambda x: ops.binary_crossentropy(x, FOUR),
    "glu": lambda x: ops.glu(x),
    "norm": lambda x: ops.norm(x, ord="none"),
    "diff": lambda x: ops.diff(x, n=-1),
    "quantile": lambda x: ops.quantile(x, 1.5),
    "sort": lambda x: ops.sort(x, axis=2),
    "softmax": lambda x: ops.softmax(x, axis=2),
    "searchsorted": lambda x: ops.searchsorted(FOUR, x, side="up"),
    "argsort": lambda x: ops.argsort(x, axis=2),
    "percentile": lambda x: ops.percentile(x, 101),
    "permute": lambda x: ops.transpose(x, (0,)),
}
EAGER = {
    "zeros": lambda x: ops.zeros((2, -3)),
    "arange": lambda x: ops.arange(0, 5, 0),
    "linspace": lambda x: ops.linspace(0, 1, -1),
    "scatter_update": lambda x: ops.scatter_update(x, NUMBERS[:1, None] - 1, torch.ones(5)),
}
TYPES = {
    "bitwise_and": lambda x: ops.bitwise_and(x, 1),
    "gcd": lambda x: ops.gcd(x, x),
    "subtract": lambda x: ops.subtract(x > 0, x > 0),
    "ldexp": lambda x: ops.ldexp(x, x),
}


@pytest.mark.parametrize("name", [*SHAPES, *EAGER])
def test_what_does_not_fit_is_a_value_error(name):
    with pytest.raises(ValueError, match="shape|axis|axes|is "):
        {**SHAPES, **EAGER}[name](X)


@pytest.mark.parametrize("name", SHAPES)
def test_symbols_are_refused_alike(name):
    with pytest.raises(ValueError, match="shape|axis|axes|is "):
        SHAPES[name](torchkeras.KerasTensor((2, 3)))


@pytest.mark.parametrize("name", TYPES)
def test_a_wrong_number_type_is_a_type_error(name):
    with pytest.raises(TypeError, match=f"{name}: .*dtype"):
        TYPES[name](X)


def test_all_arguments_are_told():
    with pytest.raises(ValueError, match=r"sum: x has shape \(2, 3\) and dtype float32, axis is 5"):
        ops.sum(X, axis=5)
    words = r"x2 has shape \(4,\) and dtype float32; .* The size of tensor a \(3\) must match"
    with pytest.raises(ValueError, match=words):
        ops.add(X, FOUR)
    words = r"xs is of \(2, 3\) float32 and \(4,\) float32; .* same number of dim"
    with pytest.raises(ValueError, match=words):
        ops.concatenate([X, FOUR])


def test_other_failures_stay_what_they_are():
    with pytest.raises(IndexError, match="out of bounds|out of range"):
        ops.take(X, [7], axis=0)
    with pytest.raises(IndexError, match="Target 9 is out of bounds"):
        ops.sparse_categorical_crossentropy(NUMBERS + 8, X, from_logits=True)
