"""The full state of a run as a folder: safetensors and JSON, with a manifest of checksums.

A folder ``snapshot-<number>`` is complete or absent: it is written under another name, forced to
the disk and renamed. Each process writes its own part. Nothing in it names code.
"""

import hashlib
import json
import math
import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.notices import warn
from torchkeras.distribution import agreed, gathered_objects, is_chief, rank, world_size
from torchkeras.saving import safetensors
from torchkeras.saving.files import (
    check_folder,
    damaged,
    synchronize,
    synchronize_folder,
    undone_if_it_fails,
)
from torchkeras.saving.temporary import telling_of

FORMAT = "torchkeras snapshot 2"
_MANIFEST = "manifest.json"
_NAME = re.compile(r"snapshot-(\d{8})")
_BLOCK = 2**20  # bytes hashed at a time
# How decoding tells that a state isn't made of what ``encode`` gives.
_SIGNS_OF_DAMAGE = (
    OSError, LookupError, AttributeError, ArithmeticError, MemoryError, RuntimeError,
    TypeError, ValueError, StopIteration, SyntaxError,
)  # fmt: skip


class CannotKeepError(TypeError):
    """A value that isn't made of numbers, text, tensors, arrays and containers of them."""


# --- Values as JSON and tensors


class Tensors(dict):
    """Tensors by name; one that was met before isn't written twice."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[tuple[Any, ...], str] = {}

    def add(self, tensor: Tensor) -> str:
        """The name of ``tensor``."""
        part = local(tensor.detach())
        memory = part.data_ptr(), part.device, part.dtype, part.shape, part.stride()
        if part.numel() and memory in self._names:
            return self._names[memory]
        name = self._names[memory] = str(len(self))
        self[name] = part
        return name


def local(tensor: Tensor) -> Tensor:
    """This process's part of ``tensor``, which is all of it unless it is divided."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def encode(value: Any, tensors: Tensors) -> Any:
    """``value`` as JSON; tensors and arrays in it are added to ``tensors`` and named.

    Raises:
        CannotKeepError: it holds something else than numbers, text, tensors, arrays, None and
            lists, tuples, sets, deques and dicts of them.

    Example:
        >>> found = Tensors()
        >>> encode({"a": (1, float("nan")), 2: torch.zeros(3)}, found)
        {'dict': [['a', {'tuple': [1, {'float': 'nan'}]}], [2, {'tensor': '0', 'strides': [1]}]]}
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, Tensor):
        told = {"tensor": tensors.add(value), "strides": list(value.stride())}
        return told if value.device.type == "cpu" else {**told, "device": value.device.type}
    if isinstance(value, np.generic):
        return {"number": encode(np.asarray(value), tensors)}
    if isinstance(value, np.ndarray):
        return _encoded_array(value, tensors)
    for kind in (list, tuple, set, frozenset):
        if type(value) is kind:
            return {kind.__name__: [encode(item, tensors) for item in value]}
    if type(value) is deque:
        items = [encode(item, tensors) for item in value]
        return {"deque": items, "longest": value.maxlen}
    if isinstance(value, dict):
        return {"dict": [[_key(k), encode(item, tensors)] for k, item in value.items()]}
    raise CannotKeepError(f"{type(value).__name__} can't be kept in a snapshot.")


def _key(key: Any) -> Any:
    if type(key) in (bool, int, float, str) or key is None:
        return key
    raise CannotKeepError(f"A key of type {type(key).__name__} can't be kept in a snapshot.")


def _encoded_array(array: np.ndarray, tensors: Tensors) -> Any:
    if array.dtype.kind not in "biufc":
        raise CannotKeepError(f"An array of {array.dtype} can't be kept in a snapshot.")
    content = np.frombuffer(np.ascontiguousarray(array).tobytes() or b"\0", dtype=np.uint8)
    name = tensors.add(torch.from_numpy(content.copy()))
    return {"array": name, "shape": list(array.shape), "type": array.dtype.str}


def decode(value: Any, tensors: Callable[[str], Tensor]) -> Any:
    """What ``encode`` was given; ``tensors`` finds a tensor by its name."""
    if not isinstance(value, dict):
        return value
    kind, content = next(iter(value.items()))
    if kind == "float":
        return float(content)
    if kind == "tensor":
        return _placed(_laid_out(tensors(content), value["strides"]), value.get("device"))
    if kind == "array":
        shape, dtype = value["shape"], np.dtype(value["type"])
        if not all(type(size) is int for size in shape):  # a number times a text is a long text
            raise ValueError(f"A shape is {str(shape)[:100]}; expected integers.")
        if not math.prod(shape):
            return np.empty(shape, dtype)
        return np.frombuffer(tensors(content).numpy().tobytes(), dtype).reshape(shape).copy()
    if kind == "number":
        return decode(content, tensors)[()]
    if kind == "dict":
        return {key: decode(item, tensors) for key, item in content}
    items = [decode(item, tensors) for item in content]
    if kind == "deque":
        return deque(items, value["longest"])
    return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)


def _laid_out(tensor: Tensor, strides: list[int]) -> Tensor:
    """``tensor`` with the memory layout that it had, in memory of its own.

    What is mapped from a file begins anywhere, which changes how kernels round.
    """
    layout = strides if _is_dense(tensor.shape, strides) else tensor.stride()
    return torch.empty_strided(tensor.shape, layout, dtype=tensor.dtype).copy_(tensor)


def _placed(tensor: Tensor, device: str | None) -> Tensor:
    """``tensor`` on the accelerator, if it was on one of that kind and there is one."""
    current = torch.accelerator.current_accelerator(check_available=True)
    return tensor if current is None or current.type != device else tensor.to(current)


def _is_dense(shape: Any, strides: Any) -> bool:
    """Whether elements that lie so fill their memory, each in a place of its own."""
    expected = 1
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if size != 1:
            if stride != expected:
                return False
            expected *= size
    return True


# --- Folders


def write(folder: str | os.PathLike[str], state: Any, keep: int = 1) -> None:
    """Add a snapshot to ``folder``; the ``keep`` newest stay, older ones go.

    Args:
        folder: Where the snapshots of one run lie; the same for all processes.
        state: What this process has to keep.
        keep: How many complete snapshots to leave, 1 or more.

    Raises:
        CannotKeepError: see ``encode``.
        OSError: the disk is full, or the folder can't be written to; in every process, if it
            happens in one of them.
    """
    folder = Path(folder)
    number = agreed(max(_numbers(folder), default=0) + 1)
    final = folder / f"snapshot-{number:08d}"
    temporary = folder / f".snapshot-{number:08d}.tmp"
    try:
        _together(folder, lambda: _prepare(folder, temporary), by_chief=True)
        parts = _together(folder, lambda: _write_part(temporary, state))
        sums = {name: checksum for part in parts for name, checksum in part.items()}
        _together(folder, lambda: _complete(temporary, final, sums, keep), by_chief=True)
    finally:
        if is_chief():
            shutil.rmtree(temporary, ignore_errors=True)


def _together(folder: Path, work: Callable[[], Any], by_chief: bool = False) -> list[Any]:
    """What ``work`` gives in each process, or in the chief alone.

    Args:
        folder: Where it writes, which errors name.
        work: What to do.
        by_chief: Whether the chief alone does it.

    Raises:
        OSError: in every process, if it failed in one of them.
    """
    failure = value = None
    try:
        with telling_of(folder):
            value = work() if is_chief() or not by_chief else None
    except OSError as error:
        failure = error
    found = gathered_objects((None if failure is None else str(failure), value))
    if failure is not None:
        raise failure
    for other, (message, _) in enumerate(found):
        if message is not None:
            raise OSError(f"Process {other} can't write its part of the snapshot: {message}")
    return [given for _, given in found]


def _prepare(folder: Path, temporary: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _remove_litter(folder)
    temporary.mkdir()


def _complete(temporary: Path, final: Path, checksums: dict[str, str], keep: int) -> None:
    """Give the snapshot, of which all parts are written, its name; remove older ones."""
    _write_manifest(temporary, checksums)
    synchronize(temporary)
    folder = final.parent
    with undone_if_it_fails() as undoing:
        os.replace(temporary, final)
        undoing.append(lambda: os.replace(final, temporary))
        synchronize_folder(folder)
    for old in _numbers(folder)[:-keep]:
        shutil.rmtree(folder / f"snapshot-{old:08d}", ignore_errors=True)


def _write_part(folder: Path, state: Any) -> dict[str, str]:
    """Write this process's files; their checksums by name."""
    tensors = Tensors()
    text = json.dumps(encode(state, tensors), allow_nan=False)
    names = f"state-{rank()}.json", f"tensors-{rank()}.safetensors"
    (folder / names[0]).write_text(text)
    safetensors.write(tensors, folder / names[1])
    return {name: _checksum(folder / name) for name in names}


