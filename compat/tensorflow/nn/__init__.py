"""``tf.nn``: activations, losses on logits, convolutions and pools as functions."""

from torchkeras_shim.names import missing

from tensorflow.math import (
    approx_max_k,
    approx_min_k,
    in_top_k,
    l2_normalize,
    log_softmax,
    sigmoid,
    softmax,
    softplus,
    softsign,
    tanh,
    top_k,
    zero_fraction,
)
from tensorflow.nn.embeddings import (
    embedding_lookup_sparse,
    safe_embedding_lookup_sparse,
)
from tensorflow.nn.functions import (
    avg_pool,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    batch_normalization,
    bias_add,
    compute_average_loss,
    conv1d,
    conv2d,
    conv3d,
    convolution,
    crelu,
    depthwise_conv2d,
    dropout,
    elu,
    embedding_lookup,
    gelu,
    l2_loss,
    leaky_relu,
    local_response_normalization,
    lrn,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    moments,
    relu,
    relu6,
    scale_regularization_loss,
    selu,
    sigmoid_cross_entropy_with_logits,
    silu,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
    swish,
    weighted_cross_entropy_with_logits,
)
from tensorflow.nn.sampling import nce_loss, sampled_softmax_loss
from tensorflow.nn.sequences import (
    collapse_repeated,
    ctc_beam_search_decoder,
    ctc_greedy_decoder,
    ctc_loss,
)
from tensorflow.nn.statistics import (
    log_poisson_loss,
    normalize_moments,
    sufficient_statistics,
    weighted_moments,
)
from tensorflow.nn.windows import (
    atrous_conv2d,
    conv1d_transpose,
    conv2d_transpose,
    conv3d_transpose,
    conv_transpose,
    depth_to_space,
    dilation2d,
    erosion2d,
    max_pool_with_argmax,
    pool,
    separable_conv2d,
    space_to_depth,
)

__getattr__ = missing(__name__)
