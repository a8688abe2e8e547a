"""No argument is decoration: changing any of them changes an op's result, or raises.

``CALLS`` has for each op a call with all its arguments by name, and for arguments that are no
tensors or not in that call what they are changed to. A tensor is changed by ``other``.
"""

import inspect
import types

import numpy as np
import pytest
import torch

from torchkeras import ops

DECORATION = {
    "argpartition.kth": "the places are sorted whole, which every kth allows; checked for range",
    "einsum.options": "`optimize` chooses the order of products, which torch chooses by itself",
    "isin.assume_unique": "allows a faster way",
    "moments.synchronized": "raises on several processes; on one there is nothing to synchronize",
    "scan.unroll": "speeds up compiled loops elsewhere; here it is checked for its range",
    "segment_max.sorted": "allows a faster way",
    "segment_min.sorted": "allows a faster way",
    "segment_prod.sorted": "allows a faster way",
    "segment_sum.sorted": "allows a faster way",
    "unique.sorted": "allows any order; torch's kernel sorts on the CPU",
}

_generator = torch.Generator().manual_seed(3)


def t(*shape, low=-2.0, high=2.0):
    return torch.rand(shape, generator=_generator) * (high - low) + low


def ints(*values):
    return torch.tensor(values, dtype=torch.int32)


class Raises:
    """A change that the op refuses, with these words."""

    def __init__(self, value, words, /, **others):
        self.value, self.words, self.others = value, words, others


class With:
    """A change that matters only beside other arguments."""

    def __init__(self, value, /, **others):
        self.value, self.others = value, others


def other(x):
    """Something unlike ``x`` in every element."""
    if isinstance(x, torch.Tensor):
        if x.dtype is torch.bool:
            return ~x
        return x.flip(tuple(range(x.ndim))) * 2 + 1 if x.dtype.is_floating_point else x + 1
    assert isinstance(x, list), "the table doesn't say what this argument is changed to"
    return [other(item) for item in x]


class Call:
    def __init__(self, changes=None, /, **arguments):
        self.changes, self.arguments = changes or {}, arguments

    def of(self, argument):
        """The call's arguments, and with them what ``argument`` becomes."""
        change = self.changes.get(argument)
        if argument not in self.changes:
            change = other(self.arguments[argument])
        others = getattr(change, "others", {})
        return {**self.arguments, **others}, change.value if isinstance(change, With) else change


def each(names, changes=None, /, **arguments):
    return {name: Call(changes, **arguments) for name in names.split()}


M, S, P = t(3, 4), t(3, 3), torch.eye(3) * 3 + t(3, 3, low=0, high=0.3)
P = (P + P.T) / 2
IMAGE, BATCH, CHANNELS = t(6, 5, 3, low=0, high=1), t(2, 6, 5, 3, low=0, high=1), "channels_first"
TURN = torch.tensor([[1.0, 0.2, -0.5, 0.1, 0.9, 1.0, 0, 0]] * 2)
CORNERS = torch.tensor([[0.0, 0], [4, 0], [0, 5], [4, 5]])
axis_keep = {"axis": 0, "keepdims": True}
with_nan = torch.where(M > 1.5, float("nan"), M)
Z = (t(2, 8), t(2, 8))
WAVE = t(2, 40)
other_pair = (Z[1], Z[0])
padding = {"data_format": CHANNELS, "padding": "same", "strides": 2}
parts = {"indices_or_sections": [1]}
ids = {"segment_ids": ints(0, 1, 0, 2)}
unary = (
    "abs absolute angle arccos arccosh arcsin arcsinh arctan arctanh bitwise_invert bitwise_not "
    "cbrt ceil conj conjugate cos cosh deg2rad erf erfc erfinv exp exp2 expm1 fabs floor "
    "hard_sigmoid hard_silu hard_swish hard_tanh i0 imag log log10 log1p log2 log_sigmoid "
    "logical_not negative rad2deg ravel real reciprocal relu relu6 rsqrt selu sigmoid sign signbit "
    "silu sin sinc sinh softplus softsign sparse_plus sparse_sigmoid sqrt square stop_gradient "
    "swish tan tanh tanh_shrink trunc isfinite isinf isnan isneginf isposinf isreal nonzero size "
    "ndim shape dtype is_tensor convert_to_numpy copy view_as_complex view_as_real"
)
# What is changed so that these see a difference.
SPECIAL = {
    "isfinite": [torch.inf, 1.0], "isinf": [torch.inf, 1.0], "isneginf": [-torch.inf, 1.0],
    "isposinf": [torch.inf, 1.0], "isnan": [torch.nan, 1.0], "isreal": [1 + 2j, 1.0],
    "imag": [1j, 2.0], "arccosh": [1.5, 2.5], "logical_not": [0.0, 1.0], "log1p": [0.5, 1.5],
    "log": [0.5, 1.5], "log10": [0.5, 1.5], "log2": [0.5, 1.5], "rsqrt": [0.5, 1.5],
    "sqrt": [0.5, 1.5], "angle": [-1.0, 1.0], "sign": [-1.0, 1.0], "signbit": [-1.0, 1.0],
    "ceil": [0.5, 1.5], "floor": [0.5, 1.5], "trunc": [0.5, 1.5], "relu": [-1.0, 1.0],
    "hard_tanh": [-0.5, 0.5], "sparse_sigmoid": [-0.5, 0.5], "nonzero": [0.0, 1.0],
    "bitwise_not": ints(1, 2), "bitwise_invert": ints(1, 2),
}  # fmt: skip

