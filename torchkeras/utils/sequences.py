"""Sequences of unlike lengths."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error


def pad_sequences(
    sequences: Sequence[Iterable[Any]],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """One array of sequences of unlike lengths.

    Args:
        sequences: A list of lists.
        maxlen: Length of all; None takes the longest.
        dtype: Of the result; ``object`` for strings of unlike lengths.
        padding: Whether short ones are filled in front, ``"pre"``, or behind, ``"post"``.
        truncating: Whether long ones lose their front, ``"pre"``, or their end, ``"post"``.
        value: What they are filled with.

    Shape:
        output: ``(len(sequences), maxlen, ...)``.

    Raises:
        ValueError: no list of sequences, items of unlike shapes, or another word than pre, post.

    Source: Keras 3 ``pad_sequences``.

    Example:
        >>> pad_sequences([[1], [2, 3]])
        array([[0, 1],
               [2, 3]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise argument_error(
            "pad_sequences", "sequences", sequences, "a list", "`sequences` must be iterable."
        )
    for argument, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise argument_error(
                "pad_sequences",
                argument,
                given,
                '"pre" or "post"',
                f'{argument.capitalize()} type "{given}" not understood.',
            )
    is_text = np.issubdtype(dtype, np.str_)
    if isinstance(value, str) and dtype is not object and dtype != "object" and not is_text:
        raise argument_error(
            "pad_sequences",
            "dtype",
            dtype,
            "object",
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}.",
        )
    lengths = [_length(sequence) for sequence in sequences]
    length = max(lengths, default=0) if maxlen is None else maxlen
    item_shape = next(
        (np.asarray(s).shape[1:] for s, n in zip(sequences, lengths, strict=True) if n), ()
    )
    padded = np.full((len(lengths), length, *item_shape), value, dtype=dtype)
    for index, (sequence, size) in enumerate(zip(sequences, lengths, strict=True)):
        if size and length:
            kept = sequence[-length:] if truncating == "pre" else sequence[:length]
            kept = np.asarray(kept, dtype=dtype)
            if kept.shape[1:] != item_shape:
                raise ValueError(
                    f"pad_sequences: Shape of sample {kept.shape[1:]} of sequence at position "
                    f"{index} is different from expected shape {item_shape}."
                )
            places = slice(0, len(kept)) if padding == "post" else slice(length - len(kept), length)
            padded[index, places] = kept
    return padded


def _length(sequence: Any) -> int:
    if not hasattr(sequence, "__len__"):
        raise argument_error(
            "pad_sequences",
            "an item of sequences",
            sequence,
            "a list",
            f"`sequences` must be a list of iterables. Found non-iterable: {sequence}",
        )
    return len(sequence)
