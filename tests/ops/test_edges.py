"""Ops beside real Keras where they are most easily wrong.

NaN and infinities, empty tensors, all axes and ``keepdims``, all pairs of number types, gradients.
"""

import itertools

import keras
import numpy as np
import pytest
import torch

from torchkeras import ops

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*degrees of freedom"),  # variance of nothing
    pytest.mark.filterwarnings("ignore:Using torch.cross"),
]

NAN, INF = float("nan"), float("inf")
STRANGE = torch.tensor([NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e30, -1e30, 1e-30])


def names(text):
    return text.split()


def flat(result):
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    return [result]


def described(x):
    return (str(x.dtype), tuple(x.shape)) if isinstance(x, torch.Tensor) else (type(x).__name__, ())


def check_same(name, *args, rtol=1e-5, atol=1e-6, **kwargs):
    """Ours gives what Keras's gives, or raises where Keras's raises."""
    try:
        expected = flat(getattr(keras.ops, name)(*args, **kwargs))
    except Exception as error:  # noqa: BLE001, whatever Keras or torch raise
        expected = error
    if isinstance(expected, Exception):
        assert raises(name, *args, **kwargs), f"Keras raises {expected!r}"
        return
    result = flat(getattr(ops, name)(*args, **kwargs))
    assert [described(x) for x in result] == [described(x) for x in expected]
    for ours, theirs in zip(result, expected, strict=True):
        ours, theirs = [torch.as_tensor(x).detach() for x in (ours, theirs)]
        torch.testing.assert_close(ours, theirs, rtol=rtol, atol=atol, equal_nan=True)


def raises(name, *args, **kwargs):
    try:
        getattr(ops, name)(*args, **kwargs)
    except (ValueError, TypeError, RuntimeError, IndexError):
        return True
    return False


UNARY = names(
    "abs negative sign square exp exp2 expm1 log log1p log2 log10 sqrt rsqrt reciprocal sin cos "
    "tan "
    "sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh ceil floor trunc round isfinite "
    "isinf isnan isposinf isneginf signbit sinc erf erfc erfinv nan_to_num deg2rad logical_not "
    "relu relu6 sigmoid silu softplus softsign log_sigmoid hard_sigmoid hard_silu leaky_relu elu "
    "selu celu gelu tanh_shrink hard_tanh hard_shrink soft_shrink sparse_plus sparse_sigmoid "
    "squareplus real conj angle"
)
BINARY = names(
    "add subtract multiply divide true_divide divide_no_nan maximum minimum fmax fmin arctan2 "
    "logaddexp logaddexp2 hypot heaviside mod fmod floor_divide power equal not_equal greater "
    "greater_equal less less_equal logical_and logical_or logical_xor isclose"
)
REDUCTIONS = names("sum mean prod max min amax amin var std all any ptp logsumexp")
NAN_REDUCTIONS = names("nansum nanmean nanprod nanmax nanmin nanvar nanstd nanmedian median")
PLACES = names("argmax argmin nanargmax nanargmin")
ORDERS = names("sort argsort cumsum cumprod nancumsum nancumprod flip")


@pytest.mark.parametrize("name", UNARY)
def test_nan_and_infinities_in_one_tensor(name):
    check_same(name, STRANGE)


@pytest.mark.parametrize("name", BINARY)
def test_nan_and_infinities_in_two_tensors(name):
    check_same(name, STRANGE[:, None], STRANGE)


# Keras on torch takes infinities for the largest numbers in running sums without NaN.
@pytest.mark.parametrize("name", [*REDUCTIONS, *NAN_REDUCTIONS, *PLACES, *ORDERS[:4]])
def test_nan_and_infinities_along_an_axis(name):
    rows = [[1.0, NAN, 2.0], [INF, 1.0, 3.0], [-INF, INF, 0.0], [-INF, -INF, 1.0], [NAN, 4.0, INF]]
    check_same(name, torch.tensor(rows), axis=-1)


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod", "nanvar", "nanstd"])
def test_infinities_are_kept_where_nan_is_left_out(name):
    rows = np.array([[1.0, NAN, 2.0], [INF, 1.0, 3.0], [-INF, 2.0, INF]], "float32")
    with np.errstate(invalid="ignore"):
        expected = getattr(np, name)(rows, axis=-1)
    np.testing.assert_allclose(getattr(ops, name)(rows, axis=-1), expected)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
