"""Arguments of layers that move windows over their inputs, or change their borders."""

import inspect
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from torchkeras.core import settings
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.typing import Shape
from torchkeras.nn.geometry import Window

Sizes = int | Sequence[int]
Pairs = tuple[tuple[int, int], ...]


def sizes(owner: Any, argument: str, value: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """``value`` as one integer for each of ``rank`` axes.

    Raises:
        ValueError: it is neither an integer nor ``rank`` of them, or one is below ``least``.
    """
    values = (value,) * rank if isinstance(value, Integral) else value
    if (
        not isinstance(values, Sequence)
        or len(values) != rank
        or any(not isinstance(v, Integral) or v < least for v in values)
    ):
        count = f"{rank} integers" if rank > 1 else "an integer"
        raise argument_error(owner, argument, value, f"{count}, {least} or more")
    return tuple(int(v) for v in values)


def count(owner: Any, argument: str, value: Any) -> int:
    """``value``, an integer, 1 or more.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, Integral) or value < 1:
        raise argument_error(owner, argument, value, "an integer, 1 or more")
    return int(value)


def show_sizes(cls: Any, *arguments: str) -> None:
    """Let the signature of ``cls`` show the defaults of these arguments for each axis.

    The constructor that the classes of a family share has one number, which means the same.
    """
    initialize = cls.__init__
    parameters = list(inspect.signature(initialize).parameters.values())[1:]
    if initialize.__module__.startswith("torchkeras.") and cls.rank > 1:
        parameters = [
            p.replace(default=(p.default,) * cls.rank) if p.name in arguments else p
            for p in parameters
        ]
    cls.__signature__ = inspect.Signature(parameters)


def keep_window(
    owner: Any,
    rank: int,
    kernel_size: Sizes,
    strides: Sizes,
    padding: str,
    layout: str | None,
    dilation_rate: Sizes,
    paddings: Sequence[str] = ("valid", "same"),
    exclusive: bool = True,
) -> None:
    """Check the arguments that describe a window, and keep them and it in ``owner``.

    Args:
        layout: The layer's ``data_format``.
        paddings: The words that ``padding`` may be.
        exclusive: Whether strides and dilation may not both be above 1.

    Raises:
        ValueError: one is out of range.
    """
    owner.kernel_size = sizes(owner, "kernel_size", kernel_size, rank)
    owner.strides = sizes(owner, "strides", strides, rank)
    owner.dilation_rate = sizes(owner, "dilation_rate", dilation_rate, rank)
    owner.padding = padding_word(owner, padding, paddings)
    owner.data_format = data_format(owner, layout)
    if exclusive and max(owner.strides) > 1 and max(owner.dilation_rate) > 1:
        raise argument_error(
            owner,
            "dilation_rate",
            owner.dilation_rate,
            f"1, since strides are {owner.strides}",
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`.",
        )
    owner.window = Window(
        owner.kernel_size, owner.strides, owner.dilation_rate, owner.padding, owner.data_format
    )


def padding_word(owner: Any, value: Any, words: Sequence[str]) -> str:
    """``value`` in lower case, one of ``words``.

    Raises:
        ValueError: it is another word.
    """
    word = value.lower() if isinstance(value, str) else value
    if word not in words:
        raise argument_error(
            owner, "padding", value, f"one of {', '.join(words)}", nearest(value, words)
        )
    return word


def border_pairs(owner: Any, argument: str, value: Any, rank: int) -> Pairs:
    """``value`` as (before, after) for each axis: an integer, one for each axis, or pairs.

    Raises:
        ValueError: it is none of these, or a number is negative.
    """
    if rank == 1 and isinstance(value, Sequence) and len(value) == 2:
        value = (value,)  # for one axis, two integers are its pair
    values = (value,) * rank if isinstance(value, int) else value
    if isinstance(values, Sequence) and len(values) == rank:
        pairs = tuple((v, v) if isinstance(v, int) else tuple(v) for v in values)
        if all(len(p) == 2 and all(isinstance(n, int) and n >= 0 for n in p) for p in pairs):
            return pairs
    raise argument_error(
        owner,
        argument,
        value,
        f"an integer, {rank} integers or {rank} pairs of them, none negative",
    )


def check_fits(owner: Any, window: Window, input_shape: Shape) -> Shape:
    """Lengths of the result of ``window`` on an input of this shape.

    Raises:
        ValueError: the window is longer than an axis.
    """
    lengths = input_shape[1:-1] if window.channel_axis == -1 else input_shape[2:]
    result = window.output_lengths(tuple(lengths))
    if any(n is not None and n <= 0 for n in result):
        raise argument_error(
            owner,
            "input shape",
            tuple(input_shape),
            f"lengths of at least {window.extents}, the window's",
            "Computed output size would be negative: use a smaller window or padding='same'.",
        )
    return result


def data_format(owner: Any, value: str | None) -> str:
    """The image layout meant by ``value``, None being the default."""
    if isinstance(value, str) and value.lower() not in settings.IMAGE_DATA_FORMATS:
        words = settings.IMAGE_DATA_FORMATS
        raise argument_error(
            owner, "data_format", value, f"one of {', '.join(words)}", nearest(value, words)
        )
    return settings.standardize_data_format(value)
