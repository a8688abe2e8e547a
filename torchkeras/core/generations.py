"""What other releases of Keras call things in the configurations they write."""

import functools
import inspect
import typing
from typing import Any

from torchkeras.core.notices import warn

# Class names of other releases -> ours.
CLASS_NAMES = {
    "OrthogonalInitializer": "Orthogonal",
    "IdentityInitializer": "Identity",
    "Policy": "DTypePolicy",
    "PolicyV1": "DTypePolicy",
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "ModuleWrapper": "TorchModuleWrapper",
    "GroupedQueryAttention": "GroupQueryAttention",
    "CosineDecayRestart": "CosineDecayRestarts",
    "LossScaleOptimizerV3": "LossScaleOptimizer",
}

# Constructor arguments of other releases -> ours, for the class named and those derived from it.
ARGUMENTS: dict[str, dict[str, str]] = {
    "InputLayer": {"batch_input_shape": "batch_shape"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "Optimizer": {"lr": "learning_rate"},
}

# Arguments that classes of tf.keras had from a base without using them.
UNUSED: dict[str, set[str]] = {
    "ConvTranspose": {"groups"},
    "DepthwiseConv": {"groups", "filters"},
    "SeparableConv": {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"},
}

# Arguments that say nothing any more, whatever their value.
SILENT = {
    "fn", "is_legacy_optimizer", "jit_compile", "implementation", "quantization_config",
    "batch_input_shape", "batch_shape", "input_dim", "input_length", "lora_rank", "lora_alpha",
    "use_legacy_format", "shared_object_id", "renorm_clipping", "query_shape", "key_shape",
    "value_shape", "rng_type",
}  # fmt: skip


def modernize(cls: type, config: dict[str, Any]) -> dict[str, Any]:
    """``config`` as the constructor of the built-in class ``cls`` takes it.

    Arguments are renamed; those unknown here are dropped, with a warning when their value isn't
    one that leaves things as they are (None, False, an empty one).
    A class that reads its configuration in a way of its own (``from_config``) gets every key.
    """
    config = dict(config)
    for base in cls.__mro__:
        for old, new in ARGUMENTS.get(base.__name__, {}).items():
            if old in config:
                config.setdefault(new, config.pop(old))
        for name in UNUSED.get(base.__name__, ()):
            config.pop(name, None)
    if _reads_its_own(cls):
        return config
    accepted = constructor_arguments(cls)
    if accepted is None:
        return config
    kept, meaningful = {}, {}
    for name, value in config.items():
        if name in accepted:
            kept[name] = value
        elif name not in SILENT and value not in (None, False, (), [], {}, ""):
            meaningful[name] = value
    if meaningful:
        warn(
            f"{cls.__name__}: the configuration has arguments that this release doesn't know and "
            f"leaves out: {meaningful}."
        )
    return kept


# Classes whose ``from_config`` only calls the constructor, whatever it may do besides.
_ROOTS = (
    "Configurable", "Layer", "Optimizer", "Loss", "Metric", "LearningRateSchedule", "Initializer",
    "Regularizer", "Constraint", "DTypePolicy",
)  # fmt: skip


def _reads_its_own(cls: type) -> bool:
    """Whether a class overrides ``from_config`` below the roots."""
    for base in cls.__mro__:
        if "from_config" in vars(base):
            return base.__name__ not in _ROOTS
    return True


@functools.cache
def constructor_arguments(cls: type) -> frozenset[str] | None:
    """Names of all arguments that the constructor takes; None if it takes any name at all."""
    accepted: set[str] = set()
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        rest = None
        for parameter in list(inspect.signature(base.__init__).parameters.values())[1:]:
            if parameter.kind is parameter.VAR_KEYWORD:
                rest = parameter
            elif parameter.kind is not parameter.VAR_POSITIONAL:
                accepted.add(parameter.name)
        if rest is None or base.__name__ == "Layer":  # Layer itself refuses what it doesn't know
            return frozenset(accepted)
        options = typing.get_args(rest.annotation)
        if not options:
            return None
        accepted |= set(options[0].__annotations__)  # **options: Unpack[Options], which names them
    return frozenset(accepted)
