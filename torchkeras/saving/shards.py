"""``.weights.json``: HDF5 weights cut into several files, with a map from place to file."""

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchkeras.core.checks import argument_error
from torchkeras.saving import files, hdf5, hdf5_writer, weights
from torchkeras.saving.temporary import alone_in, beside, telling_of

SUFFIX = ".weights.json"
_LARGEST_INDEX = 64 * 2**20


def save(model: Any, path: str | os.PathLike, max_shard_size: float) -> None:
    """Write the variables of ``model`` into files of at most ``max_shard_size`` GB.

    What can be read is the old whole or the new one at any moment.

    Raises:
        ValueError: a single variable is larger.
    """
    path = Path(path)
    stem = path.name.removesuffix(SUFFIX)
    limit = max_shard_size * 1024**3
    shards: list[list[tuple[str, str, Any, Any]]] = [[]]
    used, total = 0, 0
    for place, owner in weights.places(model):
        for key, value in weights.own_values(owner).items():
            size = _size(value)
            if size > limit:
                raise argument_error(
                    "save_weights", "max_shard_size", max_shard_size,
                    f"at least {size / 1024**3:.3g} GB, the size of {place}/vars/{key}",
                )  # fmt: skip
            if used + size > limit:
                shards.append([])
                used = 0
            shards[-1].append((place, key, value, getattr(owner, "name", None)))
            used, total = used + size, total + size
    target = Path(os.path.realpath(path.parent)) / path.name
    with telling_of(target), beside(target) as folder:
        for number, entries in enumerate(shards):
            with hdf5_writer.Writer(folder / str(number)) as writer:
                for place, key, value, owner_name in entries:
                    writer.write(place, {key: value}, owner_name)
        places = [list(dict.fromkeys(place for place, *_ in entries)) for entries in shards]
        files.synchronize(folder)
        with alone_in(target.parent), files.undone_if_it_fails() as undoing:
            old = _shards_of(target)
            meanwhile = _bridge(target, folder, places, total, undoing) if target.exists() else []
            names = [f"{stem}_{number:05}.weights.h5" for number in range(len(shards))]
            for number, name in enumerate(names):
                new, kept = folder / str(number), folder / f"{number}.old"
                files.rename(new, target.with_name(name), kept, undoing)
            files.synchronize_folder(target.parent)
            _write_index(target, folder / "index", names, places, total, undoing)
            for name in old.union(meanwhile).difference(names):
                target.with_name(name).unlink(missing_ok=True)


def _bridge(
    target: Path, folder: Path, places: list[list[str]], total: int, undoing: list[Callable]
) -> list[str]:
    """Let the index name the new files by second names, while the old ones go.

    On a disk without links it names the wrong ones for a moment.

    Returns:
        These names, and those that a save that was killed here has left.
    """
    stem = target.name.removesuffix(SUFFIX)
    others = re.compile(re.escape(stem) + r"_\d{5}-(\d+)\.weights\.h5")
    left = {name: int(m[1]) for name in os.listdir(target.parent) if (m := others.fullmatch(name))}
    turn = max(left.values(), default=1) + 1
    names = [f"{stem}_{number:05}-{turn}.weights.h5" for number in range(len(places))]
    try:
        for number, name in enumerate(names):
            os.link(folder / str(number), target.with_name(name))
            undoing.append(target.with_name(name).unlink)
    except OSError:
        return [*left, *names]
    files.synchronize_folder(target.parent)
    _write_index(target, folder / "first index", names, places, total, undoing)
    return [*left, *names]


def _write_index(
    target: Path,
    new: Path,
    names: list[str],
    places: list[list[str]],
    total: int,
    undoing: list[Callable],
) -> None:
    """Write the index; first as ``new``, on the same disk.

    Args:
        target: Where to.
        new: A path on the same disk.
        names: The files.
        places: The places that each of them holds.
        total: Bytes of all values.
        undoing: Gets what undoes it.
    """
    weight_map: dict[str, list[str]] = {}
    for name, held in zip(names, places, strict=True):
        for place in held:
            weight_map.setdefault(f"/{place}/vars" if place else "/vars", []).append(name)
    index = {"metadata": {"total_size": float(total)}, "weight_map": weight_map}
    new.write_text(json.dumps(index, indent=4), encoding="utf-8")
    files.synchronize(new)
    files.rename(new, target, new.with_suffix(".old"), undoing)
    files.synchronize_folder(target.parent)


