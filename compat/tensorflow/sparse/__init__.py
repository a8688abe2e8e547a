"""``tf.sparse``: tensors given by the places and values of what isn't zero."""

from torchkeras_shim.names import missing

from tensorflow.sparse.arithmetic import (
    add,
    bincount,
    map_values,
    mask,
    maximum,
    minimum,
    reduce_max,
    reduce_sum,
    segment_mean,
    segment_sqrt_n,
    segment_sum,
    softmax,
    sparse_dense_matmul,
)
from tensorflow.sparse.forms import (
    concat,
    expand_dims,
    eye,
    fill_empty_rows,
    from_dense,
    reorder,
    reset_shape,
    reshape,
    retain,
    slice,
    split,
    to_dense,
    to_indicator,
    transpose,
)
from tensorflow.sparse.tensor import (
    SparseTensor,
    SparseTensorSpec,
    joined_values,
    stacked,
)

__getattr__ = missing(__name__)
