"""Functions beyond the elementary: of the gamma, error and Bessel families, and on order."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.composite import over_values

from tensorflow.ragged import RaggedTensor
from tensorflow.ragged.elementwise import combined
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops


def of_one(operation: Callable[[Tensor], Tensor], text: str) -> Callable[..., Tensor]:
    computed = over_values(lambda x: operation(convert_to_tensor(x)))

    def apply(x: Any, name: str | None = None) -> Tensor:
        return computed(x)

    apply.__doc__ = text
    return apply


def _binary(
    operation: Callable[[Tensor, Tensor], Tensor], first: str, second: str, text: str
) -> Callable[..., Tensor]:
    """A function of two tensors whose arguments bear these names."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = [inspect.Parameter(name, kind) for name in (first, second)]
    signature = inspect.Signature([*named, inspect.Parameter("name", kind, default=None)])

    def of_tensors(x: Any, y: Any) -> Tensor:
        return operation(convert_to_tensor(x), convert_to_tensor(y))

    def apply(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        x, y = given[first], given[second]
        if isinstance(x, RaggedTensor) or isinstance(y, RaggedTensor):
            return combined(of_tensors, x, y)
        return of_tensors(x, y)

    apply.__signature__ = signature
    apply.__doc__ = text
    return apply


bessel_i0 = of_one(torch.special.i0, "Modified Bessel function of order 0.")
bessel_i0e = of_one(torch.special.i0e, "Modified Bessel function of order 0 over exp(abs(x)).")
bessel_i1 = of_one(torch.special.i1, "Modified Bessel function of order 1.")
bessel_i1e = of_one(torch.special.i1e, "Modified Bessel function of order 1 over exp(abs(x)).")
digamma = of_one(torch.digamma, "Derivative of ``lgamma``.")
erfc = of_one(torch.erfc, "1 - erf(x).")
erfcinv = of_one(lambda x: -torch.special.ndtri(x / 2) / 2**0.5, "Inverse of ``erfc``.")
erfinv = of_one(torch.erfinv, "Inverse of ``erf``.")
lgamma = of_one(torch.lgamma, "Logarithm of the gamma function.")
ndtri = of_one(torch.special.ndtri, "The normal distribution's quantile.")
rint = of_one(torch.round, "The nearest whole number; halves go to the even one.")

igamma = _binary(torch.special.gammainc, "a", "x", "The gamma function's lower part, of 1.")
igammac = _binary(torch.special.gammaincc, "a", "x", "The gamma function's upper part, of 1.")
nextafter = _binary(torch.nextafter, "x1", "x2", "The next number from x1 towards x2.")
xlogy = _binary(torch.xlogy, "x", "y", "x * log(y), and 0 where x is 0.")
xlog1py = _binary(torch.special.xlog1py, "x", "y", "x * log(1 + y), and 0 where x is 0.")
xdivy = _binary(
    lambda x, y: torch.where(x == 0, torch.zeros_like(x), x / y),
    "x", "y", "x / y, and 0 where x is 0.",
)  # fmt: skip
zeta = _binary(torch.special.zeta, "x", "q", "Hurwitz's zeta function.")


def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The derivative of order ``a`` of ``digamma``."""
    a, x = torch.broadcast_tensors(convert_to_tensor(a), convert_to_tensor(x))
    higher = (-1) ** (a + 1) * torch.exp(torch.lgamma(a + 1)) * torch.special.zeta(a + 1, x)
    return torch.where(a == 0, torch.digamma(x), higher)


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """Logarithm of the beta function of the last axis."""
    x = convert_to_tensor(x)
    return torch.lgamma(x).sum(-1) - torch.lgamma(x.sum(-1))


@over_values
def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """1 / x, and 0 where x is 0."""
    x = convert_to_tensor(x)
    return torch.where(x == 0, torch.zeros_like(x), 1 / x)


def cumulative_logsumexp(
    x: Any,
    axis: int = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Logarithms of the sums of exponentials so far along ``axis``; see ``cumsum``."""
    x = convert_to_tensor(x)
    if not x.numel():
        return x
    x = x.flip(axis) if reverse else x
    total = torch.logcumsumexp(x, axis)
    if exclusive:
        first = torch.full_like(total.narrow(axis, 0, 1), -torch.inf)
        total = torch.cat([first, total.narrow(axis, 0, x.shape[axis] - 1)], dim=axis)
    return total.flip(axis) if reverse else total


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """The permutation that undoes ``x``."""
    x = convert_to_tensor(x)
    return torch.argsort(x).to(x.dtype)


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether no element is smaller than the one before."""
    flat = convert_to_tensor(x).reshape(-1)
    return (flat[1:] >= flat[:-1]).all()


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether every element is larger than the one before."""
    flat = convert_to_tensor(x).reshape(-1)
    return (flat[1:] > flat[:-1]).all()


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The fraction of elements that are 0."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


def _rounded_quotient(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y, rounding_mode="trunc")


truncatediv = _binary(_rounded_quotient, "x", "y", "x / y, cut off towards zero.")
truncatemod = _binary(torch.fmod, "x", "y", "What ``truncatediv`` leaves; has the sign of x.")
realdiv = _binary(torch.true_divide, "x", "y", "x / y of floating numbers.")


def _approximate(largest: bool, text: str) -> Callable[..., tuple[Tensor, Tensor]]:
    def find(
        operand: Any,
        k: int,
        reduction_dimension: int = -1,
        recall_target: float = 0.95,
        reduction_input_size_override: int = -1,
        aggregate_to_topk: bool = True,
        name: str | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The ``k`` largest elements and their places, exactly.

        ``recall_target``, ``reduction_input_size_override`` and ``aggregate_to_topk`` change
        nothing here: they say how rough a result may be.
        """
        found = torch.topk(convert_to_tensor(operand), k, reduction_dimension, largest)
        return found.values, found.indices.to(torch.int32)

    find.__doc__ = (find.__doc__ or "").replace("largest", text)
    return find


approx_max_k = _approximate(True, "largest")
approx_min_k = _approximate(False, "smallest")


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = torch.int32,
    name: str | None = None,
) -> Tensor:
    """Where values would stand in sequences in order; before or after (``"right"``) equals."""
    order, values = convert_to_tensor(sorted_sequence), convert_to_tensor(values)
    return ops.cast(torch.searchsorted(order, values, side=side), out_type)