def _shards_of(index: Path) -> set[str]:
    """The files that an index names, of those that ``save`` gives such names; none if it can't
    be read."""
    try:
        named = {name for names in _read_index(index).values() for name in names}
    except (OSError, ValueError):
        return set()
    own = re.compile(re.escape(index.name.removesuffix(SUFFIX)) + r"_\d{5}(-\d+)?\.weights\.h5")
    return {name for name in named if own.fullmatch(name)}


def _size(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    return np.asarray(value).nbytes


@contextlib.contextmanager
def open_group(path: str | os.PathLike) -> Iterator["ShardedGroup"]:
    """Root group of sharded weights.

    Raises:
        ValueError: the index isn't one, or names files elsewhere.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        roots: dict[str, hdf5.Group] = {}
        weight_map = _read_index(path)
        for names in weight_map.values():
            for name in names:
                if name not in roots:
                    file = _shard_beside(path, name)
                    roots[name] = stack.enter_context(hdf5.open_group(file))
        yield ShardedGroup(roots, weight_map)


def _shard_beside(index: Path, name: str) -> Path:
    """The file of a shard, which lies where the index does, or where that is linked from.

    Raises:
        DamagedFileError: it is a link that leads elsewhere.
    """
    file = index.parent / files.check_member_name(name)
    allowed = {index.parent.resolve(), index.resolve().parent}
    if not allowed & set(file.resolve().parents):
        raise files.damaged(
            f"shard {name!r}", "a link that leaves the folder", "a file of its own",
            "Copy the folder with its links followed if you trust it.",
        )  # fmt: skip
    return file


def _read_index(path: Path) -> dict[str, list[str]]:
    if not path.is_file():
        raise FileNotFoundError(f"load_weights: there is no file {str(path)!r}.")
    if path.stat().st_size > _LARGEST_INDEX:
        raise argument_error("load_weights", "file", str(path), "an index of weights")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        return {
            str(place): [names] if isinstance(names, str) else [str(name) for name in names]
            for place, names in index.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise files.damaged(
            "file", str(path), 'a JSON object with a "weight_map"',
            "It has been cut off or is damaged, or is no index of weights. Get it anew.",
        ) from error  # fmt: skip


class ShardedGroup:
    """A group whose arrays lie in several files."""

    def __init__(
        self, roots: dict[str, hdf5.Group], weight_map: dict[str, list[str]], path: str = ""
    ) -> None:
        self.roots = roots
        self.weight_map = weight_map
        self.path = path or "/"
        self._prefix = path

    @property
    def identity(self) -> Any:
        """What tells the group from others."""
        return self.path

    def __iter__(self) -> Iterator[str]:
        start = f"{self._prefix}/"
        below = (p[len(start) :] for p in self.weight_map if p.startswith(start))
        return iter(dict.fromkeys(p.partition("/")[0] for p in below))

    def group(self, name: str) -> "ShardedGroup | None":
        """The group of that name, or None if there is none."""
        path = f"{self._prefix}/{name}"
        known = any(p == path or p.startswith(path + "/") for p in self.weight_map)
        return ShardedGroup(self.roots, self.weight_map, path) if known else None

    def values_of(self, name: str) -> Mapping[str, Any]:
        """The arrays of the group of that name, of all files that hold some."""
        path = f"{self._prefix}/{name}"
        parts = [
            self.roots[file].values_of(path.strip("/")) for file in self.weight_map.get(path, ())
        ]
        return Joined(parts)


class Joined(hdf5.Values):
    """Several stores as one."""

    def __init__(self, parts: list[hdf5.Values]) -> None:
        self.parts = parts

    def unread(self) -> "Joined":
        """The same, whose values are datasets."""
        return Joined([part.unread() for part in self.parts])

    def __iter__(self) -> Iterator[str]:
        for part in self.parts:
            yield from part

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __contains__(self, name: object) -> bool:
        return any(name in part for part in self.parts)

    def __getitem__(self, name: str) -> Any:
        for part in self.parts:
            if name in part:
                return part[name]
        raise KeyError(name)