def _write_manifest(folder: Path, checksums: dict[str, str]) -> None:
    manifest = {"format": FORMAT, "processes": world_size(), "sha256": checksums}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1))


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _numbers(folder: Path) -> list[int]:
    """Numbers of the snapshots in ``folder``, rising."""
    if not folder.is_dir():
        return []
    matches = (_NAME.fullmatch(name) for name in os.listdir(folder))
    return sorted(int(match[1]) for match in matches if match)


def _remove_litter(folder: Path) -> None:
    """Remove what an interrupted save has left."""
    for name in os.listdir(folder):
        if name.startswith(".snapshot-") and name.endswith(".tmp"):
            shutil.rmtree(folder / name, ignore_errors=True)


def read(folder: str | os.PathLike[str]) -> Any:
    """This process's state in the newest snapshot that is sound; None if there is none at all.

    A damaged one is passed over with a warning.

    Raises:
        ValueError: all are damaged, or were written by another number of processes.
    """
    folder = Path(folder)
    number = agreed(_newest_sound(folder) if is_chief() else None)
    if number is None:
        return None
    path = folder / f"snapshot-{number:08d}"
    processes = json.loads((path / _MANIFEST).read_text())["processes"]
    if processes != world_size():
        raise argument_error(
            "BackupAndRestore", "number of processes", world_size(),
            f"{processes}, by which {str(path)!r} was written",
            "Start as many processes again, or remove the folder to train anew.",
        )  # fmt: skip
    return read_part(path, rank())


