"""The drop-in ``tensorflow``: its names on torch and torchkeras."""

import importlib as _importlib
import logging as _logging
from typing import Any as _Any

import torch as _torch
from torchkeras_shim import modules as _modules

_modules.install()

from torchkeras_shim.names import missing as _missing  # noqa: E402
from torchkeras_shim.shapes import TensorShape  # noqa: E402

from tensorflow import (  # noqa: E402
    audio,
    autodiff,
    autograph,
    bitwise,
    compat,
    config,
    data,
    debugging,
    distribute,
    dtypes,
    errors,
    experimental,
    feature_column,
    image,
    io,
    linalg,
    lite,
    lookup,
    math,
    nest,
    nn,
    profiler,
    queue,
    ragged,
    random,
    saved_model,
    sets,
    signal,
    sparse,
    strings,
    summary,
    test,
    tpu,
    train,
    types,
    version,
)
from tensorflow.arrays import (  # noqa: E402
    argsort,
    broadcast_to,
    concat,
    expand_dims,
    meshgrid,
    pad,
    repeat,
    reshape,
    reverse,
    roll,
    sequence_mask,
    slice,
    sort,
    split,
    squeeze,
    stack,
    strided_slice,
    tile,
    transpose,
    unique,
    unique_with_counts,
    unstack,
)
from tensorflow.autodiff import (  # noqa: E402
    GradientTape,
    UnconnectedGradients,
)
from tensorflow.clipping import (  # noqa: E402
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
)
from tensorflow.debugging import (  # noqa: E402
    assert_equal,
    assert_greater,
    assert_less,
    assert_rank,
)
from tensorflow.dtypes import (  # noqa: E402
    DType,
    as_dtype,
    bfloat16,
    bool,
    cast,
    complex,
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    saturate_cast,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from tensorflow.flow import (  # noqa: E402
    Assert,
    TensorArray,
    case,
    cond,
    control_dependencies,
    device,
    executing_eagerly,
    group,
    init_scope,
    inside_function,
    name_scope,
    no_op,
    numpy_function,
    print,
    py_function,
    switch_case,
    timestamp,
    while_loop,
)
from tensorflow.functions import function  # noqa: E402
from tensorflow.gradients import (  # noqa: E402
    custom_gradient,
    grad_pass_through,
    gradients,
    hessians,
    no_gradient,
    recompute_grad,
)
from tensorflow.indexing import (  # noqa: E402
    boolean_mask,
    gather,
    gather_nd,
    one_hot,
    scatter_nd,
    tensor_scatter_nd_add,
    tensor_scatter_nd_max,
    tensor_scatter_nd_min,
    tensor_scatter_nd_sub,
    tensor_scatter_nd_update,
    where,
)
from tensorflow.linalg import (  # noqa: E402
    eig,
    eigvals,
    einsum,
    matmul,
    norm,
    tensordot,
)
from tensorflow.mapping import (  # noqa: E402
    foldl,
    foldr,
    map_fn,
    scan,
    vectorized_map,
)
from tensorflow.math import (  # noqa: E402
    abs,
    acos,
    acosh,
    add,
    add_n,
    argmax,
    argmin,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    cumsum,
    divide,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
    round,
    scalar_mul,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    truediv,
)
from tensorflow.math.counting import (  # noqa: E402
    histogram_fixed_width,
    histogram_fixed_width_bins,
)
from tensorflow.math.functions import (  # noqa: E402
    realdiv,
    searchsorted,
    truncatediv,
    truncatemod,
)
from tensorflow.module import Module  # noqa: E402
from tensorflow.protos import make_ndarray, make_tensor_proto  # noqa: E402
from tensorflow.ragged import RaggedTensor, RaggedTensorSpec  # noqa: E402
from tensorflow.regrouping import (  # noqa: E402
    batch_to_space,
    bitcast,
    broadcast_dynamic_shape,
    broadcast_static_shape,
    dynamic_partition,
    dynamic_stitch,
    edit_distance,
    identity_n,
    reverse_sequence,
    shape_n,
    space_to_batch,
    unravel_index,
)
from tensorflow.sparse import SparseTensor, SparseTensorSpec  # noqa: E402
from tensorflow.strings import as_string  # noqa: E402
from tensorflow.tensors import (  # noqa: E402
    IndexedSlices,
    TensorSpec,
    Variable,
    constant,
    convert_to_tensor,
    ensure_shape,
    eye,
    fill,
    get_static_value,
    identity,
    is_symbolic_tensor,
    is_tensor,
    linspace,
    ones,
    ones_like,
    range,
    rank,
    shape,
    size,
    stop_gradient,
    type_spec_from_value,
    zeros,
    zeros_like,
)
from tensorflow.version import VERSION as __version__  # noqa: E402

Tensor = _torch.Tensor
newaxis = None

# Namespaces and names of tf that are Keras's.
_FROM_KERAS = {
    "keras": "",
    "initializers": "initializers",
    "losses": "losses",
    "metrics": "metrics",
    "optimizers": "optimizers",
}
_INITIALIZERS = {
    "constant_initializer": "Constant",
    "ones_initializer": "Ones",
    "random_normal_initializer": "RandomNormal",
    "random_uniform_initializer": "RandomUniform",
    "zeros_initializer": "Zeros",
}
_report_missing = _missing(__name__)


def get_logger() -> _logging.Logger:
    """The logger called "tensorflow"."""
    return _logging.getLogger("tensorflow")


def __getattr__(name: str) -> _Any:
    if name in _FROM_KERAS:
        path = ".".join(filter(None, ("tensorflow.keras", _FROM_KERAS[name])))
        return _importlib.import_module(path)
    if name in _INITIALIZERS:
        return getattr(__getattr__("initializers"), _INITIALIZERS[name])
    return _report_missing(name)
