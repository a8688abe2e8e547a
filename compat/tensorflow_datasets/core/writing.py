"""Examples into TFRecord files, in the order of tfds: by a hash of their keys."""

import hashlib
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tensorflow_datasets.core.naming import shard_name
from tensorflow_datasets.core.splits import SplitInfo
from tensorflow_datasets.features.base import FeatureConnector
from tensorflow_datasets.features.examples import serialized
from torchkeras.core.checks import argument_error, kind_error

_SMALLEST_SHARD, _LARGEST_SHARD = 64 * 2**20, 2**30
_OVERHEAD = 16  # bytes of a record besides its data


class DuplicatedKeysError(ValueError):
    """Two examples have the same key."""


def hashed(salt: str, key: Any) -> int:
    """What the place of an example follows from: MD5 of the split's name and the key.

    Raises:
        TypeError: the key is no text and no whole number.
    """
    if isinstance(key, np.ndarray) and key.size == 1:
        key = key.item()
    if isinstance(key, str):
        key = key.replace("\\", "/")
    elif isinstance(key, (int, np.integer)):
        key = str(int(key))
    elif not isinstance(key, bytes):
        raise kind_error("tfds", "key of an example", key, "a text or a whole number")
    data = key if isinstance(key, bytes) else key.encode()
    return int(hashlib.md5(salt.encode() + data, usedforsecurity=False).hexdigest(), 16)


def order_of(salt: str, count: int) -> list[int]:
    """Order in which tfds has ``count`` examples whose keys are their numbers."""
    return sorted(range(count), key=lambda number: hashed(salt, number))


def write_split(
    name: str,
    examples: Iterable[tuple[Any, Any]],
    features: FeatureConnector,
    folder: Path,
    dataset: str,
    in_order: bool = False,
    ignore_duplicates: bool = False,
    most: int | None = None,
    shards: int | None = None,
) -> SplitInfo:
    """Write a split's files, and tell of them.

    Args:
        name: The split's name.
        examples: Keys and values.
        features: What examples have.
        folder: Where the files go.
        dataset: The data set's name.
        in_order: Whether examples stay in their order, rather than that of their keys' hashes.
        ignore_duplicates: Whether only the first example of a key is kept.
        most: How many examples are written at most; None is all.
        shards: Number of files; None chooses as tfds does.

    Raises:
        DuplicatedKeysError: two examples have the same key.
        ValueError: there is no example.
    """
    records: dict[int, bytes] = {}
    for number, (key, example) in enumerate(examples):
        if most is not None and number >= most:
            break
        place = number if in_order else hashed(name, key)
        if place in records:
            if ignore_duplicates:
                continue
            raise DuplicatedKeysError(
                f'tfds: two examples of the split "{name}" have the key {key!r}; '
                "expected keys that differ."
            )
        records[place] = serialized(features, example)
    if not records:
        raise argument_error("tfds", f'number of examples of "{name}"', 0, "1 or more")
    size = sum(map(len, records.values()))
    number = shards or shard_number(size, len(records))
    bounds = [round(len(records) * shard / number) for shard in range(number + 1)]
    places = sorted(records)
    for shard in range(number):
        path = folder / shard_name(None, dataset, name, "tfrecord", shard, number)
        with tf.io.TFRecordWriter(str(path)) as writer:
            for place in places[bounds[shard] : bounds[shard + 1]]:
                writer.write(records[place])
    lengths = [stop - start for start, stop in itertools.pairwise(bounds)]
    return SplitInfo(name, lengths, size, folder, dataset)


def shard_number(size: int, count: int) -> int:
    """How many files tfds writes for ``count`` examples of ``size`` bytes."""
    size += count * _OVERHEAD
    least, most = size // _LARGEST_SHARD, size // _SMALLEST_SHARD
    if least > 1024:
        return next(n for n in range(2048, least + 2048, 1024) if n >= least)
    fitting = (2**power for power in range(10, 0, -1))
    return next((n for n in fitting if least <= n <= most and count >= n), 1)