def read_part(path: Path, number: int) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        text = (path / f"state-{number}.json").read_text()
        with safe_open(str(path / f"tensors-{number}.safetensors"), framework="pt") as file:
            return decode(json.loads(text), file.get_tensor)
    except (*_SIGNS_OF_DAMAGE, SafetensorError) as error:
        what = f"{type(error).__name__}: {error}"
        raise damaged(f"snapshot {str(path)!r}", what, "the state of a run") from error


def _newest_sound(folder: Path) -> int | None:
    problems = []
    for number in reversed(_numbers(folder)):
        path = folder / f"snapshot-{number:08d}"
        found = next(_damages(path), None)
        if found is None:
            for problem in problems:
                warn(f"{problem} An older one is used: {path}.")
            return number
        problems.append(f"The snapshot {path} is damaged: {found}.")
    if problems:
        raise argument_error(
            "BackupAndRestore", "backup_dir", str(folder), "a sound snapshot",
            " ".join(problems) + " Remove the folder to train anew.",
        )  # fmt: skip
    return None


def _damages(path: Path) -> Iterator[str]:
    try:
        check_folder(path)
        manifest = json.loads((path / _MANIFEST).read_text())
        if not {_MANIFEST, *manifest["sha256"]} >= set(os.listdir(path)):
            yield "it has files that its manifest doesn't list"
        if manifest["format"] != FORMAT:
            yield f"its format is {manifest['format']!r}, expected {FORMAT!r}"
        for name, checksum in manifest["sha256"].items():
            if Path(name).name != name or _checksum(path / name) != checksum:
                yield f"the checksum of {name} differs"
    except (OSError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        yield f"{type(error).__name__}: {error}"


def remove(folder: str | os.PathLike[str]) -> None:
    """Remove the snapshots of ``folder``, and the folder if nothing else is in it."""
    folder = Path(folder)
    if not is_chief() or not folder.is_dir():
        return
    _remove_litter(folder)
    for number in _numbers(folder):
        shutil.rmtree(folder / f"snapshot-{number:08d}", ignore_errors=True)
    if not os.listdir(folder):
        folder.rmdir()
