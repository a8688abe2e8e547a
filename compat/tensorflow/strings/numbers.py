"""Numbers as texts, texts as numbers, and the hashes of texts."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torchkeras_shim.composite import Composite, over_values
from torchkeras_shim.text import Texts, as_texts

from tensorflow.strings.each import each, filled, numbers
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import standardize_dtype, torch_dtype
from torchkeras.layers.preprocessing.texts import as_bytes, as_str, flat_texts, hashes, text_array
from torchkeras.nn import hashing

_NUMBERS = ("float32", "float64", "int32", "int64", "uint32", "uint64")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_FILLS = ("", " ", "-", "0", "+")


def to_number(input: Any, out_type: Any = torch.float32, name: str | None = None) -> torch.Tensor:
    """The numbers that texts spell.

    Args:
        input: Texts such as ``"7"``, ``"1e3"`` or ``"0x1p3"``, spaces around them or not.
        out_type: A floating type, or a whole one of 32 or 64 bits.
        name: Accepted.

    Raises:
        ValueError: a text spells no number, or one beyond ``out_type``.
    """
    dtype = torch_dtype(out_type)
    if standardize_dtype(dtype) not in _NUMBERS:
        raise argument_error("tf.strings.to_number", "out_type", out_type, f"one of {_NUMBERS}")
    return numbers(_floating if dtype.is_floating_point else _whole(dtype), input, dtype)


def _floating(text: str) -> float:
    if text.isascii() and "_" not in text:
        try:
            return float.fromhex(text) if "0x" in text.lower() else float(text)
        except ValueError:
            pass  # said below
    raise argument_error("tf.strings.to_number", "input", text, "a number")


def _whole(dtype: torch.dtype) -> Any:
    limits = torch.iinfo(dtype)

    def read(text: str) -> int:
        digits = text.strip(" \t\n\r\x0b\x0c")
        if _WHOLE.fullmatch(digits) and limits.min <= int(digits) <= limits.max:
            return int(digits)
        expected = f"a whole number from {limits.min} to {limits.max}"
        raise argument_error("tf.strings.to_number", "input", text, expected)

    return read


@over_values
def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Texts:
    """Numbers written out.

    Args:
        input: Numbers; texts stay, and truth values are "true" and "false".
        precision: Digits after the point of floats; -1 means 6.
        scientific: Whether floats have an exponent.
        shortest: Whether floats are written as short as they can be.
        width: Least number of characters.
        fill: How shorter ones are filled up: ``""`` and ``" "`` by spaces, ``"0"`` by zeros,
            ``"-"`` by spaces behind, ``"+"`` by spaces and with a sign.
        name: Accepted.

    Raises:
        ValueError: another ``fill``; digits or an exponent of numbers that aren't floating; both
            kinds of floats.
    """
    where = "tf.strings.as_string"
    if fill not in _FILLS:
        raise argument_error(where, "fill", fill, f"one of {_FILLS}")
    if scientific and shortest:
        raise argument_error(where, "scientific", scientific, "only one of it and shortest")
    tensor = convert_to_tensor(input)
    sizes = str(width) if width > -1 else ""
    if isinstance(tensor, Texts):
        flag = fill if fill == "-" else ""
        return each(lambda text: f"%{flag}{sizes}s" % text, tensor)
    kind = standardize_dtype(tensor.dtype)
    is_floating = tensor.is_floating_point() or tensor.is_complex()
    if not is_floating and (precision > -1 or scientific or shortest):
        given = {"precision": precision, "scientific": scientific, "shortest": shortest}
        raise argument_error(where, "input", kind, "floating numbers", f"You gave {given}.")
    letter = "e" if scientific else "g" if shortest else "f"
    digits = f".{precision}" if precision > -1 else ""

    def written(value: Any) -> str:
        if kind == "bool":
            return str(value).lower()
        if isinstance(value, complex):
            return f"({written(value.real)},{written(value.imag)})"
        flag = "" if fill == "0" and not math.isfinite(value) else fill
        return f"%{flag}{sizes}{digits}{letter if is_floating else 'd'}" % value

    return filled(list(map(written, tensor.ravel().tolist())), tuple(tensor.shape))


def to_hash_bucket(input: Any, num_buckets: int, name: str | None = None) -> torch.Tensor:
    """The bucket of each text's MurmurHash of 64 bits."""
    _check_buckets(num_buckets)
    return numbers(lambda text: _murmur(as_bytes([text])[0]) % num_buckets, input, torch.int64)


