"""Every op beside real Keras: the same values and number types, eager and symbolic.

``CASES`` says for each op how its arguments are drawn. Tensors are drawn as torch tensors, which
both sides are given. Types of 64 bits, which Keras narrows in some ops and keeps in others, are
kept here wherever they come in.
"""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchkeras

FLOATS = ("float32", "float32", "float64", "float16", "bfloat16")
INTEGERS = ("int32", "int64", "uint8", "int8", "int16")
WIDE = ("float32", "float64")
ALL = (*FLOATS, *INTEGERS, "bool")
SHAPES = ((), (3,), (2, 3), (2, 1, 3), (4, 2, 3))
# Where a 64-bit type comes in, either of a pair will do.
WIDTHS = ({"int32", "int64"}, {"float32", "float64"})
TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2}


class Tensors:
    """Draws tensors: ``low`` to ``high`` (cut to what the type holds), of any of ``shapes``."""

    def __init__(self, dtypes=ALL, shapes=SHAPES, low=-3.0, high=3.0):
        self.dtypes, self.shapes, self.low, self.high = dtypes, shapes, low, high

    def make(self, draw):
        shape = draw(st.sampled_from(self.shapes))
        dtype = draw(st.sampled_from(self.dtypes))
        return self.fill(draw, shape, dtype)

    def fill(self, draw, shape, dtype):
        rng = np.random.default_rng(draw(st.integers(0, 1000)))
        low, high = self.low, self.high
        if dtype.startswith("uint"):
            low, high = max(low, 0), max(high, 1)
        values = rng.uniform(low, high, shape)
        if "float" not in dtype:
            values = np.floor(values) if dtype != "bool" else values > (low + high) / 2
        return torch.as_tensor(values).to(getattr(torch, dtype))


class Pair(Tensors):
    """Two tensors of possibly different types, the second broadcasting to the first."""

    numbers = True

    def make_all(self, draw):
        x = self.make(draw)
        cut = draw(st.integers(0, x.ndim))
        y = self.fill(draw, tuple(x.shape)[cut:], draw(st.sampled_from(self.dtypes)))
        if self.numbers and draw(st.integers(0, 5)) == 0:
            y = draw(st.sampled_from([2, 1, 0.5, 3.0]))
        return (x, y) if draw(st.booleans()) or not isinstance(y, torch.Tensor) else (y, x)


class Strict(Pair):
    """``Pair`` without Python numbers."""

    numbers = False


