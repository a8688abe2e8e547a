"""``.safetensors``: the ``state_dict`` of a model, under torch's names and in torch's layout.

Any torch program can read such a file. Optimizer states and assets are not in it.

A file is the length of a text, that text, which says in JSON what lies where, and then the numbers.
"""

import contextlib
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import nn

from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.notices import warn
from torchkeras.distribution import is_divided
from torchkeras.distribution.sharding import scattered
from torchkeras.saving import file_mapping, recognition, versions, weights
from torchkeras.saving.row_writer import RowWriter

_ALIAS = "torchkeras.alias."
_MANY = 10_000  # names among which the nearest one isn't looked for
_METADATA = "__metadata__"  # in place of a tensor's name
_ALIGNMENT = 8  # bytes; of the numbers behind the text
# The types by their names in files, in the order in which their tensors lie there.
_TYPES = {
    "uint64": "U64", "int64": "I64", "float64": "F64", "complex64": "C64", "float32": "F32",
    "uint32": "U32", "int32": "I32", "bfloat16": "BF16", "float16": "F16", "uint16": "U16",
    "int16": "I16", "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e8m0fnu": "F8_E8M0", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
    "int8": "I8", "uint8": "U8", "float4_e2m1fn_x2": "F4", "bool": "BOOL",
}  # fmt: skip
_RANKS = {name: rank for rank, name in enumerate(_TYPES)}
_SAME_WIDTH = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def _package() -> Any:
    try:
        import safetensors.torch
    except ImportError:
        raise ImportError("Reading .safetensors files needs the package safetensors.") from None
    return safetensors


def save(model: nn.Module, path: str | os.PathLike) -> None:
    """Write the state of ``model``; a tensor under several names is written once.

    The other names are in the file's metadata.
    """
    tensors: dict[str, torch.Tensor] = {}
    metadata = {"format": "pt"}
    for name, tensor, target in _state(model):
        if target != name:
            metadata[_ALIAS + name] = target
        else:  # gathered in the order in which the other processes take part
            tensors[name] = weights.plain_value(tensor) if is_divided(tensor) else tensor
    write(tensors, path, metadata)


