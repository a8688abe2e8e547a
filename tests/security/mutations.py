"""Changes of honest files: of bytes, of the members of archives, and of values in JSON."""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF)
# Sizes and offsets that readers add, multiply or allocate.
_SIZES = (0, 1, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)
_ODD = (
    None, True, -1, 0, 2**31, 2**40, 2**63, 1e308, 0.5, "", "Dense", "__lambda__", "__tensor__",
    [], {}, [[]], [None], {"a": 1}, "keras.layers", "../x",
)  # fmt: skip
# How zipfile tells that an archive is damaged, or of a kind that it doesn't read.
DAMAGED_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
    ValueError, KeyError, IndexError, OverflowError, struct.error,
)  # fmt: skip
Change = Callable[[bytes, random.Random], bytes]


def mutated(content: bytes, chance: random.Random, change: Change | None = None) -> bytes:
    """``content`` with one to some changes.

    Args:
        content: Any file.
        chance: Draws.
        change: How bytes without a form are changed; None is by chance.
    """
    change = change or changed_bytes
    if content[:2] == b"PK" and chance.random() < 0.8:
        return _mutated_archive(content, chance, change)
    if content[:1] in (b"{", b"[") and chance.random() < 0.7:
        return _mutated_json(content, chance)
    return change(content, chance)


def changed_bytes(content: bytes, chance: random.Random) -> bytes:
    """``content`` with bits turned, pieces overwritten, moved, taken out or cut off."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(changed) + 1)
        size = chance.choice((1, 1, 2, 4, 8, 64))
        kind = chance.randrange(8)
        if kind == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[place : place + size] = bytes([chance.choice(_NUMBERS)]) * size
        elif kind == 2:
            changed[place : place + size] = chance.randbytes(size)
        elif kind == 3:
            other = chance.randrange(len(changed) + 1)
            changed[place : place + size] = changed[other : other + size]
        elif kind == 4:
            width = chance.choice((2, 4, 8))
            number = chance.choice((*_SIZES, len(changed), place)) & (1 << 8 * width) - 1
            order = chance.choice(("little", "big"))
            changed[place : place + width] = number.to_bytes(width, order)
        elif kind == 5 and chance.random() < 0.3:
            changed[place:place] = changed[place : place + size]
        elif kind == 6 and chance.random() < 0.3:
            del changed[place : place + size]
        elif chance.random() < 0.1:
            del changed[place:]
    return bytes(changed)


def _mutated_archive(content: bytes, chance: random.Random, change: Change) -> bytes:
    """An archive with a changed member, packed anew so that its checksum is right; one that is
    damaged already has its bytes changed."""
    file = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
            infos = old.infolist()
            chosen = chance.choice(infos).filename
            for info in infos:
                if info.file_size > 2**24:  # it isn't what a change should unpack
                    return change(content, chance)
                data = old.read(info)
                if info.filename == chosen:
                    data = mutated(data, chance, change)
                new.writestr(info.filename, data, chance.choice((0, 0, zipfile.ZIP_DEFLATED)))
    except DAMAGED_ARCHIVE:
        return change(content, chance)
    return file.getvalue()


def _mutated_json(content: bytes, chance: random.Random) -> bytes:
    """JSON in which a value is another one."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return changed_bytes(content, chance)
    places: list = []
    values: list = []

    def visit(holder) -> None:
        items = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, item in items:
            places.append((holder, key))
            values.append(item if chance.random() < 0.2 or _is_plain(item) else key)
            if not _is_plain(item):
                visit(item)

    if not _is_plain(value):
        visit(value)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if places:
            holder, key = chance.choice(places)
            item = chance.choice((chance.choice(_ODD), chance.choice(values)))
            if chance.random() < 0.2 and isinstance(holder, dict):
                holder.pop(key, None)
            elif not isinstance(holder, list) or key < len(holder):
                holder[key] = json.loads(json.dumps(item))
    return json.dumps(value).encode()


def _is_plain(item) -> bool:
    return not isinstance(item, (dict, list))