class Call:
    """Arguments of one call: tensors, strategies and constants, by place and by name."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    def make(self, draw):
        args = []
        for arg in self.args:
            made = _make(draw, arg)
            args.extend(made) if isinstance(arg, Pair) else args.append(made)
        return tuple(args), {name: _make(draw, value) for name, value in self.kwargs.items()}


def _make(draw, argument):
    if isinstance(argument, Pair):
        return argument.make_all(draw)
    if isinstance(argument, Tensors):
        return argument.make(draw)
    if isinstance(argument, st.SearchStrategy):
        return draw(argument)
    if isinstance(argument, Listed):
        return argument.make(draw)
    return argument


class Listed:
    """A list of tensors of one shape and several types."""

    def __init__(self, tensors, number=3, same_dtype=False):
        self.tensors, self.number, self.same_dtype = tensors, number, same_dtype

    def make(self, draw):
        first = self.tensors.make(draw)
        rest = []
        for _ in range(self.number - 1):
            dtype = draw(st.sampled_from(self.tensors.dtypes))
            name = str(first.dtype).removeprefix("torch.") if self.same_dtype else dtype
            rest.append(self.tensors.fill(draw, tuple(first.shape), name))
        return [first, *rest]


def one_of(*values):
    return st.sampled_from(values)


any_axis = one_of(None, 0, -1)
one_axis = one_of(0, -1)
keep = st.booleans()
MATRICES = ((2, 3), (4, 2, 3))
SQUARE = ((3, 3), (2, 3, 3))
RANKED = ((3,), (2, 3), (4, 2, 3))


def each(names, call):
    """The same call for several ops."""
    return dict.fromkeys(names.split(), call)


unary = Call(Tensors())
floats = Call(Tensors(FLOATS))
inside = Call(Tensors((*FLOATS, "int32"), low=-0.99, high=0.99))
positive = Call(Tensors(ALL, low=0.1, high=4.0))
binary = Call(Pair())
integers = Call(Strict(INTEGERS, low=0, high=6))
bits = Call(Strict(("int32", "uint8", "int64"), low=0, high=6))
truths = Call(Pair(("bool", "int32", "float32")))
reduced = Call(Tensors(shapes=RANKED), axis=one_axis, keepdims=keep)
placed = Call(Tensors(shapes=RANKED), axis=any_axis)
running = Call(Tensors(("float32", "int32", "float64", "bool"), RANKED), axis=any_axis)

CASES = {
    **each(
        "abs absolute negative sign square exp exp2 expm1 sin cos tan tanh sinh cosh arctan "
        "arcsinh deg2rad rad2deg sinc i0 ceil floor trunc isfinite isinf isnan isposinf "
        "isneginf isreal logical_not fabs copy ravel real conj conjugate ones_like zeros_like "
        "ndim shape nonzero erf erfc relu stop_gradient array cbrt angle",
        unary,
    ),
    **each("arcsin arccos arctanh erfinv", inside),
    **each("log log10 log1p log2 sqrt rsqrt reciprocal", positive),
    "transpose": Call(Tensors(shapes=((4, 2, 3),)), one_of((1, 0, 2), (2, 0, 1), [0, 1, 2])),
    "relu6": Call(Tensors((*FLOATS, *INTEGERS))),
    "convert_to_numpy": Call(Tensors((*INTEGERS, "float32", "float16", "bool"))),
    "negative": Call(Tensors((*FLOATS, "int32", "int8"))),
    "sign": Call(Tensors((*FLOATS, *INTEGERS))),
    "round": Call(Tensors((*FLOATS, *INTEGERS)), decimals=one_of(0, 1)),
    "arccosh": Call(Tensors(ALL, low=1.0, high=4.0)),
    "signbit": Call(Tensors((*FLOATS, "int32", "int8"))),
    "bitwise_not": Call(Tensors((*INTEGERS, "bool"))),
    "bitwise_invert": Call(Tensors((*INTEGERS, "bool"))),
    "nan_to_num": floats,
    **each(
        "sigmoid silu swish hard_sigmoid hard_silu hard_swish log_sigmoid hard_tanh "
        "tanh_shrink softplus softsign soft_shrink hard_shrink sparse_plus sparse_sigmoid "
        "squareplus elu selu celu leaky_relu",
        floats,
    ),
    "gelu": Call(Tensors(FLOATS), approximate=keep),
    "threshold": Call(Tensors(FLOATS), 0.5, one_of(0.0, 2.0)),
    "glu": Call(Tensors(FLOATS, ((4,), (2, 4), (4, 2, 6)))),
    "softmax": Call(Tensors(FLOATS, RANKED), axis=one_of(-1, 0, None)),
    "log_softmax": Call(Tensors(FLOATS, RANKED), axis=one_of(-1, 0, None)),
    "polar": Call(Strict(("float32",), ((2, 3),))),
    # two tensors
    **each("add multiply maximum minimum fmax fmin divide", binary),
    "true_divide": binary,
    **each("equal not_equal greater greater_equal less less_equal", binary),
    "subtract": Call(Pair((*FLOATS, *INTEGERS))),
    "divide_no_nan": Call(Pair(("float32", "int32", "float16"))),
    "floor_divide": Call(Pair((*FLOATS, "int32", "uint8"), low=1, high=7)),
    "mod": Call(Pair(("float32", "int32", "uint8"), low=1, high=7)),
    "fmod": Call(Pair(("float32", "int32", "uint8"), low=1, high=7)),
    "power": Call(Pair(("float32", "int32", "float64"), low=1, high=4)),
    **each("arctan2 logaddexp isclose allclose isin", Call(Strict())),
    "logaddexp2": Call(Strict((*FLOATS, "int32"))),
    "heaviside": Call(Strict((*FLOATS, "int32"))),
    "ldexp": Call(Tensors(("float32", "float16")), Tensors(("int32",), ((),))),
    "nextafter": Call(Strict(("float64",))),
    "hypot": Call(Strict((*FLOATS, *INTEGERS))),
    "gcd": integers,
    "lcm": Call(Strict(INTEGERS, low=1, high=6)),
    **each("bitwise_and bitwise_or bitwise_xor", bits),
    **each(
        "bitwise_left_shift bitwise_right_shift left_shift right_shift",
        Call(Tensors(("int32", "uint8")), one_of(0, 1, 2)),
    ),
    **each("logical_and logical_or logical_xor", truths),
    "where": Call(Tensors(("bool",), ((2, 3),)), Pair(shapes=((2, 3),))),
    "clip": Call(Tensors(("float32", "float64", "float16", "int32", "bool")), 0, one_of(1, 2)),
    # reductions
    **each("sum mean max min amax amin var std all any argmax argmin prod ptp", reduced),
    "ptp": Call(Tensors((*FLOATS, "int32"), RANKED), axis=any_axis),
    "argmax": Call(Tensors(("float32", "int32"), RANKED), axis=any_axis),
    "argmin": Call(Tensors(("float32", "int32"), RANKED), axis=any_axis),
    "sort": placed,
    "argsort": Call(Tensors(("float32", "int32", "bool"), RANKED), axis=any_axis),
    "cumsum": running,
    "cumprod": running,
    "average": Call(Tensors(shapes=RANKED), axis=any_axis),
    "median": Call(Tensors((*WIDE, "int32"), RANKED), axis=any_axis, keepdims=keep),
    "quantile": Call(
        Tensors((*WIDE, "int32"), RANKED),
        one_of(0.3, 0.75),
        axis=any_axis,
        keepdims=keep,
        method=one_of("linear", "lower", "higher", "midpoint", "nearest"),
    ),
    "percentile": Call(Tensors(WIDE, RANKED), one_of(30.0, 75.0), axis=any_axis, keepdims=keep),
    "nanquantile": Call(Tensors(WIDE, RANKED), 0.3, axis=any_axis, keepdims=keep),
    "nanpercentile": Call(Tensors(WIDE, RANKED), 30.0, axis=any_axis, keepdims=keep),
    **each(
        "nansum nanprod nanmean nanvar nanstd nanmax nanmin nanmedian",
        Call(Tensors(("float32", "float64", "int32"), RANKED), axis=one_axis, keepdims=keep),
    ),
    **each(
        "nanargmax nanargmin",
        Call(Tensors(("float32", "int32"), RANKED), axis=one_axis, keepdims=keep),
    ),
    "nancumsum": running,
    "nancumprod": running,
    "logsumexp": Call(Tensors(FLOATS, RANKED), axis=any_axis, keepdims=keep),
    "bincount": Call(Tensors(("int32", "int64"), ((5,), (2, 4)), 0, 6), minlength=one_of(6, 9)),
    "histogram": Call(Tensors(("float32",), ((9,),)), bins=one_of(4, 10), range=(-3.0, 3.0)),
    # shapes
    "reshape": Call(Tensors(shapes=((6,), (2, 3), (2, 1, 3))), one_of((3, 2), (-1,), (1, 6), 6)),
    "swapaxes": Call(Tensors(shapes=((2, 3), (4, 2, 3))), 0, 1),
    "moveaxis": Call(Tensors(shapes=((4, 2, 3),)), [0, 1], one_of([-1, 0], [1, 2])),
    "expand_dims": Call(Tensors(), one_of(0, -1, (0, 1))),
    "squeeze": Call(Tensors(shapes=((2, 1, 3), (1, 1, 2))), axis=one_of(None, 1)),
    "broadcast_to": Call(Tensors(shapes=((3,), (2, 3), (1, 3))), (4, 2, 3)),
    "flip": Call(Tensors(shapes=RANKED), axis=one_of(None, 0, -1, (0,))),
    "fliplr": Call(Tensors(shapes=MATRICES)),
    "flipud": Call(Tensors(shapes=MATRICES)),
    "rot90": Call(Tensors(shapes=MATRICES), k=one_of(1, 2, 3, -1)),
    "roll": Call(Tensors(shapes=RANKED), one_of(1, -2, 5), axis=any_axis),
    "concatenate": Call(Listed(Tensors(shapes=RANKED)), axis=one_axis),
    "stack": Call(Listed(Tensors(shapes=RANKED), same_dtype=True), axis=one_axis),
    "hstack": Call(Listed(Tensors(shapes=RANKED))),
    "vstack": Call(Listed(Tensors(shapes=RANKED))),
    "dstack": Call(Listed(Tensors(shapes=RANKED))),
    "append": Call(Tensors(shapes=((2, 3),)), Tensors(shapes=((2, 3),)), axis=any_axis),
    "unstack": Call(Tensors(shapes=RANKED), axis=one_axis),
    "split": Call(Tensors(shapes=((4,), (6, 4))), one_of(2, [1, 3]), axis=one_axis),
    "array_split": Call(Tensors(shapes=((5,), (6, 5))), 2, axis=one_axis),
    "hsplit": Call(Tensors(shapes=((4,), (6, 4))), one_of(2, [1, 3])),
    "vsplit": Call(Tensors(shapes=((6, 4),)), one_of(2, [1, 3])),
    "dsplit": Call(Tensors(shapes=((2, 3, 4),)), one_of(2, [1, 3])),
    "tile": Call(Tensors(shapes=RANKED), one_of((2,), (2, 1), (1, 2, 2), 3)),
    "repeat": Call(Tensors(shapes=((3,), (2, 3))), one_of(2, 3), axis=any_axis),
    "pad": Call(
        Tensors(("float32", "int32"), ((4, 5),)),
        one_of(((1, 2), (0, 1)), ((0, 0), (3, 1))),
        mode=one_of("constant", "reflect"),
    ),
    "diagonal": Call(Tensors(shapes=((3, 4), (3, 4, 2))), offset=one_of(0, 1, -1)),
    "diag": Call(Tensors(shapes=((3,), (3, 4))), k=one_of(0, 1, -1)),
    "diagflat": Call(Tensors(shapes=((3,), (2, 2))), k=one_of(0, 1)),
    "tril": Call(Tensors(shapes=SQUARE), k=one_of(0, 1, -1)),
    "triu": Call(Tensors(shapes=SQUARE), k=one_of(0, 1, -1)),
    # creation
    "zeros": Call(one_of((2, 3), (), (4,)), dtype=one_of(*ALL, None)),
    "ones": Call(one_of((2, 3), (), (4,)), dtype=one_of(*ALL, None)),
    "full": Call(one_of((2, 3), ()), one_of(1, 0.5), dtype=one_of("float32", "int32", None)),
    "full_like": Call(Tensors(), one_of(1, 2)),
    "arange": Call(one_of(0, 1, 0.5), one_of(5, 4.5), one_of(1, 2), dtype=one_of(None, "int32")),
    "linspace": Call(one_of(0, -1.0), one_of(4, 2.5), num=one_of(1, 5), endpoint=keep),
    "logspace": Call(one_of(0, -1.0), one_of(2, 1.5), num=one_of(2, 5), endpoint=keep),
    "geomspace": Call(one_of(1, 0.5), one_of(2, 8.0), num=one_of(2, 5)),
    "eye": Call(one_of(3, 4), one_of(None, 4), k=one_of(0, 1, -1), dtype=one_of(*ALL, None)),
    "identity": Call(3, dtype=one_of(*ALL, None)),
    "tri": Call(3, one_of(None, 4), k=one_of(0, 1, -1)),
    "vander": Call(Tensors(("float32", "int32"), ((4,),)), one_of(None, 3), increasing=keep),
    "meshgrid": Call(
        Tensors(FLOATS[:1], ((3,),)), Tensors(FLOATS[:1], ((2,),)), indexing=one_of("xy", "ij")
    ),
    **each("bartlett blackman hamming hanning", Call(one_of(5, 8))),
    "kaiser": Call(one_of(5, 8), 3.0),
    "view": Call(Tensors(("float32", "int32"), ((2, 4),)), dtype=one_of("int32", "int8")),
    "unravel_index": Call(Tensors(("int32", "int64"), ((3,), (2, 2)), 0, 23), (2, 3, 4)),
    # indexing
    "take": Call(
        Tensors(shapes=((3,), (3, 4))), one_of(1, [0, 2], [[0, 1], [2, -1]]), axis=any_axis
    ),
    "take_along_axis": Call(
        Tensors(shapes=((3, 4),)), Tensors(("int32", "int64"), ((3, 4),), 0, 3), axis=one_axis
    ),
    "get_item": Call(Tensors(shapes=((3, 4),)), one_of(1, slice(0, 2), (slice(None), 1))),
    "searchsorted": Call(
        torch.tensor([1.0, 2.0, 3.0]),
        Tensors(("float32",), ((3,), (2, 3))),
        side=one_of("left", "right"),
    ),
    "digitize": Call(Tensors(("float32", "int32")), torch.tensor([0.0, 1.0, 2.0])),
    "unique": Call(
        Tensors(("int32", "float32"), ((6,),), 0, 4),
        return_inverse=keep,
        return_counts=keep,
        return_index=keep,
        size=one_of(None, 3, 8),
    ),
    "select": Call(
        Listed(Tensors(("bool",), ((3,),)), 2), Listed(Tensors(("float32",), ((3,),)), 2), 7.0
    ),
    # products
    "matmul": Call(Tensors(shapes=((2, 3), (4, 2, 3))), Tensors(shapes=((3, 5), (4, 3, 2)))),
    "dot": Call(Tensors(shapes=((2, 3), (3,))), Tensors(shapes=((3, 5), (3,)))),
    "vdot": Call(Tensors(WIDE, ((3,),)), Tensors(("float32", "int32"), ((3,),))),
    "inner": Call(Tensors(shapes=((2, 3), (3,))), Tensors(shapes=((4, 3), (3,)))),
    "outer": Call(Tensors(shapes=((2, 3), (3,))), Tensors(shapes=((4,),))),
    "tensordot": Call(
        Tensors(shapes=((2, 3, 4),)), Tensors(shapes=((3, 4, 5),)), axes=one_of(2, [[1, 2], [0, 1]])
    ),
    "einsum": Call("ij,jk->ik", Tensors(FLOATS[:1], ((2, 3),)), Tensors(FLOATS[:1], ((3, 4),))),
    "kron": Call(Strict((*FLOATS, "int32"), ((2, 3),))),
    "cross": Call(Tensors(WIDE, ((2, 3),)), Tensors(("float32", "int32"), ((2, 3),)), axis=-1),
    "trace": Call(Tensors(shapes=((3, 4), (3, 4, 2))), offset=one_of(0, 1)),
    "diff": Call(Tensors((*FLOATS, "int32"), RANKED), n=one_of(1, 2), axis=one_axis),
    "trapezoid": Call(Tensors(("float32", "bool"), RANKED), dx=one_of(1.0, 0.5)),
    "corrcoef": Call(Tensors(WIDE, ((3, 5),))),
    "correlate": Call(
        Tensors(("float32", "int32"), ((6,),)),
        Tensors(("float32",), ((3,),)),
        mode=one_of("valid", "same", "full"),
    ),
    "slogdet": Call(Tensors(WIDE, SQUARE)),
    # core
    "cast": Call(Tensors(low=0, high=4), one_of(*ALL)),
    "saturate_cast": Call(Tensors((*WIDE, "int32"), low=-400, high=400), one_of("uint8", "int8")),
    "scatter": Call(Tensors(("int32", "int64"), ((4, 1),), 0, 5), Tensors(WIDE, ((4, 3),)), (5, 3)),
    "scatter_update": Call(
        Tensors(WIDE, ((5, 3),)),
        torch.tensor([[0], [2], [2]]),
        torch.ones(3, 3) * 2,
        reduction=one_of("add", "max", "min", "mul"),
    ),
    "slice": Call(Tensors(shapes=((4, 5),)), one_of((0, 1), [2, 0]), (2, 3)),
    "slice_update": Call(Tensors(WIDE, ((4, 5),)), one_of((0, 1), [2, 0]), torch.ones(2, 3)),
    # math
    **each(
        "segment_sum segment_max segment_min segment_prod",
        Call(
            Tensors(("float32", "int32"), ((5,), (5, 2))),
            torch.tensor([0, 1, 0, 2, 1]),
            num_segments=one_of(None, 3, 2),
        ),
    ),
    "in_top_k": Call(Tensors(("int32",), ((4,),), 0, 5), Tensors(WIDE, ((4, 5),)), one_of(1, 3)),
    "cdist": Call(Tensors(("float32",), ((4, 3),)), Tensors(("float32",), ((5, 3), (4, 3)))),
    "logdet": Call(torch.eye(3) * 2 + 0.1),
    "fft": Call(Listed(Tensors(("float32",), ((8,), (2, 8))), 2)),
    "fft2": Call(Listed(Tensors(("float32",), ((4, 4),)), 2)),
    "ifft2": Call(Listed(Tensors(("float32",), ((4, 4),)), 2)),
    "rfft": Call(Tensors(("float32",), ((8,), (2, 9))), fft_length=one_of(None, 6)),
    "irfft": Call(Listed(Tensors(("float32",), ((5,), (2, 5))), 2), fft_length=one_of(None, 6)),
    "extract_sequences": Call(Tensors(("float32",), ((9,), (2, 10))), 4, one_of(1, 3)),
    "stft": Call(
        Tensors(("float32",), ((40,), (2, 40))),
        8,
        one_of(2, 4),
        16,
        window=one_of("hann", "hamming", None),
        center=keep,
    ),
    "view_as_complex": Call(Tensors(("float32",), ((3, 2),))),
    # nn
    "normalize": Call(Tensors(WIDE, RANKED), axis=one_axis, order=one_of(1, 2, 3)),
    "layer_normalization": Call(Tensors(FLOATS, ((2, 3), (4, 2, 3))), axis=one_of(-1, [-2, -1])),
    "rms_normalization": Call(Tensors(FLOATS, ((2, 3), (4, 2, 3))), axis=-1),
    "moments": Call(Tensors(("float32", "float16"), RANKED), axes=one_of([0], [-1]), keepdims=keep),
    "batch_normalization": Call(
        Tensors(WIDE, ((4, 3),)),
        torch.ones(3),
        torch.ones(3) * 2,
        axis=-1,
        offset=one_of(None, torch.ones(3)),
        scale=one_of(None, torch.ones(3) * 3),
    ),
    "one_hot": Call(
        Tensors(("int32", "int64"), RANKED, -1, 5), 5, axis=one_of(-1, 0), dtype=one_of(*ALL, None)
    ),
    "multi_hot": Call(Tensors(("int32",), ((3,), (2, 3)), 0, 5), 5),
    "binary_crossentropy": Call(*[Tensors(("float32",), ((2, 3),), 0, 1)] * 2, from_logits=keep),
    "categorical_crossentropy": Call(
        *[Tensors(("float32",), ((2, 3),), 0, 1)] * 2, from_logits=keep
    ),
    "sparse_categorical_crossentropy": Call(
        Tensors(("int32",), ((2,), (2, 1)), 0, 3),
        Tensors(("float32",), ((2, 3),), 0, 1),
        from_logits=keep,
    ),
    "ctc_loss": Call(
        Tensors(("int32",), ((2, 3),), 1, 5),
        Tensors(("float32",), ((2, 8, 5),)),
        torch.tensor([3, 2]),
        torch.tensor([8, 7]),
    ),
    "ctc_decode": Call(
        Tensors(("float32",), ((2, 6, 4),)),
        torch.tensor([6, 4]),
        merge_repeated=keep,
        mask_index=one_of(0, 3),
    ),
    "psnr": Call(*[Tensors(("float32",), ((2, 3),), 0, 1)] * 2, max_val=1.0),
    "max_pool": Call(
        Tensors(("float32",), ((2, 7, 5, 3),)),
        one_of(2, 3, (2, 3)),
        strides=one_of(None, 1, 2),
        padding=one_of("valid", "same"),
    ),
    "average_pool": Call(
        Tensors(("float32",), ((2, 7, 5, 3),)),
        one_of(2, 3),
        strides=one_of(None, 1),
        padding="valid",
    ),
    "adaptive_average_pool": Call(Tensors(("float32",), ((2, 7, 5, 3),)), one_of(2, (3, 2))),
    "adaptive_max_pool": Call(Tensors(("float32",), ((2, 7, 5, 3),)), one_of(2, (3, 2))),
    "conv": Call(
        Tensors(("float32",), ((2, 7, 6, 4),)),
        Tensors(("float32",), ((3, 2, 4, 5), (3, 2, 2, 4))),
        strides=one_of(1, 2, (2, 1)),
        padding=one_of("valid", "same"),
    ),
    "depthwise_conv": Call(
        Tensors(("float32",), ((2, 7, 6, 4),)),
        Tensors(("float32",), ((3, 2, 4, 2),)),
        strides=one_of(1, 2),
        padding=one_of("valid", "same"),
    ),
    "separable_conv": Call(
        Tensors(("float32",), ((2, 7, 6, 4),)),
        Tensors(("float32",), ((3, 2, 4, 2),)),
        Tensors(("float32",), ((1, 1, 8, 3),)),
        padding=one_of("valid", "same"),
    ),
    "conv_transpose": Call(
        Tensors(("float32",), ((2, 4, 3, 4),)),
        Tensors(("float32",), ((3, 2, 5, 4),)),
        strides=one_of(1, 2, 3),
        padding=one_of("valid", "same"),
        output_padding=one_of(None, 0, 1),
        dilation_rate=one_of(1, 2),
    ),
    "unfold": Call(Tensors(("float32",), ((2, 3, 6, 5),)), one_of(2, (2, 3)), stride=one_of(1, 2)),
    "fold": Call(Tensors(("float32",), ((2, 12, 20),)), (6, 5), 2),
    "depth_to_space": Call(Tensors(("float32",), ((2, 3, 2, 8),)), 2),
    "space_to_depth": Call(Tensors(("float32",), ((2, 4, 6, 2),)), 2),
    "dot_product_attention": Call(
        Tensors(("float32",), ((2, 4, 4, 3),)),
        Tensors(("float32",), ((2, 5, 2, 3),)),
        Tensors(("float32",), ((2, 5, 2, 3),)),
        is_causal=keep,
        scale=one_of(None, 0.5),
    ),
    # linear algebra
    "cholesky": Call(torch.eye(3) * 3 + 0.5, upper=keep),
    "det": Call(Tensors(WIDE, SQUARE)),
    "inv": Call(torch.eye(3) * 3 + 0.5),
    "eigh": Call(torch.diag(torch.tensor([1.0, 2.0, 3.0]))),
    "lu_factor": Call(Tensors(WIDE, SQUARE)),
    "norm": Call(
        Tensors((*WIDE, "int32"), ((2, 3), (4, 2, 3))), ord=one_of(None, 2), axis=one_axis
    ),
    "qr": Call(Tensors(WIDE, MATRICES), mode=one_of("reduced", "complete")),
    "solve": Call(torch.eye(3) * 3 + 0.5, Tensors(("float32",), ((3, 2), (3,)))),
    "solve_triangular": Call(
        torch.eye(3) * 3 + 0.5, Tensors(("float32",), ((3, 2), (3,))), lower=keep
    ),
    "svd": Call(Tensors(("float32",), MATRICES), compute_uv=False),
    "lstsq": Call(Tensors(("float32",), ((5, 3),)), Tensors(("float32",), ((5, 2), (5,)))),
    "matrix_rank": Call(Tensors(("float32",), MATRICES)),
    "pinv": Call(Tensors(("float32",), MATRICES)),
    "cholesky_inverse": Call(torch.eye(3) * 3 + 0.5),
    "rearrange": Call(
        Tensors(("float32",), ((2, 6, 4),)), "b (n c) d -> (b c) d n", c=one_of(2, 3)
    ),
    # images
    "image.rgb_to_grayscale": Call(
        Tensors(("float32", "uint8"), ((4, 5, 3), (2, 4, 5, 3)), 0, 200)
    ),
    "image.rgb_to_hsv": Call(Tensors(("float32",), ((4, 5, 3), (2, 4, 5, 3)), 0, 1)),
    "image.hsv_to_rgb": Call(Tensors(("float32",), ((4, 5, 3), (2, 4, 5, 3)), 0, 1)),
    "image.resize": Call(
        Tensors(("float32", "uint8"), ((6, 8, 3), (2, 7, 5, 3)), 0, 200),
        one_of((4, 4), (9, 12)),
        interpolation=one_of("nearest", "bilinear", "bicubic"),
        antialias=keep,
        crop_to_aspect_ratio=keep,
    ),
    "image.affine_transform": Call(
        Tensors(("float32", "uint8"), ((2, 6, 5, 3),), 0, 200),
        torch.tensor([[1.0, 0.2, -0.5, 0.1, 0.9, 1.0, 0, 0], [0.8, 0, 1.0, 0.3, 1.1, 0, 0, 0]]),
        interpolation=one_of("nearest", "bilinear"),
        fill_mode=one_of("constant", "nearest", "wrap", "mirror", "reflect"),
        fill_value=one_of(0, 7),
    ),
    "image.perspective_transform": Call(
        Tensors(("float32",), ((2, 6, 5, 3), (6, 5, 3)), 0, 1),
        torch.tensor([[0.0, 0], [4, 0], [0, 5], [4, 5]]),
        torch.tensor([[1.0, 0], [4, 1], [0, 4], [3, 5]]),
        interpolation=one_of("nearest", "bilinear"),
    ),
    "image.map_coordinates": Call(
        Tensors(("float32", "int32"), ((5, 6),), 0, 50),
        Tensors(("float32",), ((2, 4),), -3, 8),
        order=one_of(0, 1),
        fill_mode=one_of("constant", "nearest", "wrap", "mirror", "reflect"),
    ),
    "image.gaussian_blur": Call(
        Tensors(("float32",), ((6, 5, 3), (2, 6, 5, 3))),
        (3, 3),
        sigma=(1.0, 2.0),
        data_format="channels_last",
    ),
    "image.sobel_edges": Call(Tensors(("float32",), ((2, 6, 5, 3),)), data_format="channels_last"),
    "image.ssim": Call(*[Tensors(("float32",), ((2, 12, 13, 3),), 0, 1)] * 2),
    "image.extract_patches": Call(
        Tensors(("float32",), ((2, 7, 6, 3), (7, 6, 3))),
        one_of(2, (2, 3)),
        strides=one_of(None, 1, 2),
        padding=one_of("valid", "same"),
    ),
    "image.extract_patches_3d": Call(
        Tensors(("float32",), ((2, 4, 5, 6, 2),)),
        one_of(2, (2, 3, 1)),
        padding=one_of("valid", "same"),
    ),
    "image.pad_images": Call(
        Tensors(("float32",), ((4, 5, 3), (2, 4, 5, 3))), 1, 2, target_height=8, target_width=9
    ),
    "image.crop_images": Call(
        Tensors(("float32",), ((4, 5, 3), (2, 4, 5, 3))), 1, 2, target_height=2, target_width=3
    ),
    "image.scale_and_translate": Call(
        Tensors(("float32", "uint8"), ((6, 5, 3),), 0, 200),
        (8, 4, 3),
        torch.tensor([1.5, 0.7]),
        torch.tensor([0.3, -0.2]),
        (0, 1),
        one_of("linear", "cubic", "lanczos3", "lanczos5"),
        antialias=keep,
    ),
}


def flat(result):
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    return [result]


def number_type(x):
    if isinstance(x, torch.Tensor):
        return str(x.dtype).removeprefix("torch.")
    return str(x.dtype) if isinstance(x, np.ndarray) else type(x).__name__


def values(x):
    x = x.detach() if isinstance(x, torch.Tensor) else torch.as_tensor(x)
    return (x.to(torch.complex128) if x.is_complex() else x.double()).resolve_conj().numpy()


def function_of(ops, name):
    for part in name.split("."):
        ops = getattr(ops, part)
    return ops


def clone(x):
    if isinstance(x, torch.Tensor):
        return x.clone()
    return [clone(item) for item in x] if isinstance(x, list) else x


def check_same(name, args, kwargs):
    expected = function_of(keras.ops, name)(*clone(list(args)), **kwargs)
    result = function_of(torchkeras.ops, name)(*args, **kwargs)
    theirs, ours = flat(expected), flat(result)
    assert len(theirs) == len(ours)
    wide = any(number_type(x) in ("int64", "float64") for x in flat(list(args)))
    wide = wide or any(isinstance(x, torch.Tensor) and x.dtype == torch.int64 for x in theirs)
    for their, our in zip(theirs, ours, strict=True):
        kind = number_type(their)
        assert number_type(our) == kind or (wide and {kind, number_type(our)} in WIDTHS), (
            f"{number_type(our)} instead of {kind}"
        )
        rough = {number_type(x) for x in [*flat(list(args)), our]} & set(TOLERANCE)
        tolerance = max([TOLERANCE[k] for k in rough], default=1e-5)
        np.testing.assert_allclose(
            values(our), values(their), rtol=tolerance, atol=tolerance, err_msg=name
        )
        assert getattr(our, "shape", ()) == getattr(their, "shape", ())
    return ours


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_values_and_types_are_those_of_keras(name, data):
    args, kwargs = CASES[name].make(data.draw)
    check_same(name, args, kwargs)


# Results of these aren't tensors alone, or depend on values, so no symbol stands for them.
WITHOUT_SYMBOL = {
    *("shape", "ndim", "convert_to_numpy", "nonzero", "unique", "bincount", "histogram"),
    *("segment_sum", "segment_max", "segment_min", "segment_prod", "arange", "full"),
}


def symbol_of(x):
    if isinstance(x, torch.Tensor):
        return torchkeras.KerasTensor(tuple(x.shape), x.dtype)
    return [symbol_of(item) for item in x] if isinstance(x, list) else x


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITHOUT_SYMBOL])
@settings(max_examples=2)
@given(data=st.data())
def test_a_symbolic_call_foretells_shape_and_type(name, data):
    args, kwargs = CASES[name].make(data.draw)
    if not any(isinstance(x, torch.Tensor) for x in flat(list(args))):
        return
    ours = flat(function_of(torchkeras.ops, name)(*args, **kwargs))
    symbolic = flat(function_of(torchkeras.ops, name)(*symbol_of(list(args)), **kwargs))
    assert len(symbolic) == len(ours)
    for symbol, tensor in zip(symbolic, ours, strict=True):
        assert isinstance(symbol, torchkeras.KerasTensor)
        assert (symbol.shape, symbol.dtype) == (tuple(tensor.shape), number_type(tensor))