@pytest.mark.parametrize("name", [*UNARY, *REDUCTIONS, *NAN_REDUCTIONS, *PLACES, *ORDERS])
def test_an_empty_tensor(name, shape):
    check_same(name, torch.zeros(shape))


WITHOUT_EXTREMES = [name for name in REDUCTIONS if name not in ("max", "min")]


# Of `max` and `min` Keras on torch refuses also the axes that have elements.
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
@pytest.mark.parametrize("name", [*WITHOUT_EXTREMES, *NAN_REDUCTIONS, *PLACES, *ORDERS])
def test_an_empty_tensor_along_each_axis(name, shape):
    for axis in (0, 1):
        check_same(name, torch.zeros(shape), axis=axis)


@pytest.mark.parametrize("name", BINARY)
def test_two_empty_tensors(name):
    check_same(name, torch.zeros(0, 3), torch.ones(3))


EMPTY = {
    "concatenate": lambda x: ([x, x],),
    "stack": lambda x: ([x, x],),
    "reshape": lambda x: (x, (3, 0)),
    "transpose": lambda x: (x,),
    "matmul": lambda x: (x, x.T),
    "dot": lambda x: (x, x.T),
    "tensordot": lambda x: (x, x.T, 1),
    "outer": lambda x: (x, x),
    "take": lambda x: (torch.ones(3), torch.zeros(x.shape, dtype=torch.int32)),
    "one_hot": lambda x: (torch.zeros(x.shape, dtype=torch.int32), 4),
    "where": lambda x: (x > 0, x, x),
    "clip": lambda x: (x, 0, 1),
    "repeat": lambda x: (x, 2),
    "tile": lambda x: (x, (2, 2)),
    "unique": lambda x: (x,),
    "nonzero": lambda x: (x,),
    "diff": lambda x: (x,),
    "softmax": lambda x: (x,),
    "log_softmax": lambda x: (x,),
    "layer_normalization": lambda x: (x,),
    "segment_sum": lambda x: (x, torch.zeros(x.shape[0], dtype=torch.int32), 2),
    "bincount": lambda x: (torch.zeros(0, dtype=torch.int32),),
    "searchsorted": lambda x: (torch.ones(2), x),
    "expand_dims": lambda x: (x, 0),
    "roll": lambda x: (x, 1),
    "tril": lambda x: (x,),
}


@pytest.mark.parametrize("name", EMPTY)
def test_other_ops_on_empty_tensors(name):
    check_same(name, *EMPTY[name](torch.zeros(0, 3)))


AXES = (None, 0, 1, -1, -2, -3, (0, 1), (-1, 0), (0, -2), [1, -1], (0, 1, 2), (-1,))


