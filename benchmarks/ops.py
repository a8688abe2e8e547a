"""Time of common operations beside the torch functions that one would write instead.

    python benchmarks/ops.py [--rounds 60] [--calls 200]

Each row is one call on small tensors, where what is added to the kernel shows: microseconds of CPU
time of both sides on one thread, medians of rounds that take turns, the difference and the ratio.
Rows stand in the order of their difference, the dearest first.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional

from torchkeras import ops

X, Y = torch.randn(32, 64), torch.randn(32, 64)
SQUARE, ROW, BATCH = torch.randn(64, 64), torch.randn(64), torch.randn(8, 16, 16, 4)
WHOLE, PLACES = torch.randint(0, 9, (32, 64)), torch.randint(0, 32, (16,))
CLASSES = torch.randint(0, 10, (32,))
TRUTH = X > 0
KERNEL = torch.randn(3, 3, 4, 8)
QUERY = torch.randn(2, 8, 4, 16)
POSITIVE, SHARES, LARGE = X.abs() + 0.1, torch.rand(32, 64), X.abs() + 1
ALIKE = SQUARE @ SQUARE.T + 64 * torch.eye(64)
THREES = torch.randn(32, 3)
FIRST = BATCH.permute(0, 3, 1, 2).contiguous()

Pair = tuple[Callable[[], object], Callable[[], object]]
PAIRS: dict[str, Pair] = {
    "abs": (lambda: ops.abs(X), lambda: torch.abs(X)),
    "add": (lambda: ops.add(X, Y), lambda: torch.add(X, Y)),
    "add, a number": (lambda: ops.add(X, 2.0), lambda: torch.add(X, 2.0)),
    "add, int and float": (lambda: ops.add(WHOLE, X), lambda: torch.add(WHOLE, X)),
    "subtract": (lambda: ops.subtract(X, Y), lambda: torch.sub(X, Y)),
    "multiply": (lambda: ops.multiply(X, Y), lambda: torch.mul(X, Y)),
    "divide": (lambda: ops.divide(X, Y), lambda: torch.div(X, Y)),
    "power": (lambda: ops.power(X, 2), lambda: torch.pow(X, 2)),
    "maximum": (lambda: ops.maximum(X, Y), lambda: torch.maximum(X, Y)),
    "maximum, a number": (lambda: ops.maximum(X, 0.0), lambda: torch.clamp_min(X, 0.0)),
    "minimum, a number": (lambda: ops.minimum(X, 0.0), lambda: torch.clamp_max(X, 0.0)),
    "exp": (lambda: ops.exp(X), lambda: torch.exp(X)),
    "sqrt": (lambda: ops.sqrt(X), lambda: torch.sqrt(X)),
    "square": (lambda: ops.square(X), lambda: torch.square(X)),
    "tanh": (lambda: ops.tanh(X), lambda: torch.tanh(X)),
    "relu": (lambda: ops.relu(X), lambda: torch.relu(X)),
    "gelu": (lambda: ops.gelu(X), lambda: functional.gelu(X, approximate="tanh")),
    "softmax": (lambda: ops.softmax(X), lambda: torch.softmax(X, -1)),
    "log_softmax": (lambda: ops.log_softmax(X), lambda: torch.log_softmax(X, -1)),
    "equal": (lambda: ops.equal(X, Y), lambda: torch.eq(X, Y)),
    "greater, a number": (lambda: ops.greater(X, 0.0), lambda: torch.gt(X, 0.0)),
    "logical_and": (lambda: ops.logical_and(TRUTH, TRUTH), lambda: torch.logical_and(TRUTH, TRUTH)),
    "where": (lambda: ops.where(TRUTH, X, Y), lambda: torch.where(TRUTH, X, Y)),
    "where, a number": (lambda: ops.where(TRUTH, X, 0.0), lambda: torch.where(TRUTH, X, 0.0)),
    "clip": (lambda: ops.clip(X, -1.0, 1.0), lambda: torch.clamp(X, -1.0, 1.0)),
    "sum": (lambda: ops.sum(X), lambda: torch.sum(X)),
    "sum, an axis": (lambda: ops.sum(X, axis=-1), lambda: torch.sum(X, -1)),
    "sum, integers": (lambda: ops.sum(WHOLE, axis=-1), lambda: torch.sum(WHOLE, -1)),
    "mean": (lambda: ops.mean(X), lambda: torch.mean(X)),
    "mean, an axis": (lambda: ops.mean(X, axis=-1), lambda: torch.mean(X, -1)),
    "var": (lambda: ops.var(X, axis=-1), lambda: torch.var(X, -1, correction=0)),
    "std": (lambda: ops.std(X, axis=-1), lambda: torch.std(X, -1, correction=0)),
    "max": (lambda: ops.max(X, axis=-1), lambda: torch.amax(X, -1)),
    "all": (lambda: ops.all(TRUTH), lambda: torch.all(TRUTH)),
    "any, an axis": (lambda: ops.any(TRUTH, axis=-1), lambda: torch.any(TRUTH, -1)),
    "argmax": (lambda: ops.argmax(X, axis=-1), lambda: torch.argmax(X, -1).int()),
    "cumsum": (lambda: ops.cumsum(X, axis=-1), lambda: torch.cumsum(X, -1)),
    "logsumexp": (lambda: ops.logsumexp(X, axis=-1), lambda: torch.logsumexp(X, -1)),
    "sort": (lambda: ops.sort(X), lambda: torch.sort(X)[0]),
    "top_k": (lambda: ops.top_k(X, 3), lambda: torch.topk(X, 3)),
    "matmul": (lambda: ops.matmul(X, SQUARE), lambda: torch.matmul(X, SQUARE)),
    "dot": (lambda: ops.dot(X, SQUARE), lambda: torch.matmul(X, SQUARE)),
    "einsum": (
        lambda: ops.einsum("ij,jk->ik", X, SQUARE),
        lambda: torch.einsum("ij,jk->ik", X, SQUARE),
    ),
    "reshape": (lambda: ops.reshape(X, (64, 32)), lambda: torch.reshape(X, (64, 32))),
    "transpose": (lambda: ops.transpose(X), lambda: torch.permute(X, (1, 0))),
    "transpose, axes": (
        lambda: ops.transpose(BATCH, (0, 3, 1, 2)),
        lambda: torch.permute(BATCH, (0, 3, 1, 2)),
    ),
    "expand_dims": (lambda: ops.expand_dims(X, 1), lambda: torch.unsqueeze(X, 1)),
    "squeeze": (lambda: ops.squeeze(X), lambda: torch.squeeze(X)),
    "concatenate": (lambda: ops.concatenate([X, Y], -1), lambda: torch.cat([X, Y], -1)),
    "stack": (lambda: ops.stack([X, Y]), lambda: torch.stack([X, Y])),
    "split": (lambda: ops.split(X, 2), lambda: torch.tensor_split(X, 2)),
    "tile": (lambda: ops.tile(X, (2, 1)), lambda: torch.tile(X, (2, 1))),
    "repeat": (lambda: ops.repeat(X, 2, 0), lambda: torch.repeat_interleave(X, 2, 0)),
    "pad": (lambda: ops.pad(X, ((1, 1), (2, 2))), lambda: functional.pad(X, (2, 2, 1, 1))),
    "broadcast_to": (
        lambda: ops.broadcast_to(ROW, (32, 64)),
        lambda: torch.broadcast_to(ROW, (32, 64)),
    ),
    "take": (lambda: ops.take(X, PLACES, 0), lambda: torch.index_select(X, 0, PLACES)),
    "take, one": (lambda: ops.take(X, 1, 0), lambda: torch.select(X, 0, 1)),
    "take_along_axis": (
        lambda: ops.take_along_axis(X, WHOLE, 1),
        lambda: torch.take_along_dim(X, WHOLE, 1),
    ),
    "slice": (lambda: ops.slice(X, (0, 1), (2, 3)), lambda: X[0:2, 1:4]),
    "zeros": (lambda: ops.zeros((32, 64)), lambda: torch.zeros((32, 64))),
    "ones_like": (lambda: ops.ones_like(X), lambda: torch.ones_like(X)),
    "full": (lambda: ops.full((32, 64), 2.0), lambda: torch.full((32, 64), 2.0)),
    "arange": (lambda: ops.arange(10), lambda: torch.arange(10, dtype=torch.int32)),
    "cast": (lambda: ops.cast(X, "float64"), lambda: X.to(torch.float64)),
    "cast, as it is": (lambda: ops.cast(X, "float32"), lambda: X.to(torch.float32)),
    "convert_to_tensor": (lambda: ops.convert_to_tensor(X), lambda: torch.as_tensor(X)),
    "convert_to_tensor, dtype": (
        lambda: ops.convert_to_tensor(X, "float32"),
        lambda: torch.as_tensor(X, dtype=torch.float32),
    ),
    "shape": (lambda: ops.shape(X), lambda: tuple(X.shape)),
    "one_hot": (
        lambda: ops.one_hot(CLASSES, 10),
        lambda: functional.one_hot(CLASSES, 10).float(),
    ),
    "layer_normalization": (
        lambda: ops.layer_normalization(X, ROW, ROW),
        lambda: functional.layer_norm(X, (64,), ROW, ROW, 1e-7),
    ),
    "conv": (
        lambda: ops.conv(BATCH, KERNEL),
        lambda: functional.conv2d(BATCH.permute(0, 3, 1, 2), KERNEL.permute(3, 2, 0, 1)).permute(
            0, 2, 3, 1
        ),
    ),
    "max_pool": (
        lambda: ops.max_pool(BATCH, 2),
        lambda: functional.max_pool2d(BATCH.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1),
    ),
    "binary_crossentropy": (
        lambda: ops.binary_crossentropy(X, Y, from_logits=True),
        lambda: functional.binary_cross_entropy_with_logits(Y, X, reduction="none"),
    ),
    "sparse_categorical_crossentropy": (
        lambda: ops.sparse_categorical_crossentropy(CLASSES, X, from_logits=True),
        lambda: functional.cross_entropy(X, CLASSES, reduction="none"),
    ),
    "dot_product_attention": (
        lambda: ops.dot_product_attention(QUERY, QUERY, QUERY),
        lambda: functional.scaled_dot_product_attention(
            QUERY.transpose(1, 2), QUERY.transpose(1, 2), QUERY.transpose(1, 2)
        ).transpose(1, 2),
    ),
}


# Functions of the same name in torch, and what both are given.
SAME: dict[str, tuple] = {
    **dict.fromkeys(
        (
            *("arcsinh", "arctan", "ceil", "conj", "cos", "cosh", "deg2rad", "erf", "expm1"),
            *("exp2", "floor", "isfinite", "isinf", "isnan", "nan_to_num", "negative", "ravel"),
            *("reciprocal", "real", "round", "sigmoid", "sign", "sin", "sinc", "sinh", "tan"),
            *("tril", "triu", "trunc", "zeros_like", "empty_like", "signbit", "count_nonzero"),
            *("prod", "min", "selu", "celu", "nonzero"),
        ),
        (X,),
    ),
    **dict.fromkeys(("log", "log10", "log1p", "log2", "rsqrt"), (POSITIVE,)),
    **dict.fromkeys(("arccos", "arcsin", "arctanh", "erfinv"), (SHARES,)),
    "arccosh": (LARGE,),
    **dict.fromkeys(
        (
            *("arctan2", "fmod", "greater", "greater_equal", "hypot", "isclose", "less"),
            *("less_equal", "logaddexp", "not_equal", "floor_divide", "heaviside"),
            *("allclose", "kron", "nextafter", "fmax", "fmin"),
        ),
        (X, Y),
    ),
    **dict.fromkeys(
        ("bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm", "bitwise_left_shift"),
        (WHOLE, WHOLE),
    ),
    **dict.fromkeys(("bitwise_not", "logical_not", "square"), (WHOLE,)),
    **dict.fromkeys(("logical_or", "logical_xor"), (TRUTH, TRUTH)),
    **dict.fromkeys(("inner", "outer", "vdot"), (ROW, ROW)),
    "trace": (SQUARE,),
    "diag": (ROW,),
    "diagonal": (SQUARE,),
    "diff": (X,),
    "moveaxis": (BATCH, 3, 1),
    "swapaxes": (BATCH, 3, 1),
    "flip": (X, (0,)),
    "roll": (X, 3, 0),
    "rot90": (X,),
    "cumprod": (X, -1),
    "argmin": (X, -1),
    "tensordot": (X, SQUARE, 1),
    "linspace": (0.0, 1.0, 50),
    "logspace": (0.0, 1.0, 50),
    "eye": (32,),
    "ones": ((32, 64),),
    "full_like": (X, 2.0),
    "hstack": ([X, Y],),
    "vstack": ([X, Y],),
    "searchsorted": (torch.arange(9.0), ROW),
    "bincount": (CLASSES,),
    "amax": (X,),
    "quantile": (X, 0.5),
}
# The same, in other rooms of torch.
LINALG = {
    **dict.fromkeys(("cholesky", "inv", "det", "eigh", "svd", "qr"), (ALIKE,)),
    "norm": (X,),
    "solve": (ALIKE, X.mT.contiguous()),
}
FUNCTIONAL = {
    "elu": "elu",
    "hard_tanh": "hardtanh",
    "hard_shrink": "hardshrink",
    "leaky_relu": "leaky_relu",
    "log_sigmoid": "logsigmoid",
    "relu6": "relu6",
    "silu": "silu",
    "soft_shrink": "softshrink",
    "softplus": "softplus",
    "softsign": "softsign",
    "tanh_shrink": "tanhshrink",
    "glu": "glu",
}
for _name, _given in SAME.items():
    if hasattr(ops, _name) and hasattr(torch, _name):
        PAIRS.setdefault(
            _name, (partial(getattr(ops, _name), *_given), partial(getattr(torch, _name), *_given))
        )
for _name, _given in LINALG.items():
    PAIRS[_name] = (
        partial(getattr(ops, _name), *_given),
        partial(getattr(torch.linalg, _name), *_given),
    )
for _name, _other in FUNCTIONAL.items():
    PAIRS[_name] = (partial(getattr(ops, _name), X), partial(getattr(functional, _other), X))
PAIRS |= {
    "cross": (lambda: ops.cross(THREES, THREES), lambda: torch.linalg.cross(THREES, THREES)),
    "median": (lambda: ops.median(X), lambda: torch.quantile(X, 0.5)),
    "mod": (lambda: ops.mod(X, Y), lambda: torch.remainder(X, Y)),
    "meshgrid": (
        lambda: ops.meshgrid(ROW, ROW),
        lambda: torch.meshgrid(ROW, ROW, indexing="xy"),
    ),
    "unstack": (lambda: ops.unstack(THREES, axis=1), lambda: torch.unbind(THREES, 1)),
    "digitize": (
        lambda: ops.digitize(X, ROW[:9]),
        lambda: torch.bucketize(X, ROW[:9], right=True, out_int32=True),
    ),
    "average_pool": (
        lambda: ops.average_pool(BATCH, 2),
        lambda: functional.avg_pool2d(BATCH.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1),
    ),
    "conv, channels_first": (
        lambda: ops.conv(FIRST, KERNEL, data_format="channels_first"),
        lambda: functional.conv2d(FIRST, KERNEL.permute(3, 2, 0, 1)),
    ),
    "rms_normalization": (
        lambda: ops.rms_normalization(X, ROW),
        lambda: functional.rms_norm(X, (64,), ROW, 1e-7),
    ),
    "normalize": (lambda: ops.normalize(X), lambda: functional.normalize(X, dim=-1)),
    "segment_sum": (
        lambda: ops.segment_sum(X, CLASSES, 10),
        lambda: torch.zeros(10, 64).index_add(0, CLASSES, X),
    ),
    "image.resize": (
        lambda: ops.image.resize(FIRST, (8, 8), data_format="channels_first"),
        lambda: functional.interpolate(FIRST, (8, 8), mode="bilinear"),
    ),
    "isin": (lambda: ops.isin(WHOLE, CLASSES), lambda: torch.isin(WHOLE, CLASSES)),
    "matmul, batches": (
        lambda: ops.matmul(QUERY, QUERY.mT),
        lambda: torch.matmul(QUERY, QUERY.mT),
    ),
    "stop_gradient": (lambda: ops.stop_gradient(X), lambda: X.detach()),
    "rearrange": (
        lambda: ops.rearrange(BATCH, "b h w c -> b c h w"),
        lambda: torch.permute(BATCH, (0, 3, 1, 2)),
    ),
}


def microseconds(call: Callable[[], object], calls: int) -> float:
    """CPU time of one of so many calls."""
    start = time.process_time_ns()
    for _ in range(calls):
        call()
    return (time.process_time_ns() - start) / calls / 1000


def compared(pair: Pair, rounds: int, calls: int) -> tuple[float, float]:
    """Median microseconds of both sides, which take turns; the first round is left out."""
    times = [[microseconds(call, calls) for call in pair] for _ in range(rounds + 1)][1:]
    return tuple([statistics.median(side) for side in zip(*times, strict=True)])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--only", nargs="*", help="names of rows")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name, pair in PAIRS.items():
        if not arguments.only or name in arguments.only:
            ours, bare = compared(pair, arguments.rounds, arguments.calls)
            rows.append((ours - bare, name, ours, bare))
    print("| operation | ours, us | torch, us | more, us | ratio |\n|---|---|---|---|---|")
    for more, name, ours, bare in sorted(rows, reverse=True):
        print(f"| {name} | {ours:.2f} | {bare:.2f} | {more:.2f} | {ours / bare:.2f} |")
    above = sum(row[0] > 2 for row in rows)
    print(f"\n{above} of {len(rows)} cost more than 2 us over torch.")


if __name__ == "__main__":
    main()