CALLS = {
    **{
        name: Call({"x": x.flip(0)}, x=x)
        for name in unary.split()
        for x in [torch.as_tensor(SPECIAL.get(name, [0.25, -0.5]))]
    },
    **each("size ndim shape", {"x": S[0, :2]}, x=S),
    "view_as_complex": Call(x=t(3, 2)),
    "stop_gradient": Call(variable=M),
    "dtype": Call({"x": M.double()}, x=M),
    "is_tensor": Call({"x": 1.0}, x=M),
    **each(
        "add subtract multiply divide true_divide divide_no_nan maximum minimum fmax fmin power "
        "arctan2 hypot logaddexp logaddexp2 nextafter floor_divide mod fmod",
        x1=t(3, 4, low=1, high=9),
        x2=t(3, 4, low=1, high=9),
    ),
    "nextafter": Call({"x2": M - 1}, x1=M, x2=M + 1),
    **each("equal not_equal isclose isin", x1=M, x2=torch.where(M > 0, M, 5.0)),
    **each("greater greater_equal less less_equal", {"x1": -M}, x1=M, x2=M.flip(0)),
    "isclose": Call(
        {
            "x1": M + 1,
            "x2": M,
            "rtol": 1.0,
            "atol": 9.0,
            "equal_nan": With(True, x2=with_nan, x1=with_nan),
        },
        x1=M,
        x2=M + 1,
    ),
    "allclose": Call(
        {
            "x2": M,
            "x1": M + 1,
            "rtol": 99.0,
            "atol": 9.0,
            "equal_nan": With(True, x2=with_nan, x1=with_nan),
        },
        x1=M,
        x2=M + 1,
    ),
    "isin": Call({"invert": True}, x1=ints(1, 2, 3), x2=ints(2, 5)),
    **each(
        "logical_and logical_or logical_xor",
        x1=torch.tensor([True, False, True]),
        x2=torch.tensor([False, False, True]),
    ),
    "heaviside": Call(x1=torch.zeros(2), x2=t(2)),
    "ldexp": Call(x1=M, x2=ints(1, 2, 3, 4)),
    **each("gcd lcm", x1=ints(4, 6, 9), x2=ints(6, 9, 12)),
    **each(
        "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift left_shift "
        "right_shift",
        {"x": ints(35, 67), "y": ints(1, 1)},
        x=ints(13, 22),
        y=ints(2, 3),
    ),
    "where": Call(condition=M > 0, x1=M, x2=-M),
    "select": Call({"default": 3.0, "condlist": [M < 0]}, condlist=[M > 0], choicelist=[M]),
    "clip": Call({"x_min": 0.0, "x_max": 0.5}, x=M, x_min=-1.0, x_max=1.0),
    "round": Call({"decimals": 1}, x=M),
    "nan_to_num": Call(
        {"nan": 3.0, "posinf": 4.0, "neginf": 5.0, "x": torch.ones(3)},
        x=torch.tensor([torch.nan, torch.inf, -torch.inf]),
    ),
    "gelu": Call({"approximate": False}, x=M),
    **each("elu celu", {"alpha": 2.0}, x=M),
    "leaky_relu": Call({"negative_slope": 0.5}, x=M),
    **each("hard_shrink soft_shrink", {"threshold": 1.0}, x=M),
    "squareplus": Call({"b": 1}, x=M),
    "threshold": Call(
        {"threshold": 1.0, "default_value": 7.0}, x=M, threshold=0.0, default_value=0.0
    ),
    "glu": Call({"axis": 0}, x=t(4, 4)),
    **each("softmax log_softmax sparsemax", {"axis": 0}, x=M),
    "polar": Call(abs_=M.abs(), angle=M),
    # reductions
    **each(
        "sum mean var std amax amin ptp logsumexp argmax argmin median nanmean nansum nanvar "
        "nanstd nanmax nanmin nanmedian nanargmax nanargmin nanprod",
        axis_keep,
        x=M,
    ),
    **each("max min prod", axis_keep, x=M),
    **each("all any", axis_keep, x=torch.tensor([[True, False], [False, False], [True, True]])),
    "all": Call({"x": torch.ones(3, 2), **axis_keep}, x=torch.tensor([[1, 0], [1, 1], [0, 1]])),
    "any": Call({"x": torch.zeros(3, 2), **axis_keep}, x=torch.tensor([[1, 0], [0, 0], [0, 1]])),
    "max": Call({"initial": 9.0, **axis_keep}, x=M),
    "min": Call({"initial": -9.0, **axis_keep}, x=M),
    "prod": Call({"dtype": "float64", **axis_keep}, x=M),
    **each("sort argsort", {"axis": 0}, x=M),
    "argpartition": Call({"axis": 0}, x=M, kth=1),
    **each("cumsum cumprod nancumsum nancumprod", {"axis": 0, "dtype": "float64"}, x=M),
    "average": Call({"axis": 0, "weights": t(3, 4, low=0.5)}, x=M),
    "count_nonzero": Call({"axis": 0, "x": torch.zeros(3, 4)}, x=M),
    **each("quantile nanquantile", {"q": 0.7, "method": "lower", **axis_keep}, x=M, q=0.3),
    **each("percentile nanpercentile", {"q": 70.0, "method": "lower", **axis_keep}, x=M, q=30.0),
    "bincount": Call(
        {"weights": t(3), "minlength": 9, "sparse": Raises(True, "dense")}, x=ints(1, 2, 2)
    ),
    "histogram": Call({"bins": 4, "range": (-1.0, 1.0)}, x=M),
    "diff": Call({"n": 2, "axis": 0}, a=M),
    "trapezoid": Call({"x": t(4), "dx": 0.5, "axis": 0}, y=M),
    "norm": Call({"ord": 1, **axis_keep}, x=M),
    "moments": Call({"axes": [0], "keepdims": True}, x=M, axes=[1]),
    # shapes
    "reshape": Call({"newshape": (2, 6)}, x=M, newshape=(4, 3)),
    "transpose": Call({"axes": (0, 1)}, x=M),
    "swapaxes": Call({"axis1": 2, "axis2": 2}, x=t(2, 3, 4), axis1=0, axis2=1),
    "moveaxis": Call({"source": 1, "destination": 1}, x=t(2, 3, 4), source=0, destination=2),
    "expand_dims": Call({"axis": 1}, x=M, axis=0),
    "squeeze": Call({"axis": 0}, x=t(1, 3, 1)),
    "broadcast_to": Call({"shape": (3, 3, 4)}, x=M, shape=(2, 3, 4)),
    "flip": Call({"axis": 0}, x=M),
    **each("fliplr flipud", x=M),
    "rot90": Call({"k": 2, "axes": (1, 0)}, array=M),
    "roll": Call({"shift": 2, "axis": 0}, x=M, shift=1),
    "concatenate": Call({"axis": 1}, xs=[M, M]),
    "stack": Call({"axis": 1}, x=[M, M]),
    **each("hstack vstack dstack", xs=[M, M]),
    "append": Call({"axis": 1}, x1=M, x2=M),
    "unstack": Call({"num": Raises(2, "num is 2"), "axis": 1}, x=M),
    **each("split array_split", {"axis": 1, **parts}, x=t(4, 4), indices_or_sections=2),
    **each("hsplit vsplit dsplit", parts, x=t(4, 4, 4), indices_or_sections=2),
    "tile": Call({"repeats": (2, 2)}, x=M, repeats=(2,)),
    "repeat": Call({"repeats": 3, "axis": 0}, x=M, repeats=2),
    "pad": Call({"pad_width": 2, "mode": "reflect", "constant_values": 3.0}, x=M, pad_width=1),
    "diagonal": Call({"offset": 1, "axis1": 2, "axis2": 2}, x=t(3, 3, 3)),
    "trace": Call({"offset": 1, "axis1": 2, "axis2": 2}, x=t(3, 3, 3)),
    **each("diag diagflat", {"k": 1}, x=t(3)),
    **each("tril triu", {"k": 1}, x=S),
    "rearrange": Call(
        {"pattern": "(a b) c -> b a c", "axes_lengths": With({"a": 4}, a=2)},
        tensor=t(4, 3),
        pattern="(a b) c -> a b c",
        a=2,
    ),
    # creation
    **each("zeros ones empty", {"shape": (3,), "dtype": "int32"}, shape=(2,)),
    "full": Call({"shape": (3,), "fill_value": 2, "dtype": "int32"}, shape=(2,), fill_value=1),
    **each("zeros_like ones_like empty_like", {"x": S, "dtype": "int32"}, x=M),
    "full_like": Call({"x": S, "fill_value": 2, "dtype": "int32"}, x=M, fill_value=1),
    "arange": Call({"start": 1, "stop": 5, "step": 2, "dtype": "float32"}, start=0, stop=4),
    "linspace": Call(
        {
            "start": 1.0,
            "stop": 5.0,
            "num": 4,
            "endpoint": False,
            "retstep": True,
            "dtype": "float64",
            "axis": With(1, start=t(2)),
        },
        start=0.0,
        stop=4.0,
        num=3,
    ),
    **each(
        "logspace geomspace",
        {
            "start": 1.5,
            "stop": 5.0,
            "num": 4,
            "endpoint": False,
            "base": 2,
            "dtype": "float64",
            "axis": With(1, start=t(2, low=1)),
        },
        start=1.0,
        stop=4.0,
        num=3,
    ),
    "eye": Call({"N": 4, "M": 5, "k": 1, "dtype": "int32"}, N=3),
    "tri": Call({"N": 4, "M": 5, "k": 1, "dtype": "int32"}, N=3),
    "identity": Call({"n": 4, "dtype": "int32"}, n=3),
    "vander": Call({"N": 2, "increasing": True}, x=t(3)),
    **each("bartlett blackman hamming hanning", {"x": 6}, x=5),
    "kaiser": Call({"x": 6, "beta": 2.0}, x=5, beta=3.0),
    "view": Call({"dtype": "int32"}, x=M),
    "meshgrid": Call({"indexing": "ij"}, x=[t(3), t(2)]),
    "array": Call({"dtype": "float64"}, x=M),
    "convert_to_tensor": Call(
        {"dtype": "float64", "sparse": Raises(True, "dense"), "ragged": Raises(True, "dense")}, x=M
    ),
    "unravel_index": Call({"shape": (3, 2)}, indices=ints(1, 3), shape=(2, 3)),
    # indexing
    "take": Call({"indices": 2, "axis": 0}, x=M, indices=[0, 1]),
    "take_along_axis": Call({"axis": 0}, x=S, indices=ints(0, 1, 0).expand(3, 3)),
    "get_item": Call({"key": 0}, x=M, key=1),
    "searchsorted": Call(
        {"side": "right"},
        sorted_sequence=torch.tensor([1.0, 2.0, 3.0]),
        values=torch.tensor([1.0, 2.5]),
    ),
    "digitize": Call(x=M, bins=torch.tensor([0.0, 1.0])),
    "unique": Call(
        {
            "return_index": True,
            "return_inverse": True,
            "return_counts": True,
            "axis": 0,
            "size": 2,
            "fill_value": With(7, size=9),
        },
        x=torch.tensor([[1, 2], [2, 4]]),
    ),
    # products
    **each("matmul dot inner outer kron tensordot", {"axes": 1}, x1=S, x2=t(3, 3)),
    "vdot": Call(x1=t(3), x2=t(3)),
    "cross": Call({"axisa": 0, "axisb": 0, "axisc": 0, "axis": 0}, x1=S, x2=t(3, 3)),
    "correlate": Call({"mode": "full"}, x1=t(5), x2=t(3)),
    "corrcoef": Call({"x": M.square()}, x=M),
    "einsum": Call({"subscripts": "ij,jk->ki"}, subscripts="ij,jk->ik", operands=[S, P]),
    "vectorize": Call(
        {"pyfunc": lambda x, y: x - y, "excluded": {1}, "signature": "(n),()->(n)"},
        pyfunc=lambda x, y: x + torch.sum(y),
        args=[t(3), t(3)],
    ),
    **each("slogdet det inv logdet cholesky_inverse eig eigh lu_factor", x=P),
    "cholesky": Call({"upper": True, "x": P * 2}, x=P),
    "cholesky_inverse": Call({"upper": True, "x": P * 2}, x=P),
    "logdet": Call({"x": P * 2}, x=P),
    "qr": Call({"mode": "complete"}, x=t(4, 3)),
    "solve": Call(a=P, b=t(3)),
    "solve_triangular": Call({"lower": True}, a=P, b=t(3, 2)),
    "svd": Call({"full_matrices": False, "compute_uv": False}, x=M),
    "lstsq": Call({"rcond": 0.99}, a=t(5, 3), b=t(5)),
    "matrix_rank": Call({"tol": 99.0, "x": torch.zeros(3, 3)}, x=P),
    "pinv": Call({"rcond": 0.9}, x=M),
    "jvp": Call(
        {"fun": lambda x: (x.cos(), x), "has_aux": True, "primals": (S,), "tangents": (S,)},
        fun=lambda x: (x.sin(), x),
        primals=(P,),
        tangents=(P,),
    ),
    # core, math, control
    **each("cast saturate_cast", {"dtype": "int8"}, x=M, dtype="uint8"),
    "scatter": Call({"shape": (6, 2)}, indices=ints(0, 2)[:, None], values=t(2, 2), shape=(5, 2)),
    "scatter_update": Call(
        {"reduction": "add"}, inputs=M, indices=ints(0, 1)[:, None], updates=t(2, 4)
    ),
    "slice": Call(
        {"start_indices": [1, 0], "shape": (1, 1)}, inputs=M, start_indices=[0, 0], shape=(2, 2)
    ),
    "slice_update": Call(
        {"start_indices": [1, 0]}, inputs=M, start_indices=[0, 0], updates=t(2, 2)
    ),
    "custom_gradient": Call(
        {"f": lambda x: (x * 2, lambda g, upstream=None: g)},
        f=lambda x: (x * 3, lambda g, upstream=None: g),
        args=[M],
    ),
    **each(
        "segment_sum segment_max segment_min segment_prod", {"num_segments": 5}, data=t(4, 2), **ids
    ),
    "top_k": Call({"k": 3, "sorted": With(False, x=t(5000), k=600)}, x=M, k=2),
    "in_top_k": Call({"k": 4}, targets=ints(0, 1, 2), predictions=M, k=1),
    "cdist": Call(x=M, y=t(2, 4)),
    **each("fft fft2 ifft2", {"x": other_pair}, x=Z),
    "rfft": Call({"fft_length": 6}, x=WAVE),
    "irfft": Call({"x": other_pair, "fft_length": 6}, x=Z),
    "extract_sequences": Call(
        {"sequence_length": 5, "sequence_stride": 3}, x=WAVE, sequence_length=4, sequence_stride=2
    ),
    "stft": Call(
        {
            "sequence_length": 6,
            "sequence_stride": 3,
            "fft_length": 32,
            "window": None,
            "center": False,
        },
        x=WAVE,
        sequence_length=8,
        sequence_stride=4,
        fft_length=16,
    ),
    "istft": Call(
        {
            "x": (t(2, 9, 9), t(2, 9, 9)),
            "sequence_length": 12,
            "sequence_stride": 5,
            "fft_length": 18,
            "length": 20,
            "window": None,
            "center": False,
        },
        x=(t(2, 9, 9), t(2, 9, 9)),
        sequence_length=8,
        sequence_stride=4,
        fft_length=16,
    ),
    "cond": Call(
        {"pred": False, "true_fn": lambda: 3, "false_fn": With(lambda: 3, pred=False)},
        pred=True,
        true_fn=lambda: 1,
        false_fn=lambda: 2,
    ),
    "switch": Call(
        {"index": 1, "branches": [abs, abs], "operands": [other(M)]},
        index=0,
        branches=[torch.neg, torch.square],
        operands=[M],
    ),
    "while_loop": Call(
        {"cond": lambda i: i < 5, "body": lambda i: i + 5, "loop_vars": 1, "maximum_iterations": 2},
        cond=lambda i: i < 10,
        body=lambda i: i + 3,
        loop_vars=0,
    ),
    "fori_loop": Call(
        {"lower": 2, "upper": 5, "body_fun": lambda i, x: x * i, "init_val": 1.0},
        lower=0,
        upper=4,
        body_fun=lambda i, x: x + i,
        init_val=0.0,
    ),
    "map": Call({"f": torch.square}, f=torch.abs, xs=M),
    "vectorized_map": Call({"function": torch.square}, function=torch.abs, elements=M),
    "scan": Call(
        {
            "f": lambda c, x: (c + 1, c),
            "init": torch.ones(()),
            "length": With(5, xs=None, length=4),
            "reverse": True,
            "xs": t(4),
        },
        xs=t(3),
        init=torch.zeros(()),
        f=lambda c, x: (c * 2 + (1 if x is None else x), c),
    ),
    "associative_scan": Call({"f": torch.mul, "reverse": True, "axis": 1}, f=torch.add, elems=M),
    # nn
    **each(
        "max_pool average_pool",
        {"pool_size": 3, **padding, "strides": 1},
        inputs=BATCH,
        pool_size=2,
    ),
    **each(
        "adaptive_max_pool adaptive_average_pool",
        {"output_size": 3, "data_format": CHANNELS},
        inputs=BATCH,
        output_size=2,
    ),
    "conv": Call(
        {
            **padding,
            "data_format": With(CHANNELS, inputs=t(2, 5, 5, 5), kernel=t(2, 2, 5, 4)),
            "dilation_rate": 2,
        },
        inputs=BATCH,
        kernel=t(2, 2, 3, 4),
    ),
    "depthwise_conv": Call(
        {
            **padding,
            "data_format": With(CHANNELS, inputs=t(2, 5, 5, 5), kernel=t(2, 2, 5, 4)),
            "dilation_rate": 2,
        },
        inputs=BATCH,
        kernel=t(2, 2, 3, 2),
    ),
    "separable_conv": Call(
        {**padding, "data_format": With(CHANNELS, inputs=t(2, 3, 3, 3)), "dilation_rate": 2},
        inputs=BATCH,
        depthwise_kernel=t(2, 2, 3, 2),
        pointwise_kernel=t(1, 1, 6, 4),
    ),
    "conv_transpose": Call(
        {
            **padding,
            "data_format": With(CHANNELS, inputs=t(2, 3, 3, 3)),
            "output_padding": With(1, strides=2),
            "dilation_rate": 2,
        },
        inputs=BATCH,
        kernel=t(2, 2, 4, 3),
    ),
    "unfold": Call(
        {"kernel_size": 3, "dilation": 2, "padding": 1, "stride": 2}, x=t(2, 3, 6, 5), kernel_size=2
    ),
    "fold": Call(
        {
            "output_size": (5, 6),
            "kernel_size": Raises(3, "Expected"),
            "dilation": Raises(2, "expected size"),
            "padding": Raises(1, "expected size"),
            "stride": Raises(2, "expected size"),
        },
        x=t(2, 12, 20),
        output_size=(6, 5),
        kernel_size=2,
    ),
    "depth_to_space": Call(
        {"block_size": 1, "data_format": CHANNELS}, x=t(2, 4, 4, 4), block_size=2
    ),
    "space_to_depth": Call(
        {"block_size": 1, "data_format": CHANNELS}, x=t(2, 4, 4, 4), block_size=2
    ),
    "batch_normalization": Call(
        {"axis": 0, "offset": t(3), "scale": t(3), "epsilon": 0.5},
        x=S,
        mean=t(3),
        variance=t(3, low=0.5),
        axis=1,
    ),
    "layer_normalization": Call(
        {
            "gamma": t(3),
            "beta": t(3),
            "axis": 0,
            "epsilon": 0.5,
            "options": Raises({"centre": True}, "expected none"),
        },
        x=S,
    ),
    "rms_normalization": Call({"scale": t(3), "axis": 0, "epsilon": 0.5}, x=S),
    "normalize": Call({"axis": 0, "order": 1, "epsilon": 9.0}, x=S),
    "dot_product_attention": Call(
        {
            "bias": t(2, 2, 4, 4),
            "mask": torch.eye(4, dtype=torch.bool),
            "scale": 2.0,
            "is_causal": True,
            "attn_logits_soft_cap": 0.2,
            "flash_attention": Raises(True, "No available kernel", value=t(2, 4, 2, 5)),
        },
        query=t(2, 4, 2, 3),
        key=t(2, 4, 2, 3),
        value=t(2, 4, 2, 3),
    ),
    "one_hot": Call(
        {"num_classes": 5, "axis": 0, "dtype": "int32", "sparse": Raises(True, "dense")},
        x=ints(0, 1, 2),
        num_classes=4,
    ),
    "multi_hot": Call(
        {
            "num_classes": 6,
            "axis": 1,
            "dtype": "int32",
            "sparse": Raises(True, "dense"),
            "options": {"num_tokens": 7},
        },
        inputs=torch.tensor([[0, 1], [2, 1]]),
        num_classes=4,
    ),
    "binary_crossentropy": Call(
        {"from_logits": True, "target": M > 0},
        target=t(3, 4, low=0, high=1),
        output=t(3, 4, low=0.1, high=0.2),
    ),
    "categorical_crossentropy": Call(
        {"from_logits": True, "axis": 0}, target=t(3, 4, low=0, high=1), output=t(3, 4, low=0.1)
    ),
    "sparse_categorical_crossentropy": Call(
        {
            "from_logits": True,
            "axis": With(1, target=torch.zeros(2, 3), output=t(2, 3, 3, low=0.1)),
        },
        target=ints(0, 1, 2),
        output=t(3, 4, low=0.1),
    ),
    "ctc_loss": Call(
        {"target_length": ints(2, 2), "output_length": ints(6, 6), "mask_index": 4},
        target=torch.tensor([[1, 2, 3], [2, 1, 2]]),
        output=t(2, 8, 5),
        target_length=ints(3, 2),
        output_length=ints(8, 7),
    ),
    "ctc_decode": Call(
        {
            "sequence_lengths": ints(3, 3),
            "strategy": "beam_search",
            "mask_index": 3,
            "merge_repeated": With(
                False,
                inputs=torch.eye(4)[ints(1, 1, 2, 2, 0, 3).long()][None],
                sequence_lengths=ints(6),
            ),
            "beam_width": With(2, strategy="beam_search"),
            "top_paths": With(2, strategy="beam_search"),
        },
        inputs=t(2, 6, 4),
        sequence_lengths=ints(6, 4),
    ),
    "psnr": Call({"max_val": 2.0}, x1=M, x2=M + 1, max_val=1.0),
    # images
    "image.affine_transform": Call(
        {
            "interpolation": "nearest",
            "fill_mode": "reflect",
            "fill_value": 5.0,
            "data_format": CHANNELS,
        },
        images=BATCH,
        transform=TURN,
    ),
    "image.crop_images": Call(
        {
            "top_cropping": 2,
            "left_cropping": 2,
            "bottom_cropping": With(2, target_height=None, bottom_cropping=1),
            "right_cropping": With(2, target_width=None, right_cropping=1),
            "target_height": 3,
            "target_width": 3,
            "data_format": CHANNELS,
        },
        images=t(6, 6, 6),
        top_cropping=1,
        left_cropping=1,
        target_height=2,
        target_width=2,
    ),
    "image.pad_images": Call(
        {
            "top_padding": 2,
            "left_padding": 2,
            "bottom_padding": With(2, target_height=None, bottom_padding=1),
            "right_padding": With(2, target_width=None, right_padding=1),
            "target_height": 10,
            "target_width": 10,
            "data_format": CHANNELS,
        },
        images=t(6, 6, 6),
        top_padding=1,
        left_padding=1,
        target_height=9,
        target_width=9,
    ),
    "image.elastic_transform": Call(
        {
            "alpha": 9.0,
            "sigma": 2.0,
            "interpolation": "nearest",
            "fill_mode": "constant",
            "fill_value": With(5.0, fill_mode="constant"),
            "seed": 2,
            "data_format": CHANNELS,
        },
        images=BATCH,
        seed=1,
    ),
    "image.extract_patches": Call(
        {
            "size": 3,
            "strides": 1,
            "dilation_rate": With(2, strides=1),
            "padding": "same",
            "data_format": CHANNELS,
        },
        images=t(2, 7, 7, 7),
        size=2,
    ),
    "image.extract_patches_3d": Call(
        {
            "size": 3,
            "strides": 1,
            "dilation_rate": With(2, strides=1),
            "padding": "same",
            "data_format": CHANNELS,
        },
        volumes=t(1, 5, 5, 5, 5),
        size=2,
    ),
    "image.gaussian_blur": Call(
        {"kernel_size": (5, 5), "sigma": (2.0, 2.0), "data_format": CHANNELS}, images=BATCH
    ),
    **each(
        "image.hsv_to_rgb image.rgb_to_grayscale image.rgb_to_hsv",
        {"data_format": CHANNELS},
        images=t(3, 3, 3, low=0, high=1),
    ),
    "image.map_coordinates": Call(
        {"order": 0, "fill_mode": "reflect", "fill_value": 5.0},
        inputs=M,
        coordinates=t(2, 6, low=-3, high=5),
        order=1,
    ),
    "image.perspective_transform": Call(
        {
            "interpolation": "nearest",
            "fill_value": 5.0,
            "data_format": CHANNELS,
            "start_points": CORNERS + torch.tensor([[1.0], [0], [0], [0]]),
        },
        images=BATCH,
        start_points=CORNERS,
        end_points=CORNERS * 0.8 + 0.5,
    ),
    "image.resize": Call(
        {
            "size": (4, 4),
            "interpolation": "nearest",
            "antialias": True,
            "crop_to_aspect_ratio": True,
            "pad_to_aspect_ratio": True,
            "fill_mode": Raises("reflect", "constant"),
            "fill_value": With(5.0, pad_to_aspect_ratio=True),
            "data_format": CHANNELS,
        },
        images=BATCH,
        size=(3, 4),
    ),
    "image.scale_and_translate": Call(
        {"output_shape": (8, 5, 3), "spatial_dims": (1, 0), "method": "cubic", "antialias": False},
        images=IMAGE,
        output_shape=(4, 4, 3),
        scale=torch.tensor([0.5, 0.7]),
        translation=torch.tensor([0.3, -0.2]),
        spatial_dims=(0, 1),
        method="linear",
    ),
    "image.sobel_edges": Call({"data_format": CHANNELS}, images=t(2, 3, 3, 3)),
    "image.ssim": Call(
        {
            "max_val": 2.0,
            "filter_size": 7,
            "filter_sigma": 0.5,
            "k1": 0.5,
            "k2": 0.5,
            "data_format": With(CHANNELS, image1=t(1, 12, 12, 12), image2=t(1, 12, 12, 12)),
        },
        image1=t(1, 12, 12, 3),
        image2=t(1, 12, 12, 3),
    ),
}


