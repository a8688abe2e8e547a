"""``tf.io``: tensors written to bytes, and numbers read from them."""

import base64
import math
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.text import Texts, as_octets, as_text_array, as_texts, octets_of

from tensorflow import dtypes
from tensorflow.sparse import SparseTensor, stacked
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import NAMES, torch_dtype
from torchkeras.saving import wire

# TensorFlow's numbers of the types.
_NUMBERS = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7,
    "complex64": 8, "int64": 9, "bool": 10, "bfloat16": 14, "uint16": 17, "complex128": 18,
    "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip
_TYPES = {number: name for name, number in _NUMBERS.items()}
# Fields of a tensor's message that hold its values one by one, and how they are written there.
_VALUES = {
    5: "<f4", 6: "<f8", 7: "varint", 10: "varint", 11: "varint", 13: "varint", 16: "varint",
    17: "varint",
}  # fmt: skip
_TEXTS = 8
_HALVES = 13
MOST_REPEATED = 2**26  # numbers that a message with fewer of them may stand for


def serialize_tensor(tensor: Any, name: str | None = None) -> Texts:
    """A tensor as bytes, which ``parse_tensor`` and TensorFlow read."""
    return as_texts(tensor_bytes(convert_to_tensor(tensor)))


def tensor_bytes(tensor: Any) -> bytes:
    """A tensor, or texts, as a ``TensorProto``."""
    is_text = not isinstance(tensor, Tensor)
    kind = "string" if is_text else NAMES[tensor.dtype]
    sizes = b"".join(wire.write_field(2, _dimension(size)) for size in tensor.shape)
    head = wire.write_field(1, _NUMBERS[kind]) + wire.write_field(2, sizes)
    if is_text:
        octets = octets_of(tensor).ravel().tolist()
        return head + b"".join(wire.write_field(_TEXTS, text) for text in octets)
    content = tensor.detach().cpu().contiguous()
    if not content.numel():
        return head
    return head + wire.write_field(4, content.reshape(-1).view(torch.uint8).numpy().tobytes())


def _dimension(size: int) -> bytes:
    return wire.write_field(1, int(size)) if size else b""


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Any:
    """The tensor that ``serialize_tensor`` made bytes of.

    Raises:
        ValueError: the bytes hold no tensor, or one of another type.
    """
    tensor = tensor_of_bytes(as_octets(serialized))
    wanted = dtypes.as_dtype(out_type)
    kind = dtypes.string if isinstance(tensor, Texts) else tensor.dtype
    if kind != wanted:
        raise argument_error(
            "tf.io.parse_tensor", "out_type", wanted, f"that of the tensor, {kind}",
            "Type mismatch between parsed tensor and dtype.",
        )  # fmt: skip
    return tensor


def tensor_of_bytes(data: bytes) -> Any:
    """The tensor of a ``TensorProto``."""
    kind, shape, content, texts = "", (), None, []
    values: list[np.ndarray] = []
    for number, wired, value in wire.fields(data):
        if number == 1:
            kind = _TYPES.get(value, "")
        elif number == 2:
            shape = tuple(_sizes(value))
        elif number == 4:
            content = value
        elif number == _TEXTS:
            texts.append(value)
        elif number in _VALUES:
            values.append(_listed(number, wired, value))
    if not kind:
        raise argument_error("tf.io.parse_tensor", "serialized", data[:20], "a serialized tensor")
    if kind == "string":
        return _filled_texts(texts, shape)
    dtype = torch_dtype(kind)
    if content is not None:
        octets = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        return octets.view(dtype).reshape(shape)
    return _filled(np.concatenate(values) if values else np.zeros(1), dtype, shape)


def _sizes(data: bytes) -> Iterator[int]:
    for number, _, value in wire.fields(data):
        if number == 2:
            yield next((wire.signed(size) for n, _, size in wire.fields(value) if n == 1), 0)


def _listed(number: int, wired: int, value: Any) -> np.ndarray:
    """Values of a field, packed or one."""
    form = _VALUES[number]
    if isinstance(value, int):
        return np.array([wire.signed(value)])
    values = wire.varints(value) if form == "varint" else np.frombuffer(value, form)
    return values.astype(np.uint16) if number == _HALVES else values