@pytest.mark.parametrize("name", [*REDUCTIONS, "nansum", "nanmean", "nanmax", "nanvar", "median"])
def test_all_axes_with_and_without_keepdims(name):
    x = torch.randn(2, 3, 4)
    for axis, keepdims in itertools.product(AXES, (False, True)):
        if axis is None and keepdims:  # which Keras on torch forgets; see test_reductions.py
            continue
        check_same(name, x, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("name", [*PLACES, *ORDERS, "softmax", "log_softmax"])
def test_each_axis_counted_from_either_end(name):
    for axis in (None, 0, 1, 2, -1, -2, -3):
        check_same(name, torch.randn(2, 3, 4), axis=axis)


DTYPES = names("bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64")
PAIRED = names(
    "add subtract multiply divide true_divide divide_no_nan maximum minimum fmax fmin mod fmod "
    "floor_divide power equal less logical_and isclose where arctan2 logaddexp hypot matmul dot "
    "inner outer kron tensordot cross append concatenate"
)
NUMBERS = (True, 2, 0.5)
WIDE = ({"int32", "int64"}, {"float32", "float64"})


def type_of(function, name, x, y):
    """Name of the result's type, or None if it raises."""
    try:
        if name == "where":
            result = function(torch.tensor([[True], [False], [True]]), x, y)
        elif name == "concatenate":
            result = function([x, y])
        else:
            result = function(x, y)
    except Exception:  # noqa: BLE001, whatever Keras or torch raise
        return None
    return str(result.dtype).removeprefix("torch.")


@pytest.mark.filterwarnings("ignore")  # of integers out of range, from torch
@pytest.mark.parametrize("name", PAIRED)
def test_types_of_all_pairs(name):
    ours, theirs = getattr(ops, name), getattr(keras.ops, name)
    tensors = [torch.ones(3, 3).to(getattr(torch, dtype)) for dtype in DTYPES]
    pairs = list(itertools.product(tensors, tensors))
    if name in PAIRED[: PAIRED.index("arctan2")]:
        pairs += [(x, number) for x in tensors for number in NUMBERS]
        pairs += [(number, x) for x in tensors for number in NUMBERS]
    wrong = []
    for x, y in pairs:
        expected, found = type_of(theirs, name, x, y), type_of(ours, name, x, y)
        given = {str(getattr(z, "dtype", "")) for z in (x, y)}
        wide = given & {"torch.int64", "torch.float64"} and {expected, found} in WIDE
        if expected is not None and found != expected and not wide:
            words = [getattr(z, "dtype", z) for z in (x, y)]
            wrong.append(f"{words[0]} and {words[1]}: {found} instead of {expected}")
    assert not wrong


def spread(*shape, low=-1.4, high=1.4):
    """Different numbers, none of them at a kink."""
    number = int(np.prod(shape))
    x = torch.linspace(low, high, number)[torch.randperm(number)]
    return (x + 0.013).reshape(shape)


SMOOTH = names(
    "abs negative square exp expm1 sin cos tan sinh cosh tanh arctan arcsinh sinc erf erfc sigmoid "
    "silu softplus softsign log_sigmoid relu relu6 leaky_relu elu selu celu gelu tanh_shrink "
    "hard_sigmoid hard_silu hard_tanh hard_shrink soft_shrink sparse_plus sparse_sigmoid "
    "squareplus "
    "softmax log_softmax glu logsumexp sum mean prod max min var std amax amin cumsum "
    "cumprod median sort ptp average norm flip ravel transpose nansum nanmean nanprod nanmax "
    "nanvar "
    "real conj deg2rad trapezoid diff"
)
POSITIVE = names("log log1p log2 log10 sqrt rsqrt reciprocal cbrt")
INSIDE = names("arcsin arccos arctanh erfinv")
TWO = names(
    "add subtract multiply divide divide_no_nan maximum minimum fmax fmin arctan2 logaddexp hypot "
    "power matmul dot inner outer kron mod cdist"
)
GRADIENTS = {
    **{name: ((spread(4, 4),), {}) for name in SMOOTH},
    **{name: ((spread(4, 4, low=0.2, high=3),), {}) for name in POSITIVE},
    **{name: ((spread(4, 4, low=-0.9, high=0.9),), {}) for name in INSIDE},
    **{name: ((spread(3, 3, low=0.5, high=2), spread(3, 3, low=0.4, high=3)), {}) for name in TWO},
    "arccosh": ((spread(4, low=1.2, high=3),), {}),
    "take": ((spread(4, 3), torch.tensor([0, -1, 0])), {"axis": 0}),
    "take_along_axis": ((spread(3, 3), torch.tensor([[0, -1, 0]] * 3)), {"axis": 1}),
    "where": ((spread(3, 3) > 0, spread(3, 3), spread(3, 3)), {}),
    "clip": ((spread(4, 4), -0.5, 0.5), {}),
    "concatenate": (([spread(2, 3), spread(2, 3)],), {"axis": 1}),
    "cross": ((spread(3, 3), spread(3, 3)), {"axis": -1}),
    "pad": ((spread(4, 4), ((1, 1), (2, 1))), {"mode": "reflect"}),
    "roll": ((spread(4, 4), 1), {"axis": 0}),
    "repeat": ((spread(4, 4), 2), {"axis": 0}),
    "tile": ((spread(3, 3), (2, 1)), {}),
    "tril": ((spread(4, 4),), {}),
    "trace": ((spread(4, 4),), {}),
    "einsum": (("ij,jk->ik", spread(3, 4), spread(4, 2)), {}),
    "tensordot": ((spread(3, 4), spread(4, 2)), {"axes": 1}),
    "det": ((spread(3, 3),), {}),
    "inv": ((spread(3, 3) + 2 * torch.eye(3),), {}),
    "solve": ((spread(3, 3) + 2 * torch.eye(3), spread(3, 2)), {}),
    "cholesky": ((2 * torch.eye(3) + 0.5,), {}),
    "logdet": ((2 * torch.eye(3) + 0.5,), {}),
    "quantile": ((spread(4, 4), 0.3), {"axis": 0}),
    "segment_sum": ((spread(4, 3), torch.tensor([0, 1, 0, 2])), {"num_segments": 3}),
    "normalize": ((spread(3, 4),), {}),
    "layer_normalization": ((spread(3, 4), spread(4), spread(4)), {}),
    "rms_normalization": ((spread(3, 4), spread(4)), {}),
    "moments": ((spread(3, 4),), {"axes": [0]}),
    "batch_normalization": (
        (spread(4, 3), spread(3), spread(3, low=0.5, high=2)),
        {"axis": -1, "offset": spread(3), "scale": spread(3)},
    ),
    "conv": ((spread(1, 5, 5, 2), spread(3, 3, 2, 2)), {"padding": "same", "strides": 2}),
    "depthwise_conv": ((spread(1, 5, 5, 2), spread(3, 3, 2, 2)), {}),
    "conv_transpose": ((spread(1, 3, 3, 2), spread(3, 3, 2, 2)), {"strides": 2}),
    "max_pool": ((spread(1, 5, 5, 2), 2), {"padding": "same"}),
    "average_pool": ((spread(1, 5, 5, 2), 2), {}),
    "binary_crossentropy": ((torch.eye(3), spread(3, 3)), {"from_logits": True}),
    "categorical_crossentropy": ((torch.eye(3), spread(3, 3, low=0.1, high=0.9)), {}),
    "sparse_categorical_crossentropy": (
        (torch.tensor([0, 2, 1]), spread(3, 3)),
        {"from_logits": True},
    ),
    "dot_product_attention": (tuple([spread(1, 3, 2, 4) for _ in range(3)]), {"is_causal": True}),
    "stop_gradient": ((spread(3),), {}),
    "scatter_update": ((spread(4, 2), torch.tensor([[0], [2]]), spread(2, 2)), {}),
    "slice_update": ((spread(4, 3), (1, 1), spread(2, 2)), {}),
    "unstack": ((spread(3, 2),), {}),
}


def gradients(function, args, kwargs):
    """Of a sum with different factors, by every float tensor among the arguments."""
    wanted = [x for x in flat([*args, *kwargs.values()]) if isinstance(x, torch.Tensor)]
    wanted = [x for x in wanted if x.is_floating_point()]
    fresh = {id(x): x.clone().requires_grad_() for x in wanted}

    def renewed(x):
        if isinstance(x, list):
            return [renewed(item) for item in x]
        return fresh.get(id(x), x)

    results = flat(
        function(*[renewed(x) for x in args], **{k: renewed(v) for k, v in kwargs.items()})
    )
    total = sum((y * torch.arange(1.0, y.numel() + 1).reshape(y.shape)).sum() for y in results)
    if not total.requires_grad:
        return [None for _ in wanted]
    return torch.autograd.grad(total, list(fresh.values()), allow_unused=True)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_keras(name):
    args, kwargs = GRADIENTS[name]
    theirs = gradients(getattr(keras.ops, name), args, kwargs)
    ours = gradients(getattr(ops, name), args, kwargs)
    for mine, true in zip(ours, theirs, strict=True):
        if mine is None or true is None:
            assert all(g is None or not g.any() for g in (mine, true))
            continue
        torch.testing.assert_close(mine, true, rtol=1e-4, atol=1e-5)


def test_gradients_of_what_keras_differentiates_wrongly():
    x = spread(3, 4).double().requires_grad_()
    assert torch.autograd.gradcheck(ops.sparsemax, (x,))
