"""Arguments that all optimizers take."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from torch import Tensor

from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.configurable import constructor_arguments
from torchkeras.core.variable import Variable


class FurtherOptions(TypedDict, total=False):
    """Arguments that Keras 2 took."""

    lr: float
    decay: float
    is_legacy_optimizer: bool
    gradient_aggregator: Callable
    gradient_transformers: Sequence[Callable]


def rate_number(optimizer: Any, learning_rate: Any) -> float:
    """``learning_rate`` as a number."""
    if isinstance(learning_rate, (Variable, Tensor)) or hasattr(learning_rate, "item"):
        return float(learning_rate)
    if isinstance(learning_rate, (int, float)) and not isinstance(learning_rate, bool):
        return float(learning_rate)
    raise argument_error(
        optimizer,
        "learning_rate",
        learning_rate,
        "a number, a schedule or a callable",
        "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a "
        "callable that returns the rate.",
    )


def check_options(optimizer: Any, unknown: dict[str, Any]) -> None:
    """Raise a ValueError if the options of ``optimizer`` don't make sense."""
    if unknown:
        raise ValueError(
            f'{type(optimizer).__name__} "{optimizer.name}": Argument(s) not recognized: '
            f"{dict(unknown)}; expected none of these. "
            + " ".join(nearest(name, constructor_arguments(type(optimizer))) for name in unknown)
        )
    steps = optimizer.gradient_accumulation_steps
    if steps and not steps >= 2:
        raise argument_error(
            optimizer,
            "gradient_accumulation_steps",
            steps,
            "an integer, 2 or more, or None",
            "`gradient_accumulation_steps` must be an integer >= 2.",
        )
    if optimizer.use_ema:
        if not 0 <= optimizer.ema_momentum <= 1:
            raise argument_error(
                optimizer,
                "ema_momentum",
                optimizer.ema_momentum,
                "a fraction in [0, 1]",
                "`ema_momentum` must be in the range [0, 1].",
            )
        every = optimizer.ema_overwrite_frequency
        if every and (not isinstance(every, int) or every < 1):
            raise argument_error(
                optimizer,
                "ema_overwrite_frequency",
                every,
                "an integer, 1 or more, or None",
                "`ema_overwrite_frequency` must be an integer >= 1 or None.",
            )
    limits = {
        name: getattr(optimizer, name)
        for name in ("clipnorm", "clipvalue", "global_clipnorm")
        if getattr(optimizer, name) is not None
    }
    if len(limits) > 1:
        raise argument_error(
            optimizer,
            "clipping",
            limits,
            "one limit at most",
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set.",
        )


def spell_out(cls: type, base: Callable) -> None:
    """Show in the signature of ``cls`` the shared options that ``*shared`` stands for."""
    constructor = vars(cls).get("__init__")
    if constructor is None:
        return
    own = inspect.signature(constructor)
    if "shared" not in own.parameters:
        return
    shared = inspect.signature(base).parameters.values()
    named = [p for p in own.parameters.values() if p.name not in ("shared", "options")]
    shown = [p for p in named if p.kind is not p.KEYWORD_ONLY]
    shown += [p for p in shared if p.name not in own.parameters and p.kind is not p.VAR_KEYWORD]
    shown += [p for p in named if p.kind is p.KEYWORD_ONLY]
    shown += [p for p in shared if p.kind is p.VAR_KEYWORD]
    constructor.__signature__ = inspect.Signature(shown)
