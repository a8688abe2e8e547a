"""One stream of random numbers for TensorFlow and for the drop-in, so that their losses compare.

Initial weights and ``tf.random`` come from NumPy, seeded by the kind of draw, its shape and how
many of that shape came before. Layers that only add noise let their input through, data keep their
order, and ``keras.datasets`` are small arrays of the right form (``stand_ins.py``).
"""

import functools
import inspect
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

NOISE = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise")
NOISE += ("GaussianDropout", "AlphaDropout", "RandomFlip", "RandomRotation", "RandomZoom")
NOISE += ("RandomTranslation", "RandomContrast", "RandomBrightness")
DROPPING = ("LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "ConvLSTM1D")
DROPPING += ("ConvLSTM2D", "MultiHeadAttention", "Attention", "AdditiveAttention")
PICTURES = ("flip_left_right", "flip_up_down", "brightness", "contrast", "saturation", "hue")


class Draws:
    """NumPy's numbers for a draw, by its kind and shape."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[Any, ...]] = Counter()

    def __call__(self, kind: str, shape: Any) -> np.ndarray:
        """Draws of ``kind``, ``"uniform"`` in [0, 1) or ``"normal"``, in float64."""
        shape = tuple(int(n) for n in np.asarray(shape).reshape(-1))
        self.counts[kind, shape] += 1
        name = f"{kind} {shape} {self.counts[kind, shape]}"
        numbers = np.random.default_rng(zlib.crc32(name.encode()))
        return numbers.random(shape) if kind == "uniform" else numbers.standard_normal(shape)


draws = Draws()


def install(tf: Any, rooms: list[Any], asks_for_shapes: Callable[[], bool]) -> None:
    """Replace what draws random numbers in both packages.

    Args:
        tf, rooms: TensorFlow and the packages named keras, or the drop-ins.
        asks_for_shapes: Whether results have no values just now.
    """
    functions = _functions(tf, asks_for_shapes)
    for room in rooms:
        _silence_layers(room.layers)
        _replace_functions(functions, room)
    for model in _once(room.Model for room in rooms):
        model.fit = _in_order(model.fit)
    for optimizer in _once(optimizer for room in rooms for optimizer in _optimizers(room)):
        _add_up_rows(tf, optimizer)
    for initializer in _initializers(tf, rooms):
        initializer.__call__ = _drawn_weights(tf, initializer.__call__, asks_for_shapes)
    _replace_random(tf, functions)
    tf.data.Dataset.shuffle = lambda self, *args, **options: self


def _once(kinds: Iterable[Any]) -> list[Any]:
    """Each of them once, as rooms may share them."""
    return list({id(kind): kind for kind in kinds}.values())


# Layers


def _silence_layers(layers: Any) -> None:
    for name in NOISE:
        if hasattr(layers, name):
            kind = getattr(layers, name)
            kind.call = _let_through
            kind.compute_output_shape = lambda self, shape: shape
    for name in DROPPING:
        kind = getattr(layers, name)
        if not hasattr(kind.__init__, "is_silent"):
            kind.__init__ = _without_dropping(kind.__init__)


def _let_through(self: Any, inputs: Any, training: Any = None) -> Any:
    return inputs


def _without_dropping(init: Callable) -> Callable:
    @functools.wraps(init)
    def silent(self, *args, **options):
        for name in ("dropout", "recurrent_dropout"):
            if name in options:
                options[name] = 0.0
        init(self, *args, **options)

    silent.is_silent = True
    silent.__signature__ = inspect.signature(init)  # Keras reads it, and follows no wrapper
    return silent


def _in_order(fit: Callable) -> Callable:
    @functools.wraps(fit)
    def in_order(self, *args, **options):
        if len(args) < 9:
            options["shuffle"] = False
        return fit(self, *args, **options)

    return in_order


def _optimizers(room: Any) -> list[Any]:
    """The base of the optimizers, and in Keras 2 also of those before 2.11."""
    legacy = getattr(getattr(room.optimizers, "legacy", None), "Optimizer", None)
    return [room.optimizers.Optimizer] + ([legacy] if hasattr(legacy, "apply_gradients") else [])


def _add_up_rows(tf: Any, optimizer: Any) -> None:
    """Let TensorFlow add up the gradients of an embedding's rows before a step, as Keras 2 does.

    Keras 3 on TensorFlow makes a step of Adam for each time that a row was looked up; on its other
    backends, one for their sum.
    """
    if not hasattr(tf, "IndexedSlices"):
        return

    def dense(gradient: Any) -> Any:
        is_sparse = isinstance(gradient, tf.IndexedSlices)
        return tf.convert_to_tensor(gradient) if is_sparse else gradient

    if not hasattr(optimizer, "apply"):
        _add_up_rows_of_pairs(optimizer, dense)
        return
    apply = optimizer.apply

    @functools.wraps(apply)
    def apply_dense(self, grads, trainable_variables=None):
        return apply(self, [dense(g) for g in grads], trainable_variables)

    optimizer.apply = apply_dense


def _add_up_rows_of_pairs(optimizer: Any, dense: Callable) -> None:
    apply_gradients = optimizer.apply_gradients

    @functools.wraps(apply_gradients)
    def apply_dense(self, grads_and_vars, *args, **options):
        pairs = [(dense(gradient), variable) for gradient, variable in grads_and_vars]
        return apply_gradients(self, pairs, *args, **options)

    optimizer.apply_gradients = apply_dense


# Initial weights


def _initializers(tf: Any, rooms: list[Any]) -> list[Any]:
    """Each class that draws first values."""
    names = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal")
    names += ("GlorotUniform", "GlorotNormal", "HeNormal", "HeUniform", "LecunNormal")
    names += ("LecunUniform",)
    found = [getattr(room.initializers, name) for room in rooms for name in names]
    found += [tf.random_normal_initializer, tf.random_uniform_initializer]
    return _once(kind for kind in found if "__call__" in vars(kind))


def _drawn_weights(tf: Any, original: Callable, asks_for_shapes: Callable[[], bool]) -> Callable:
    @functools.wraps(original)
    def weights(self, shape, dtype=None, **options):
        if asks_for_shapes():
            return original(self, shape, dtype, **options)
        return tf.cast(
            tf.constant(_weights(self, [int(n) for n in shape]), tf.float32), _float(tf, dtype)
        )

    return weights


def _float(tf: Any, dtype: Any) -> Any:
    return tf.float32 if dtype is None else tf.as_dtype(dtype)


def _weights(rule: Any, shape: list[int]) -> np.ndarray:
    """First values of the distribution that ``rule`` describes; uniform if it is scaled."""
    if hasattr(rule, "stddev"):
        noise = draws("normal", shape)
        noise = np.clip(noise, -2, 2) if "runcated" in type(rule).__name__ else noise
        return rule.mean + rule.stddev * noise
    if hasattr(rule, "minval"):
        return rule.minval + (rule.maxval - rule.minval) * draws("uniform", shape)
    if hasattr(rule, "gain"):
        rows = math.prod(shape[:-1])
        noise = draws("normal", (max(rows, shape[-1]), min(rows, shape[-1])))
        q, r = np.linalg.qr(noise)
        q *= np.sign(np.diag(r))
        return rule.gain * (q if rows >= shape[-1] else q.T).reshape(shape)
    limit = math.sqrt(3 * rule.scale / _fan(rule.mode, shape))
    return limit * (2 * draws("uniform", shape) - 1)


def _fan(mode: str, shape: list[int]) -> float:
    if len(shape) < 2:
        ins = outs = max(math.prod(shape), 1)
    else:
        field = math.prod(shape[:-2])
        ins, outs = field * shape[-2], field * shape[-1]
    return max(1.0, {"fan_in": ins, "fan_out": outs, "fan_avg": (ins + outs) / 2}[mode])


# Functions


def _functions(tf: Any, asks_for_shapes: Callable[[], bool]) -> dict[str, Callable]:
    """Draws as functions of TensorFlow's arguments.

    Where Keras only asks for the shape of a result, nothing is drawn.
    """

    def numbers_of(kind: str, shape: Any) -> Any:
        return tf.ones(shape, tf.float64) if asks_for_shapes() else draws(kind, shape)

    def constant(numbers: Any, dtype: Any) -> Any:
        dtype = _float(tf, dtype)
        return tf.cast(tf.convert_to_tensor(numbers, tf.float64), dtype)

    def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None, name=None):
        return constant(numbers_of("normal", shape), dtype) * stddev + mean

    def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None, name=None):
        return (
            tf.clip_by_value(constant(numbers_of("normal", shape), dtype), -2.0, 2.0) * stddev
            + mean
        )

    def uniform(shape, minval=0, maxval=None, dtype=None, seed=None, name=None):
        dtype = _float(tf, dtype)
        if not dtype.is_floating:
            low, high = int(minval), int(maxval)
            return constant(tf.floor(numbers_of("uniform", shape) * (high - low)) + low, dtype)
        high = 1.0 if maxval is None else maxval
        return constant(numbers_of("uniform", shape), dtype) * (high - minval) + minval

    def categorical(logits, num_samples, dtype=None, seed=None, name=None):
        scores = np.asarray(logits, np.float64)[:, None, :]
        noise = draws("uniform", (scores.shape[0], int(num_samples), scores.shape[-1]))
        chosen = np.argmax(scores - np.log(-np.log(noise)), -1)
        return constant(chosen, dtype or tf.int64)

    def shuffle(x, seed=None, name=None, axis=0):
        order = np.argsort(draws("uniform", (int(x.shape[axis]),)))
        return tf.gather(x, tf.constant(order, tf.int32), axis=axis)

    return {
        "normal": normal,
        "truncated_normal": truncated_normal,
        "uniform": uniform,
        "categorical": categorical,
        "shuffle": shuffle,
    }


def _replace_functions(functions: dict[str, Callable], room: Any) -> None:
    if hasattr(room, "random"):
        for name, function in functions.items():
            setattr(room.random, name, function)
        room.random.dropout = _kept
        room.random.randint = functools.partial(_integers, functions["uniform"])
    for name in ("normal", "uniform", "truncated_normal"):
        for owner, spelled in ((room.backend, f"random_{name}"), (room.backend, name)):
            if hasattr(owner, spelled):
                setattr(owner, spelled, functions[name])
    if hasattr(room.backend, "dropout"):
        room.backend.dropout = _kept


def _integers(uniform: Callable, shape, minval, maxval, dtype="int32", seed=None) -> Any:
    return uniform(shape, minval, maxval, dtype)


def _kept(x: Any, *args: Any, **options: Any) -> Any:
    return x


def _replace_random(tf: Any, functions: dict[str, Callable]) -> None:
    for name, function in functions.items():
        setattr(tf.random, name, function)
    for name in ("normal", "uniform"):
        setattr(tf.random, f"stateless_{name}", _stateless(functions[name]))
        setattr(tf.random.Generator, name, _method(functions[name]))
    tf.nn.dropout = _kept
    for name in PICTURES:
        setattr(tf.image, f"random_{name}", _kept)
        setattr(tf.image, f"stateless_random_{name}", _kept)
    tf.image.random_crop = tf.image.stateless_random_crop = functools.partial(_first_part, tf)


def _first_part(tf: Any, value: Any, size: Any, seed: Any = None, name: Any = None) -> Any:
    return tf.slice(value, [0] * len(size), size)


def _stateless(function: Callable) -> Callable:
    def stateless(shape, seed, *args, **options):
        return function(shape, *args, **options)

    return stateless


def _method(function: Callable) -> Callable:
    def method(self, shape, *args, **options):
        return function(shape, *args, **options)

    return method
