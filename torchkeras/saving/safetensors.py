"""``.safetensors``: the ``state_dict`` of a model, under torch's names and in torch's layout.

Any torch program can read such a file. Optimizer states and assets are not in it.
"""

import contextlib
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

import torch
from torch import nn

from torchkeras.core.checks import argument_error, nearest
from torchkeras.distribution import is_divided
from torchkeras.distribution.sharding import scattered
from torchkeras.saving import file_mapping, recognition, versions, weights

_ALIAS = "torchkeras.alias."
_MANY = 10_000  # names among which the nearest one isn't looked for


def _package() -> Any:
    try:
        import safetensors.torch
    except ImportError:
        raise ImportError(
            "Reading and writing .safetensors files needs the package safetensors."
        ) from None
    return safetensors


def save(model: nn.Module, path: str | os.PathLike) -> None:
    """Write the state of ``model``; a tensor under several names is written once.

    The other names are in the file's metadata.
    """
    tensors: dict[str, torch.Tensor] = {}
    metadata = {"format": "pt"}
    for name, tensor, target in _state(model):
        if target == name:
            tensors[name] = weights.plain_value(tensor).contiguous()
        else:
            metadata[_ALIAS + name] = target
    write(tensors, path, metadata)


def write(
    tensors: dict[str, torch.Tensor],
    path: str | os.PathLike,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write tensors by name.

    Raises:
        OSError: the disk is full or fails.
    """
    package = _package()
    try:
        package.torch.save_file(tensors, str(path), metadata=metadata)
    except package.SafetensorError as error:  # it isn't an OSError even if the disk is full
        raise error_of_disk(error, path) from error


def error_of_disk(error: BaseException, path: str | os.PathLike) -> OSError:
    """An error that a library raised when it couldn't write ``path``, as the system's."""
    found = re.search(r"os error (\d+)|Errno (\d+)", str(error))
    if found is None:
        return OSError(f"{path}: {error}")
    code = int(found[1] or found[2])
    return OSError(code, os.strerror(code), str(path))


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
            shape = tuple(file.get_slice(stored[name]).get_shape())
            if shape != tuple(expected[name].shape):
                problems.append(f"{name} has shape {shape}, expected {tuple(expected[name].shape)}")
                continue
            fitting[name] = scattered(file.get_tensor(stored[name]), expected[name])
        if problems and not skip_mismatch:
            raise argument_error(
                "load_weights", "file", str(path), "the names and shapes of this model",
                "; ".join(problems[:5]) + ".",
            )  # fmt: skip
        if problems:
            warnings.warn(f"load_weights: left as they were: {'; '.join(problems)}", stacklevel=3)
        model.load_state_dict(fitting, strict=False)


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
