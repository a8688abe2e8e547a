"""What can't be meant is refused, eagerly and on symbols, in words that help.

Every message says where, what was given and what was expected.
"""

import re

import pytest
import torch

import torchkeras
from torchkeras import initializers, losses, metrics, ops, optimizers, quantizers, random

schedules = optimizers.schedules
# Where it went wrong, and what was expected: `Dense "head": units is -3; expected an integer`.
WORDS = re.compile(r"^[\w. \"]+: [\s\S]*(expected|expects|should|must)", re.IGNORECASE)


def eager(*shape, dtype="float32"):
    """A tensor of ones."""
    return torch.ones(shape, dtype=getattr(torch, dtype))


def symbol(*shape, dtype="float32"):
    """A symbol of a tensor like that."""
    return torchkeras.KerasTensor(shape, dtype)


def mistake_of(call):
    """The error that ``call`` raises, or None."""
    try:
        call()
    except Exception as error:  # noqa: BLE001, the kind is asserted on
        return error
    return None


def check(call, kinds=(ValueError, TypeError)):
    """Assert that ``call`` is refused in words that help."""
    error = mistake_of(call)
    assert error is not None, "accepted"
    assert isinstance(error, kinds), f"{type(error).__name__}: {error}"
    assert WORDS.search(str(error)), str(error)


def image(name):
    """The function of ``ops.image``."""
    return getattr(ops.image, name)


