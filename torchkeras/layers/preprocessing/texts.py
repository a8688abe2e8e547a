"""Strings: what counts as an array of them, and their bytes.

Torch has no tensors of strings, so they lie in NumPy arrays.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import kind_error
from torchkeras.core.scopes import local
from torchkeras.nn import hashing

# The widest matrix of bytes that strings of all lengths share; longer ones go by powers of two.
_WIDEST = 64
# From so many integers on, equal ones are hashed once.
_MANY = 1024


def is_text(value: Any) -> bool:
    """Whether ``value`` is a string, or an array or nested list of strings."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if isinstance(value, (str, bytes)):
        return True
    if isinstance(value, Tensor):
        return False
    dtype = getattr(value, "dtype", None)
    return getattr(dtype, "kind", "") in ("O", "S", "U", "T") and hasattr(value, "shape")


def text_array(value: Any) -> np.ndarray:
    """Strings as a NumPy array in their shape."""
    if isinstance(value, (str, bytes)):
        array = np.empty((), dtype=object)
        array[()] = value
        return array
    if isinstance(value, (list, tuple)):
        return np.asarray(value, dtype=object)
    return np.asarray(value)


def flat_texts(owner: Any, array: np.ndarray) -> list[Any]:
    """The strings of an array, either ``str`` or ``bytes`` all of them.

    Raises:
        TypeError: something in it is no string.
    """
    return of_one_kind(owner, array.ravel().tolist())


def of_one_kind(owner: Any, flat: list[Any]) -> list[Any]:
    """Strings, or arrays of one, as ``str`` or ``bytes`` all of them.

    Raises:
        TypeError: one is no string.
    """
    kinds = set(map(type, flat))
    if len(kinds) <= 1 and kinds <= {str, bytes, np.str_, np.bytes_}:
        return flat
    return [_as_str(owner, item) for item in flat]


def _as_str(owner: Any, value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return value
    raise kind_error(
        owner, "inputs", f"a {type(value).__name__} ({value!r})", "strings",
        "Fill in what is missing, and turn numbers into strings, first.",
    )  # fmt: skip


def as_str(text: str | bytes) -> str:
    """Bytes as the string that they spell in UTF-8; a string as it is."""
    return text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text


def as_bytes(texts: list[Any]) -> list[bytes]:
    """Strings of one kind in UTF-8."""
    if not texts or isinstance(texts[0], bytes):
        return texts
    try:
        return list(map(str.encode, texts))
    except UnicodeEncodeError:  # bytes that were no UTF-8
        return [text.encode("utf-8", "surrogateescape") for text in texts]


def hashes(texts: list[Any], salt: Sequence[int] | None = None) -> Tensor:
    """Hash of each string: FarmHash's fingerprint, or SipHash if there is a salt."""
    octets = as_bytes(texts)
    lengths = np.fromiter(map(len, octets), np.int64, len(octets))
    longest = int(lengths.max(initial=0))
    if longest <= _WIDEST:
        return _hashes(octets, lengths, longest, salt)
    result = torch.empty(len(octets), dtype=torch.int64)
    widths = np.where(lengths <= _WIDEST, 6, np.ceil(np.log2(np.maximum(lengths, 1))).astype(int))
    for power in np.unique(widths):
        places = np.flatnonzero(widths == power)
        chosen = [octets[place] for place in places]
        width = int(lengths[places].max())
        result[torch.from_numpy(places)] = _hashes(chosen, lengths[places], width, salt)
    return result


def _hashes(octets: list[bytes], lengths: np.ndarray, width: int, salt: Any) -> Tensor:
    width = max(width, 1)
    matrix = np.array(octets, dtype=f"S{width}").view(np.uint8).reshape(len(octets), width)
    return hash_rows(torch.from_numpy(matrix), torch.from_numpy(lengths), salt)


def hash_rows(octets: Tensor, lengths: Tensor, salt: Sequence[int] | None) -> Tensor:
    """Hash of each row of bytes: FarmHash's fingerprint, or SipHash if there is a salt."""
    if salt is None:
        return hashing.fingerprint64(octets, lengths)
    return hashing.siphash64(octets, lengths, salt)


def hash_integers(numbers: Tensor, salt: Sequence[int] | None = None) -> Tensor:
    """Hash of each integer's decimal digits."""
    most = 19
    if numbers.is_cpu and not local.shape_run and not torch.compiler.is_compiling():
        if numbers.numel() > _MANY:  # categories occur again and again
            different, places = torch.unique(numbers, return_inverse=True)
            if len(different) < numbers.numel():
                return hash_integers(different, salt)[places]
        lowest, highest = torch.aminmax(numbers) if numbers.numel() else (0, 0)
        most = max(len(str(abs(int(lowest)))), len(str(abs(int(highest)))))
    octets, lengths = hashing.decimals(numbers.reshape(-1), most)
    return hash_rows(octets, lengths, salt).reshape(numbers.shape)