def write(
    tensors: Mapping[str, torch.Tensor],
    path: str | os.PathLike,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors by name, those of wide numbers first.

    They may have any strides, share memory and lie on any device, from which one after another is
    fetched.

    Raises:
        OSError: the disk is full or fails.
        ValueError: a tensor is sparse, or the format has no such number type or name.
    """
    kinds = {name: _type_of(name, tensor) for name, tensor in tensors.items()}
    names = sorted(tensors, key=lambda name: (_RANKS[kinds[name]], name))
    ordered = {name: tensors[name] for name in names}
    text = _text(ordered, kinds, metadata)
    size = sum(tensor.nbytes for tensor in tensors.values())
    with open(path, "wb") as file, RowWriter(file, size) as row:
        row.add(np.frombuffer(text, np.uint8))
        for tensor in ordered.values():
            row.add(_array(tensor))


def _type_of(name: str, tensor: torch.Tensor) -> str:
    """What torch calls the type of a tensor that a file can hold."""
    if tensor.layout != torch.strided:
        raise argument_error("save", f"layout of {name!r}", tensor.layout, "a dense tensor")
    kind = str(tensor.dtype).removeprefix("torch.")
    if kind not in _TYPES:
        raise argument_error("save", f"type of {name!r}", kind, f"one of {', '.join(_TYPES)}")
    return kind


def _text(
    tensors: Mapping[str, torch.Tensor],
    kinds: Mapping[str, str],
    metadata: Mapping[str, str] | None,
) -> bytes:
    """What tells where tensors lie, behind its length."""
    if _METADATA in tensors:
        raise argument_error("save", "name of a tensor", _METADATA, "another name")
    entries: dict[str, Any] = {} if metadata is None else {_METADATA: metadata}
    end = 0
    for name, tensor in tensors.items():
        shape, start = list(tensor.shape), end
        if _TYPES[kinds[name]] == "F4":  # two numbers in a byte
            shape[-1:] = [2 * size for size in shape[-1:] or [1]]
        end += tensor.numel() * tensor.element_size()
        entries[name] = {"dtype": _TYPES[kinds[name]], "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return struct.pack("<Q", len(text)) + text


def _array(tensor: torch.Tensor) -> np.ndarray:
    """The numbers of a tensor, as integers of that width, the lowest byte first."""
    plain = weights.plain_value(tensor).resolve_conj().resolve_neg()
    array = plain.view(_SAME_WIDTH[plain.element_size()]).numpy()
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def take_part_in_gathering(model: nn.Module) -> None:
    """What the other processes do while the chief saves: help it to collect sharded parameters."""
    for name, tensor, target in _state(model):
        if target == name and is_divided(tensor):
            weights.plain_value(tensor)


def _state(model: nn.Module) -> Iterator[tuple[str, torch.Tensor, str]]:
    """Name and tensor of each member of the state, and the first name of the same tensor."""
    names: dict[Any, str] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        # A process may hold no element of a sharded one, hence no memory to tell it by.
        memory: Any = id(tensor)
        if not is_divided(tensor):
            memory = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        yield name, tensor, names.setdefault(memory, name) if tensor.numel() else name


def load(model: nn.Module, path: str | os.PathLike, skip_mismatch: bool = False) -> None:
    """Give ``model`` the state in a file.

    Raises:
        ValueError: the names or shapes differ and ``skip_mismatch`` is off, or this is no such
            file.
    """
    expected = model.state_dict()
    with _opened(path) as file:
        aliases = {
            name.removeprefix(_ALIAS): target
            for name, target in (file.metadata() or {}).items()
            if name.startswith(_ALIAS)
        }
        stored = {name: name for name in file.keys()}  # noqa: SIM118 - it is no mapping
        stored.update({name: target for name, target in aliases.items() if target in stored})
        fitting, problems = {}, _differing_names(expected, stored)
        for name in (name for name in expected if name in stored):
            value, problem = _fitting(file, stored[name], expected[name])
            if value is None:
                problems.append(f"{name} {problem}")
            else:
                fitting[name] = scattered(value, expected[name])
        if problems and not skip_mismatch:
            raise argument_error(
                "load_weights", "file", str(path), "the names and shapes of this model",
                "; ".join(problems[:5]) + ".",
            )  # fmt: skip
        if problems:
            warn(f"load_weights: left as they were: {'; '.join(problems)}")
        model.load_state_dict(fitting, strict=False)


def _fitting(file: Any, name: str, like: torch.Tensor) -> tuple[torch.Tensor | None, str]:
    """A tensor of a file for the place of another one; if it doesn't fit there, None and why."""
    shape = tuple(file.get_slice(name).get_shape())
    try:
        found = file.get_tensor(name)
        found.reshape(-1)[:1].to(like.dtype)
    except (_package().SafetensorError, NotImplementedError) as error:  # numbers of half a byte
        return None, f"is of a type that {like.dtype} can't be made of ({error})"
    if found.shape != like.shape:
        return None, f"has shape {shape}, expected {tuple(like.shape)}"
    return found, ""


def contents(path: str | os.PathLike) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and type of each tensor in a file."""
    with _opened(path) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        return [
            (name, tuple(part.get_shape()), str(part.get_dtype())) for name, part in slices.items()
        ]


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[Any]:
    """A file, which is mapped; what it gives must not be used after the block.

    Whoever opens it for writing waits meanwhile (see ``file_mapping``), since a process ends that
    looks at mapped bytes which are gone. What somebody is writing is read as it is now.
    """
    package = _package()
    if not os.path.isfile(path):
        raise recognition.missing("load_weights", path, "a safetensors file")
    with contextlib.ExitStack() as stack:
        held = stack.enter_context(open(path, "rb"))
        is_mapped = stack.enter_context(file_mapping.without_writers(held.fileno()))
        source = str(path) if is_mapped else stack.enter_context(_copy_of(held))
        try:
            file = stack.enter_context(package.safe_open(source, framework="pt"))
        except package.SafetensorError as error:
            raise recognition.refused(
                "load_weights", "file", path, "a safetensors file", f"{error}. Get it anew."
            ) from error
        yield file


@contextlib.contextmanager
def _copy_of(file: BinaryIO) -> Iterator[str]:
    """Path of a copy of an open file, for the length of the block.

    Raises:
        DamagedFileError: somebody wrote to it meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "copy.safetensors")
        with versions.unchanged(file.fileno()), open(path, "wb") as copy:
            shutil.copyfileobj(file, copy)
        yield path


def _differing_names(expected: Any, stored: Any) -> list[str]:
    options = stored if len(stored) < _MANY else ()
    missing = [
        f"{name} is missing. {nearest(name, options)}".strip()
        for name in expected
        if name not in stored
    ]
    return missing + [f"{name} is in the file only" for name in stored if name not in expected]