# Each gets a function that makes tensors, or symbols.
ON_TENSORS = {
    # axes
    "sum twice": lambda t: ops.sum(t(2, 3), axis=(0, 0)),
    "var twice": lambda t: ops.var(t(2, 3), axis=(0, -2)),
    "std out of range": lambda t: ops.std(t(2, 3), axis=2),
    "mean by a word": lambda t: ops.mean(t(2, 3), axis="rows"),
    "max by half": lambda t: ops.max(t(2, 3), axis=0.5),
    "argmax of two": lambda t: ops.argmax(t(2, 3), axis=(0, 1)),
    "prod twice": lambda t: ops.prod(t(2, 3), axis=(1, 1)),
    "softmax twice": lambda t: ops.softmax(t(2, 3), axis=(0, 0)),
    "sparsemax out of range": lambda t: ops.sparsemax(t(2, 3), axis=2),
    "average axis": lambda t: ops.average(t(2, 3), axis=3),
    "average weights": lambda t: ops.average(t(2, 3), axis=0, weights=t(3)),
    "quantile axis": lambda t: ops.quantile(t(2, 3), 0.5, axis=4),
    "quantile method": lambda t: ops.quantile(t(2, 3), 0.5, method="middle"),
    "normalize axis": lambda t: ops.normalize(t(2, 3), axis=3),
    "normalize order": lambda t: ops.normalize(t(2, 3), order=-1),
    "moments axes": lambda t: ops.moments(t(2, 3), axes=(0, 5)),
    "expand_dims twice": lambda t: ops.expand_dims(t(2, 3), axis=(0, 0)),
    "squeeze a long axis": lambda t: ops.squeeze(t(2, 3), axis=1),
    "rot90 axes": lambda t: ops.rot90(t(2, 3), axes=(0, 0)),
    "trace axes": lambda t: ops.trace(t(2, 3), axis1=0, axis2=5),
    "unstack axis": lambda t: ops.unstack(t(2, 3), axis=2),
    "take_along_axis rank": lambda t: ops.take_along_axis(t(2, 3), t(2, dtype="int32"), axis=1),
    "logsumexp axis": lambda t: ops.logsumexp(t(2, 3), axis=2),
    "segment_sum rank": lambda t: ops.segment_sum(t(2, 3), t(2, 2, dtype="int32")),
    # sizes
    "reshape to negative": lambda t: ops.reshape(t(2, 3), (-2, -3)),
    "reshape twice unknown": lambda t: ops.reshape(t(2, 3), (-1, -1)),
    "broadcast_to lower": lambda t: ops.broadcast_to(t(2, 3), (3,)),
    "repeat negative": lambda t: ops.repeat(t(2, 3), -1, axis=0),
    "tile negative": lambda t: ops.tile(t(2, 3), (-1, 1)),
    "pad mode": lambda t: ops.pad(t(2, 3), 1, mode="mirror"),
    "pad constant with reflect": lambda t: ops.pad(t(2, 3), 1, mode="reflect", constant_values=2),
    "split by none": lambda t: ops.split(t(2, 3), 0),
    "array_split negative": lambda t: ops.array_split(t(2, 3), -1),
    "slice size": lambda t: ops.slice(t(2, 3), (0, 0), (3, 3)),
    "slice rank": lambda t: ops.slice(t(2, 3), (0,), (1, 1)),
    "slice_update": lambda t: ops.slice_update(t(2, 3), (1, 1), t(2, 3)),
    "eye": lambda t: ops.eye(-1),
    "full": lambda t: ops.full((-2,), 1.0),
    "one_hot classes": lambda t: ops.one_hot(t(2, dtype="int32"), -1),
    "multi_hot classes": lambda t: ops.multi_hot(t(2, dtype="int32"), -1),
    "top_k negative": lambda t: ops.top_k(t(2, 3), -1),
    "in_top_k k": lambda t: ops.in_top_k(t(2, dtype="int32"), t(2, 3), 4),
    "in_top_k batches": lambda t: ops.in_top_k(t(2, dtype="int32"), t(4, 3), 1),
    "scatter_update updates": lambda t: ops.scatter_update(t(4, 2), [[0], [1]], t(3, 2)),
    "scatter_update depth": lambda t: ops.scatter_update(t(4), [[0, 1]], t(1)),
    "scatter_update reduction": lambda t: ops.scatter_update(t(4), [[0]], t(1), reduction="mean"),
    "unravel_index": lambda t: ops.unravel_index(t(2, dtype="int32"), (2, 0)),
    "meshgrid indexing": lambda t: ops.meshgrid(t(2), t(3), indexing="yx"),
    "bincount rank": lambda t: ops.bincount(t(2, 2, 2, dtype="int32")),
    "vdot sizes": lambda t: ops.vdot(t(2), t(3)),
    "inner sizes": lambda t: ops.inner(t(2, 3), t(2, 2)),
    "cross sizes": lambda t: ops.cross(t(4), t(4)),
    "tensordot axes": lambda t: ops.tensordot(t(2, 3), t(3, 2), axes=5),
    "einsum letters": lambda t: ops.einsum("ij,jk", t(2, 3), t(2, 3)),
    "einsum count": lambda t: ops.einsum("ij,jk->ik", t(2, 3)),
    "concatenate ranks": lambda t: ops.concatenate([t(2, 3), t(2)], axis=0),
    "vstack": lambda t: ops.vstack([t(2, 3), t(2, 4)]),
    "hstack": lambda t: ops.hstack([t(2, 3), t(3, 3)]),
    "searchsorted side": lambda t: ops.searchsorted(t(3), t(2), side="middle"),
    "digitize rank": lambda t: ops.digitize(t(2), t(2, 2)),
    "select": lambda t: ops.select([t(2, dtype="bool")], [t(2), t(2)]),
    "vander": lambda t: ops.vander(t(2, 2)),
    "histogram bins": lambda t: ops.histogram(t(4), bins=-1),
    "diagonal of a row": lambda t: ops.diagonal(t(3)),
    "diag of a cube": lambda t: ops.diag(t(2, 2, 2)),
    "trapezoid axis": lambda t: ops.trapezoid(t(2, 3), axis=4),
    # number types
    "bitwise_or": lambda t: ops.bitwise_or(t(2), t(2)),
    "bitwise_xor": lambda t: ops.bitwise_xor(t(2, dtype="int32"), t(2)),
    "bitwise_not": lambda t: ops.bitwise_not(t(2)),
    "left_shift": lambda t: ops.left_shift(t(2), 1),
    "gcd": lambda t: ops.gcd(t(2), t(2)),
    "lcm": lambda t: ops.lcm(t(2), t(2)),
    "cast": lambda t: ops.cast(t(2), "float99"),
    "saturate_cast": lambda t: ops.saturate_cast(t(2), "float99"),
    "zeros": lambda t: ops.zeros_like(t(2), dtype="float99"),
    # networks
    "conv channels": lambda t: ops.conv(t(1, 4, 4, 3), t(2, 2, 2, 5)),
    "conv padding": lambda t: ops.conv(t(1, 4, 4, 3), t(2, 2, 3, 5), padding="full"),
    "conv data_format": lambda t: ops.conv(t(1, 4, 4, 3), t(2, 2, 3, 5), data_format="last"),
    "conv strides": lambda t: ops.conv(t(1, 4, 4, 3), t(2, 2, 3, 5), strides=0),
    "conv strides rank": lambda t: ops.conv(t(1, 4, 4, 3), t(2, 2, 3, 5), strides=(1, 1, 1)),
    "conv kernel too large": lambda t: ops.conv(t(1, 4, 4, 3), t(5, 5, 3, 1)),
    "depthwise_conv": lambda t: ops.depthwise_conv(t(1, 4, 4, 3), t(2, 2, 2, 1)),
    "separable_conv": lambda t: ops.separable_conv(t(1, 4, 4, 3), t(2, 2, 3, 1), t(1, 1, 4, 2)),
    "conv_transpose": lambda t: ops.conv_transpose(t(1, 4, 4, 3), t(2, 2, 5, 2), strides=2),
    "max_pool size": lambda t: ops.max_pool(t(1, 4, 4, 3), 0),
    "max_pool padding": lambda t: ops.max_pool(t(1, 4, 4, 3), 2, padding="full"),
    "average_pool rank": lambda t: ops.average_pool(t(4, 3), 2),
    "batch_normalization": lambda t: ops.batch_normalization(t(2, 3), t(2), t(2), axis=-1),
    "attention": lambda t: ops.dot_product_attention(t(2, 3, 4), t(2, 3, 4), t(2, 3, 4)),
    "ctc_loss": lambda t: ops.ctc_loss(
        t(2, 3, dtype="int32"), t(2, 4), t(2, dtype="int32"), t(2, dtype="int32")
    ),
    "ctc_decode": lambda t: ops.ctc_decode(t(2, 4, 3), t(2, dtype="int32"), strategy="random"),
    "categorical_crossentropy": lambda t: ops.categorical_crossentropy(t(2, 3), t(2, 4)),
    "sparse_categorical": lambda t: ops.sparse_categorical_crossentropy(
        t(3, dtype="int32"), t(2, 4)
    ),
    "celu": lambda t: ops.glu(t(2, 3), axis=1),
    "psnr": lambda t: ops.psnr(t(2, 3), t(2, 4), 1.0),
    "unfold": lambda t: ops.unfold(t(4, 4), 2),
    # linear algebra
    "cholesky": lambda t: ops.cholesky(t(2, 3)),
    "det": lambda t: ops.det(t(2, 3)),
    "eigh": lambda t: ops.eigh(t(2, 3)),
    "inv of a row": lambda t: ops.inv(t(3)),
    "lu_factor": lambda t: ops.lu_factor(t(3)),
    "norm": lambda t: ops.norm(t(2, 3), ord="big"),
    "norm axes": lambda t: ops.norm(t(2, 3, 4), axis=(0, 1, 2)),
    "qr mode": lambda t: ops.qr(t(2, 3), mode="half"),
    "solve sizes": lambda t: ops.solve(t(2, 2), t(3, 1)),
    "solve_triangular": lambda t: ops.solve_triangular(t(2, 3), t(2, 1)),
    "svd": lambda t: ops.svd(t(3)),
    "lstsq": lambda t: ops.lstsq(t(3, 2), t(4, 1)),
    # signals
    "fft": lambda t: ops.fft(t(4)),
    "fft of unequal parts": lambda t: ops.fft((t(4), t(3))),
    "fft2 of rows": lambda t: ops.fft2((t(4), t(4))),
    "stft window": lambda t: ops.stft(t(8), 4, 2, 4, window="round"),
    "stft length": lambda t: ops.stft(t(8), 6, 2, 4),
    "stft step": lambda t: ops.stft(t(8), 4, 0, 4),
    "extract_sequences": lambda t: ops.extract_sequences(t(8), 4, 0),
    # images
    "resize method": lambda t: image("resize")(t(4, 4, 3), (2, 2), interpolation="round"),
    "resize size": lambda t: image("resize")(t(4, 4, 3), (0, 2)),
    "resize rank": lambda t: image("resize")(t(4, 4), (2, 2)),
    "resize both": lambda t: image("resize")(
        t(4, 4, 3), (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True
    ),
    "rgb_to_grayscale": lambda t: image("rgb_to_grayscale")(t(4, 4, 2)),
    "rgb_to_hsv": lambda t: image("rgb_to_hsv")(t(4, 4, 3, dtype="int32")),
    "hsv_to_rgb rank": lambda t: image("hsv_to_rgb")(t(4, 3)),
    "affine interpolation": lambda t: image("affine_transform")(
        t(4, 4, 3), t(8), interpolation="cubic"
    ),
    "affine fill": lambda t: image("affine_transform")(t(4, 4, 3), t(8), fill_mode="round"),
    "affine rank": lambda t: image("affine_transform")(t(4, 4), t(8)),
    "affine transform": lambda t: image("affine_transform")(t(4, 4, 3), t(6)),
    "perspective": lambda t: image("perspective_transform")(t(4, 4, 3), t(3, 2), t(4, 2)),
    "gaussian_blur": lambda t: image("gaussian_blur")(t(4, 4), 3, 1.0),
    "elastic": lambda t: image("elastic_transform")(t(4, 4, 3), interpolation="round"),
    "map_coordinates": lambda t: image("map_coordinates")(t(4, 4), t(3, 2), order=1),
    "map_coordinates order": lambda t: image("map_coordinates")(t(4, 4), t(2, 2), order=3),
    "extract_patches": lambda t: image("extract_patches")(t(1, 4, 4, 3), 0),
    "extract_patches padding": lambda t: image("extract_patches")(t(1, 4, 4, 3), 2, padding="all"),
    "crop_images": lambda t: image("crop_images")(t(4, 4, 3), left_cropping=5, target_width=3),
    "pad_images": lambda t: image("pad_images")(t(4, 4, 3), left_padding=1, target_width=3),
}


@pytest.mark.parametrize("make", [eager, symbol])
@pytest.mark.parametrize("name", ON_TENSORS)
def test_operations_refuse_what_cannot_be_meant(name, make):
    check(lambda: ON_TENSORS[name](make))


X, Y = torch.ones(4, 3), torch.ones(4)
WEIGHT = torch.ones(2, 3)
CLASSES = torch.tensor([0, 1, 2, 1])


def step(optimizer, gradient=None):
    """One step of an optimizer on one variable."""
    optimizer.apply(
        [torch.ones(2) if gradient is None else gradient], [torchkeras.Variable([1.0, 2.0])]
    )


LOSSES = {
    "mse shapes": lambda: losses.mean_squared_error(X, torch.ones(4, 5)),
    "MSE shapes": lambda: losses.MeanSquaredError()(X, torch.ones(4, 5)),
    "MSE batches": lambda: losses.MeanSquaredError()(torch.ones(3), torch.ones(4)),
    "reduction": lambda: losses.MeanSquaredError(reduction="average"),
    "dtype": lambda: losses.MeanSquaredError(dtype="float99"),
    "weights": lambda: losses.MeanSquaredError()(X, X, torch.ones(5)),
    "weights rank": lambda: losses.MeanSquaredError()(X, X, torch.ones(2, 2, 2)),
    "nothing": lambda: losses.MeanSquaredError()(None, X),
    "text": lambda: losses.MeanSquaredError()("y", X),
    "bce shapes": lambda: losses.binary_crossentropy(X, torch.ones(4, 5)),
    "bce smoothing": lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
    "cce smoothing": lambda: losses.CategoricalCrossentropy(label_smoothing=-0.5),
    "cce shapes": lambda: losses.CategoricalCrossentropy()(X, torch.ones(4, 5)),
    "cce axis": lambda: losses.categorical_crossentropy(X, X, axis=4),
    "cce labels as numbers": lambda: losses.categorical_crossentropy(CLASSES, X),
    "scce shapes": lambda: losses.sparse_categorical_crossentropy(torch.tensor([0, 1]), X),
    "scce class": lambda: losses.sparse_categorical_crossentropy(torch.tensor([0, 1, 2, 3]), X),
    "focal gamma": lambda: losses.BinaryFocalCrossentropy(gamma="strong"),
    "cosine axis": lambda: losses.cosine_similarity(X, X, axis=3),
    "huber delta": lambda: losses.Huber(delta=-1.0),
    "dice axis": lambda: losses.dice(X, X, axis=5),
    "triplet": lambda: losses.CategoricalGeneralizedCrossEntropy(q=2.0),
    "ctc": lambda: losses.CTC()(torch.ones(2, 3), torch.ones(2, 4)),
    "get": lambda: losses.get("mean_squared_eror"),
    "get number": lambda: losses.get(3),
}
METRICS = {
    "dtype": lambda: metrics.Mean(dtype="float99"),
    "mean weights": lambda: metrics.Mean().update_state(Y, sample_weight=torch.ones(3)),
    "mean of text": lambda: metrics.Mean().update_state("x"),
    "accuracy shapes": lambda: metrics.Accuracy().update_state(Y, torch.ones(3)),
    "binary shapes": lambda: metrics.BinaryAccuracy().update_state(X, torch.ones(4, 5)),
    "categorical shapes": lambda: metrics.CategoricalAccuracy().update_state(X, torch.ones(5, 3)),
    "sparse shapes": lambda: metrics.SparseCategoricalAccuracy().update_state(CLASSES[:2], X),
    "top_k": lambda: metrics.TopKCategoricalAccuracy(k=-1),
    "sparse top_k": lambda: metrics.SparseTopKCategoricalAccuracy(k=0),
    "auc curve": lambda: metrics.AUC(curve="XY"),
    "auc summation": lambda: metrics.AUC(summation_method="middle"),
    "auc thresholds": lambda: metrics.AUC(num_thresholds=1),
    "auc labels": lambda: metrics.AUC(num_labels=3),
    "auc weights": lambda: metrics.AUC(multi_label=True, label_weights=[1.0]).update_state(X, X),
    "precision threshold": lambda: metrics.Precision(thresholds=[-0.1]),
    "precision top_k": lambda: metrics.Precision(top_k=0),
    "precision class": lambda: metrics.Precision(class_id=7).update_state(X, X),
    "recall shapes": lambda: metrics.Recall().update_state(X, torch.ones(4, 5)),
    "sensitivity": lambda: metrics.SensitivityAtSpecificity(1.5),
    "sensitivity thresholds": lambda: metrics.SensitivityAtSpecificity(0.5, num_thresholds=0),
    "recall at": lambda: metrics.RecallAtPrecision(-0.5),
    "iou classes": lambda: metrics.MeanIoU(num_classes=0),
    "iou targets": lambda: metrics.IoU(num_classes=2, target_class_ids=[5]),
    "binary iou": lambda: metrics.BinaryIoU(target_class_ids=[3]),
    "fbeta average": lambda: metrics.FBetaScore(average="middle"),
    "fbeta beta": lambda: metrics.FBetaScore(beta=-1.0),
    "fbeta threshold": lambda: metrics.FBetaScore(threshold=2.0),
    "fbeta rank": lambda: metrics.F1Score().update_state(Y, Y),
    "r2 aggregation": lambda: metrics.R2Score(class_aggregation="sum"),
    "r2 regressors": lambda: metrics.R2Score(num_regressors=-1),
    "r2 shapes": lambda: metrics.R2Score().update_state(X, torch.ones(4, 5)),
    "r2 rank": lambda: metrics.R2Score().update_state(torch.ones(2, 2, 2), torch.ones(2, 2, 2)),
    "mse shapes": lambda: metrics.MeanSquaredError().update_state(X, torch.ones(4, 5)),
    "cosine axis": lambda: metrics.CosineSimilarity(axis=4).update_state(X, X),
    "crossentropy": lambda: metrics.CategoricalCrossentropy(label_smoothing=3.0),
    "concordance": lambda: metrics.PearsonCorrelation().update_state(X, torch.ones(4, 5)),
    "variable": lambda: metrics.Mean().add_variable((2,), "zeros", reduction="middle"),
    "get": lambda: metrics.get("acuracy"),
}
OPTIMIZERS = {
    "rate text": lambda: optimizers.SGD("fast"),
    "rate none": lambda: optimizers.Adam(None),
    "momentum": lambda: optimizers.SGD(0.1, momentum=1.5),
    "momentum negative": lambda: optimizers.SGD(0.1, momentum=-0.5),
    "clips": lambda: optimizers.SGD(0.1, clipnorm=1.0, clipvalue=1.0),
    "clipnorm": lambda: optimizers.SGD(0.1, clipnorm=-1.0),
    "global_clipnorm": lambda: optimizers.SGD(0.1, global_clipnorm=-1.0),
    "clipvalue": lambda: optimizers.SGD(0.1, clipvalue=-1.0),
    "ema": lambda: optimizers.SGD(0.1, use_ema=True, ema_momentum=1.5),
    "accumulation": lambda: optimizers.SGD(0.1, gradient_accumulation_steps=1),
    "accumulation text": lambda: optimizers.SGD(0.1, gradient_accumulation_steps="two"),
    "unknown": lambda: optimizers.SGD(0.1, momentom=0.9),
    "weight_decay": lambda: optimizers.SGD(0.1, weight_decay="a"),
    "adamw": lambda: optimizers.AdamW(weight_decay=None),
    "beta_1": lambda: optimizers.Adam(beta_1=1.5),
    "beta_2": lambda: optimizers.Adam(beta_2=-0.1),
    "lion": lambda: optimizers.Lion(beta_1=0.0),
    "epsilon": lambda: optimizers.Adam(epsilon=-1e-3),
    "rho": lambda: optimizers.RMSprop(rho=2.0),
    "adadelta": lambda: optimizers.Adadelta(rho=-0.5),
    "adagrad": lambda: optimizers.Adagrad(initial_accumulator_value=-1.0),
    "ftrl power": lambda: optimizers.Ftrl(learning_rate_power=0.5),
    "ftrl l1": lambda: optimizers.Ftrl(l1_regularization_strength=-1.0),
    "ftrl l2": lambda: optimizers.Ftrl(l2_regularization_strength=-1.0),
    "ftrl shrinkage": lambda: optimizers.Ftrl(l2_shrinkage_regularization_strength=-1.0),
    "ftrl accumulator": lambda: optimizers.Ftrl(initial_accumulator_value=-1.0),
    "adafactor": lambda: optimizers.Adafactor(clip_threshold=0.0),
    "muon": lambda: optimizers.Muon(ns_steps=0),
    "loss scale": lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), initial_scale=-1.0),
    "loss scale growth": lambda: optimizers.LossScaleOptimizer(
        optimizers.SGD(), dynamic_growth_steps=0
    ),
    "loss scale inner": lambda: optimizers.LossScaleOptimizer(3),
    "gradient shape": lambda: step(optimizers.SGD(0.1), torch.ones(3)),
    "gradients and variables": lambda: optimizers.SGD(0.1).apply([torch.ones(2)], []),
    "no gradients": lambda: optimizers.SGD(0.1).apply_gradients([]),
    "none": lambda: optimizers.SGD(0.1).apply([None], [torchkeras.Variable([1.0])]),
    "rate assigned": lambda: setattr(optimizers.SGD(0.1), "learning_rate", "fast"),
    "get": lambda: optimizers.get("adm"),
    "get number": lambda: optimizers.get(3),
}
SCHEDULES = {
    "exponential": lambda: schedules.ExponentialDecay(0.1, 0, 0.9),
    "exponential text": lambda: schedules.ExponentialDecay("a", 10, 0.9),
    "inverse": lambda: schedules.InverseTimeDecay(0.1, -5, 0.9),
    "polynomial": lambda: schedules.PolynomialDecay(0.1, 0),
    "cosine": lambda: schedules.CosineDecay(0.1, 0),
    "cosine warmup": lambda: schedules.CosineDecay(0.1, 10, warmup_target=0.2, warmup_steps=-1),
    "restarts": lambda: schedules.CosineDecayRestarts(0.1, 0),
    "restarts t_mul": lambda: schedules.CosineDecayRestarts(0.1, 5, t_mul=0.0),
    "piecewise": lambda: schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.2]),
    "piecewise order": lambda: schedules.PiecewiseConstantDecay([20, 10], [0.1, 0.2, 0.3]),
}
PARTS = {
    "zeros shape": lambda: initializers.Zeros()((-1, 2)),
    "constant": lambda: initializers.Constant("a")((2,)),
    "normal stddev": lambda: initializers.RandomNormal(stddev=-1.0)((2,)),
    "truncated stddev": lambda: initializers.TruncatedNormal(stddev=-1.0)((2,)),
    "scaling scale": lambda: initializers.VarianceScaling(scale=0.0),
    "scaling mode": lambda: initializers.VarianceScaling(mode="fan"),
    "scaling distribution": lambda: initializers.VarianceScaling(distribution="round"),
    "orthogonal rank": lambda: initializers.Orthogonal()((3,)),
    "identity rank": lambda: initializers.Identity()((2, 2, 2)),
    "stft rank": lambda: initializers.STFT()((3,)),
    "stft side": lambda: initializers.STFT(side="up"),
    "seed": lambda: initializers.RandomNormal(seed="a"),
    "initializer dtype": lambda: initializers.Zeros()((2,), dtype="float99"),
    "initializer get": lambda: initializers.get("glorot_unifrom"),
    "initializer get number": lambda: initializers.get(3),
    "random shape": lambda: random.normal((-1,)),
    "random stddev": lambda: random.normal((2,), stddev=-1.0),
    "random seed": lambda: random.normal((2,), seed="a"),
    "random dtype": lambda: random.normal((2,), dtype="float99"),
    "randint order": lambda: random.randint((2,), 5, 2),
    "randint dtype": lambda: random.randint((2,), 0, 5, dtype="float32"),
    "categorical samples": lambda: random.categorical(X, -1),
    "categorical rank": lambda: random.categorical(Y, 2),
    "dropout rate": lambda: random.dropout(X, 1.5),
    "shuffle axis": lambda: random.shuffle(X, axis=4),
    "gamma": lambda: random.gamma((2,), -1.0),
    "beta": lambda: random.beta((2,), 0.0, 1.0),
    "binomial": lambda: random.binomial((2,), 3.0, 1.5),
    "binomial counts": lambda: random.binomial((2,), -3.0, 0.5),
    "generator seed": lambda: random.SeedGenerator("a"),
    "l1 negative": lambda: torchkeras.regularizers.L1(-0.1),
    "l2 text": lambda: torchkeras.regularizers.L2("a"),
    "l1l2": lambda: torchkeras.regularizers.L1L2(l1=0.1, l2=-1.0),
    "orthogonal mode": lambda: torchkeras.regularizers.OrthogonalRegularizer(mode="diagonal"),
    "orthogonal matrix": lambda: torchkeras.regularizers.OrthogonalRegularizer()(Y),
    "regularizer get": lambda: torchkeras.regularizers.get("l3"),
    "max norm": lambda: torchkeras.constraints.MaxNorm(-1.0),
    "max norm axis": lambda: torchkeras.constraints.MaxNorm(1.0, axis=5)(X),
    "min max": lambda: torchkeras.constraints.MinMaxNorm(2.0, 1.0),
    "min max rate": lambda: torchkeras.constraints.MinMaxNorm(rate=1.5),
    "unit norm axis": lambda: torchkeras.constraints.UnitNorm(axis=5)(X),
    "constraint get": lambda: torchkeras.constraints.get("max_nrm"),
    "activation get": lambda: torchkeras.activations.get("rellu"),
    "activation get number": lambda: torchkeras.activations.get(3),
    "elu alpha": lambda: torchkeras.activations.elu(X, alpha="a"),
    "softmax axis": lambda: torchkeras.activations.softmax(X, axis=3),
    "glu axis": lambda: torchkeras.activations.glu(X, axis=1),
    "quantizer range": lambda: quantizers.AbsMaxQuantizer(axis=0, value_range=(5, -5)),
    "quantizer dtype": lambda: quantizers.AbsMaxQuantizer(axis=0, output_dtype="int99"),
    "quantizer axis": lambda: quantizers.AbsMaxQuantizer(axis=5)(X),
    "abs_max axis": lambda: quantizers.abs_max_quantize(X, axis=5),
    "fake bits": lambda: quantizers.fake_quant_with_min_max_vars(X, -1.0, 1.0, num_bits=1),
    "fake axis": lambda: quantizers.fake_quant_with_min_max_vars(X, -Y, Y, axis=5),
    "pack axis": lambda: quantizers.pack_int4(CLASSES.to(torch.int8), axis=3),
    "pack type": lambda: quantizers.pack_int4(X),
    "unpack length": lambda: quantizers.unpack_int4(CLASSES.to(torch.int8), 99),
    "quantizer get": lambda: quantizers.get("abs_mx_quantizer"),
    "policy": lambda: torchkeras.dtype_policies.DTypePolicy("mixed_float99"),
    "quantized policy": lambda: torchkeras.dtype_policies.QuantizedDTypePolicy("int3", "float32"),
    "floatx": lambda: torchkeras.config.set_floatx("float99"),
    "epsilon": lambda: torchkeras.config.set_epsilon("a"),
    "image_data_format": lambda: torchkeras.config.set_image_data_format("last"),
    "backend": lambda: torchkeras.config.set_backend("numpi"),
    "tree": lambda: torchkeras.tree.map_structure(abs, [1, 2], [1]),
    "pack": lambda: torchkeras.tree.pack_sequence_as([1, 2], [1]),
}
TABLES = {
    "losses": LOSSES,
    "metrics": METRICS,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "parts": PARTS,
}


@pytest.mark.parametrize("room, name", [(r, name) for r, table in TABLES.items() for name in table])
def test_what_cannot_be_meant_is_refused(room, name):
    check(TABLES[room][name])