def _filled(values: np.ndarray, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    """Values in a shape, of which the last one is repeated to the end."""
    count = math.prod(shape)
    if count > max(len(values), MOST_REPEATED):
        raise argument_error(
            "tf.io.parse_tensor", "shape", shape, f"{MOST_REPEATED} numbers or fewer",
            f"The bytes hold {len(values)}, and may have been made to fill the memory.",
        )  # fmt: skip
    if values.dtype == np.uint16:
        tensor = torch.from_numpy(values.view(np.int16)).view(dtype)
    else:
        tensor = torch.from_numpy(values.copy()).to(dtype)
    if len(tensor) < count:
        tensor = torch.cat([tensor, tensor[-1:].expand(count - len(tensor))])
    return tensor[:count].reshape(shape)


def _filled_texts(texts: list[bytes], shape: tuple[int, ...]) -> Texts:
    count = int(np.prod(shape))
    texts = texts or [b""]
    flat = np.empty(count, dtype=object)
    flat[:] = (texts + texts[-1:] * (count - len(texts)))[:count]
    return as_texts(flat.reshape(shape))


def serialize_sparse(
    sp_input: SparseTensor, out_type: Any = dtypes.string, name: str | None = None
) -> Texts:
    """A sparse tensor as three serialized tensors: indices, values and lengths of the axes.

    ``out_type`` is ``tf.string``, or None; another is a ValueError.
    """
    _check_texts("tf.io.serialize_sparse", out_type)
    parts = (sp_input.indices, sp_input.values, sp_input.dense_shape)
    return as_texts([tensor_bytes(part) for part in parts])


def serialize_many_sparse(
    sp_input: SparseTensor, out_type: Any = dtypes.string, name: str | None = None
) -> Texts:
    """The rows of a sparse tensor, three serialized tensors each.

    ``out_type`` is ``tf.string``, or None; another is a ValueError.
    """
    _check_texts("tf.io.serialize_many_sparse", out_type)
    rows = [np.asarray(serialize_sparse(row)) for row in sp_input.rows()]
    return as_texts(np.stack(rows))


def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The sparse tensor whose rows ``serialize_many_sparse`` gave.

    Args:
        serialized_sparse: ``(rows, 3)`` texts.
        dtype: Type of the values.
        rank: Number of axes of a row and one more; None takes any.
        name: Accepted.

    Raises:
        ValueError: values are of another type, or rows have another number of axes.
    """
    where, wanted = "tf.io.deserialize_many_sparse", dtypes.as_dtype(dtype)
    rows = [
        SparseTensor(*(tensor_of_bytes(as_octets(part)) for part in row))
        for row in octets_of(serialized_sparse).tolist()
    ]
    for row in rows:
        kind = dtypes.string if isinstance(row.values, Texts) else row.values.dtype
        if kind != wanted:
            raise argument_error(where, "dtype", dtype, f"that of the values, {kind}")
        if rank is not None and rank != row.ndim + 1:
            raise argument_error(where, "rank", rank, f"that of the rows and one, {row.ndim + 1}")
    return stacked(rows)


def _check_texts(where: str, out_type: Any) -> None:
    if out_type not in (None, dtypes.string):
        raise argument_error(where, "out_type", out_type, "tf.string")


def decode_raw(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Bytes as numbers along a new last axis.

    Args:
        input_bytes: Texts of one length.
        out_type: The numbers' type.
        little_endian: Whether numbers begin with their lowest byte.
        fixed_length: Bytes that are read of each text, which is cut or filled up with zeros; None
            means all.
        name: Accepted.

    Raises:
        ValueError: lengths differ, or are no multiple of a number's.
    """
    octets = octets_of(input_bytes)
    dtype = torch_dtype(out_type)
    flat = octets.ravel().tolist()
    if fixed_length is not None:
        flat = [text[:fixed_length].ljust(fixed_length, b"\0") for text in flat]
    lengths = {len(text) for text in flat}
    size = dtype.itemsize
    if len(lengths) > 1 or any(length % size for length in lengths):
        raise argument_error(
            "tf.io.decode_raw",
            "lengths of the texts",
            sorted(lengths),
            f"one length, a multiple of {size} bytes",
        )
    if not any(lengths):
        return torch.zeros((*octets.shape, 0), dtype=dtype)
    values = np.frombuffer(b"".join(flat), np.uint8).reshape(-1, size)
    values = values if little_endian else values[:, ::-1]
    tensor = torch.from_numpy(np.ascontiguousarray(values).reshape(-1).copy()).view(dtype)
    return tensor.reshape(*octets.shape, next(iter(lengths), 0) // size)


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Texts:
    """Texts in the web-safe base 64, filled up with "=" only if ``pad``."""

    def encode(text: bytes) -> bytes:
        coded = base64.urlsafe_b64encode(text)
        return coded if pad else coded.rstrip(b"=")

    return _each(encode, input)


def decode_base64(input: Any, name: str | None = None) -> Texts:
    """What texts in the web-safe base 64 say."""
    return _each(lambda text: base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)), input)


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> Texts:
    """Texts as they were before they were compressed by ``"ZLIB"`` or ``"GZIP"``."""
    if compression_type not in ("", "ZLIB", "GZIP"):
        raise argument_error(
            "tf.io.decode_compressed", "compression_type", compression_type, '"", "ZLIB" or "GZIP"'
        )
    if not compression_type:
        return _each(lambda text: text, bytes)
    return _each(lambda text: zlib.decompress(text, zlib.MAX_WBITS | 32), bytes)


def _each(function: Any, input: Any) -> Texts:
    octets = octets_of(input)
    if not octets.ndim:
        return as_texts(as_text_array(function(octets.item())))
    result = np.empty(octets.size, dtype=object)
    result[:] = [function(text) for text in octets.ravel().tolist()]
    return as_texts(result.reshape(octets.shape))