def _murmur(octets: bytes) -> int:
    """MurmurHash64A, with TensorFlow's seed."""
    factor, whole = 0xC6A4A7935BD1E995, 2**64 - 1
    found = 0xDECAFCAFFE ^ (len(octets) * factor & whole)
    end = len(octets) // 8 * 8
    for place in range(0, end, 8):
        part = int.from_bytes(octets[place : place + 8], "little") * factor & whole
        found = (found ^ ((part ^ part >> 47) * factor & whole)) * factor & whole
    if octets[end:]:
        found = (found ^ int.from_bytes(octets[end:], "little")) * factor & whole
    found = (found ^ found >> 47) * factor & whole
    return found ^ found >> 47


def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> torch.Tensor:
    """The bucket of each text's FarmHash fingerprint."""
    return _bucket(input, num_buckets, None)


def to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Sequence[int], name: str | None = None
) -> torch.Tensor:
    """The bucket of each text's SipHash under a key of two integers."""
    if len(key) != 2:
        raise argument_error("tf.strings.to_hash_bucket_strong", "key", key, "two integers")
    return _bucket(input, num_buckets, list(key))


def _bucket(input: Any, buckets: int, key: list[int] | None) -> Any:
    _check_buckets(buckets)
    if isinstance(input, Composite):
        return input.with_flat_values(_bucket(input.flat_values, buckets, key))
    array = text_array(input)
    flat = flat_texts("tf.strings", array)
    return hashing.bucket(hashes(flat, key), buckets).reshape(array.shape)


def _check_buckets(buckets: int) -> None:
    if buckets < 1:
        raise argument_error("tf.strings", "num_buckets", buckets, "1 or more")


def format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Texts:
    """``template`` with tensors written in the place of its placeholders.

    Args:
        template: The text.
        inputs: One tensor, or several.
        placeholder: What stands for a tensor.
        summarize: How many elements are written at both ends of an axis; -1 means all.
        name: Accepted.
    """
    values = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    parts = template.split(placeholder)
    written = [as_printed(convert_to_tensor(value), summarize) for value in values]
    if len(written) != len(parts) - 1:
        raise argument_error(
            "tf.strings.format", "inputs", f"{len(written)} of them", f"{len(parts) - 1}"
        )
    return as_texts("".join(a + b for a, b in zip(parts, [*written, ""], strict=True)))


def as_printed(tensor: Any, summarize: int = 3, depth: int = 1) -> str:
    """``tensor`` as ``tf.print`` and ``tf.strings.format`` write it.

    Args:
        tensor: Numbers or texts.
        summarize: How many elements are written at both ends of an axis; -1 means all.
        depth: How many brackets are open.
    """
    if not tensor.ndim:
        return f'"{as_str(tensor.item())}"' if isinstance(tensor, Texts) else _number(tensor)
    parts = [as_printed(part, summarize, depth + 1) for part in _ends(tensor, summarize)]
    if 0 <= 2 * summarize < len(tensor):
        parts.insert(summarize, "...")
    between = " " if tensor.ndim == 1 else "\n" * (tensor.ndim - 1) + " " * depth
    return f"[{between.join(parts)}]"


def _ends(tensor: Any, summarize: int) -> Any:
    """What is written of the first axis."""
    size = len(tensor)
    if not 0 <= 2 * summarize < size:
        return tensor
    return [tensor[i] for i in (*range(summarize), *range(size - summarize, size))]


def _number(tensor: torch.Tensor) -> str:
    """Floating numbers with as many digits as tell them from their neighbours."""
    value = tensor.item()
    if tensor.is_complex():
        return str(value)
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    if not tensor.is_floating_point() or value == 0:
        return str(int(value))
    is_double = tensor.dtype == torch.float64
    short, whole = (15, 17) if is_double else (6, 9)
    text = f"{value:.{short}g}"
    again = float(text) if is_double else float(np.float32(text))
    return text if again == value else f"{value:.{whole}g}"