def functions():
    for prefix, room in (("", ops), ("image.", ops.image)):
        for name in sorted(room.__all__):
            function = getattr(room, name)
            if not isinstance(function, types.ModuleType):
                yield prefix + name, function


FUNCTIONS = dict(functions())
ARGUMENTS = [
    f"{name}.{argument}"
    for name, function in FUNCTIONS.items()
    for argument in inspect.signature(function).parameters
]


def parameters_of(name):
    return inspect.signature(FUNCTIONS[name]).parameters


def outcome(name, arguments):
    """What the op gives; a function is run on ``args``."""
    given = dict(arguments)
    args = given.pop("args", [])
    first = []
    for place, (argument, parameter) in enumerate(parameters_of(name).items()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            first = [given.pop(earlier) for earlier in list(parameters_of(name))[:place]]
            first += given.pop(argument)
        if parameter.kind is parameter.VAR_KEYWORD:
            given.update(given.pop(argument, {}))
    torch.manual_seed(0)
    result = FUNCTIONS[name](*first, **given)
    return result(*args) if callable(result) else result


def leaves(x):
    if isinstance(x, (list, tuple)):
        return [leaf for item in x for leaf in leaves(item)]
    return [x]


def fingerprint(x):
    """All that can be told of a result."""
    if isinstance(x, torch.Tensor):
        return str(x.dtype), tuple(x.shape), x.detach().cpu().to(torch.complex128).numpy()
    return type(x).__name__, (), np.asarray(x)


def same(first, second):
    first, second = [[fingerprint(x) for x in leaves(each)] for each in (first, second)]
    if [x[:2] for x in first] != [x[:2] for x in second]:
        return False
    return all(
        np.array_equal(a[2], b[2], equal_nan=a[2].dtype.kind in "fc")
        for a, b in zip(first, second, strict=True)
    )


def test_every_op_has_its_row():
    assert sorted(CALLS) == sorted(FUNCTIONS)
    assert set(DECORATION) <= set(ARGUMENTS)


@pytest.mark.filterwarnings("ignore:Flash attention", "ignore:.torch.jit.script")
@pytest.mark.parametrize("place", [place for place in ARGUMENTS if place not in DECORATION])
def test_changing_an_argument_changes_the_result(place):
    name, argument = place.rsplit(".", 1)
    base, change = CALLS[name].of(argument)
    if isinstance(change, Raises):
        with pytest.raises((ValueError, TypeError, RuntimeError), match=change.words):
            outcome(name, {**base, argument: change.value})
        return
    assert not same(outcome(name, base), outcome(name, {**base, argument: change}))


@pytest.mark.parametrize("place", DECORATION)
def test_what_changes_nothing_says_so(place):
    name, argument = place.rsplit(".", 1)
    text = inspect.getdoc(FUNCTIONS[name])
    named = [inspect.getdoc(FUNCTIONS[word]) for word in text.split("``") if word in FUNCTIONS]
    assert any(f"{argument}:" in part for part in [text, *named])
