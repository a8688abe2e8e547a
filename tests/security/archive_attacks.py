"""Archives and folders that lead elsewhere or unpack to more than they are.

Each attack gives a function that makes the thing at a path: a ``.keras`` archive, or a folder of
its members.
"""

import functools
import json
import os
import struct
import zipfile
import zlib

from security import honest
from security.attacks import attacks_of
from security.config_attacks import layer
from security.configurations import as_model

CONFIG = json.dumps(as_model(layer("Dense", units=3)))


def packed(opened, kind, everywhere=()):
    """What enters attacks that add to an archive, which ``opened`` opens by its path.

    The function gets the archive, open for writing, and the place. ``everywhere`` says where such
    attacks are harmless unless they say so themselves.
    """

    @attacks_of(kind, everywhere)
    def attacks(function, place):
        def write(path):
            with opened(path) as archive:
                function(archive, place)

        return write

    return attacks


archives = packed(functools.partial(zipfile.ZipFile, mode="w"), "archive")


def members(archive, config=CONFIG, weights=None):
    archive.writestr("metadata.json", "{}")
    archive.writestr("config.json", config)
    archive.writestr("model.weights.h5", weights or honest.content(".weights.h5"))


def link(name, target):
    """A member that is a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (0o120777 << 16) | 0x20
    return info, target


# --- Names: CVE-2026-12479, CVE-2026-11816

for _name in (
    "../../outside/written.txt",
    "assets/../../../outside/written.txt",
    "/tmp/torchkeras-hostile",
    "assets\\..\\..\\outside\\written.txt",
    "C:\\written.txt",
    "assets/layers/../../x",
):

    @archives(f"CVE-2026-12479 a member called {_name}")
    def named(archive, place, name=_name):
        members(archive)
        archive.writestr(name, "ran")


@archives("CVE-2026-12479 an absolute member outside")
def absolute(archive, place):
    members(archive)
    archive.writestr(str(place.target), "ran")


@archives("CVE-2026-12482 assets that are a link", ("*",))
def linked_assets(archive, place):
    vocabulary = layer("StringLookup")
    members(archive, json.dumps(as_model(vocabulary)))
    archive.writestr(*link("assets", str(place.outside)))
    archive.writestr(*link("assets/layers/string_lookup/vocabulary.txt", str(place.secret)))


@archives("CVE-2026-12482 a configuration that is a link")
def linked_config(archive, place):
    archive.writestr(*link("config.json", str(place.secret)))


@archives("CVE-2026-12482 weights that are a link")
def linked_weights(archive, place):
    archive.writestr("config.json", CONFIG)
    archive.writestr(*link("model.weights.h5", str(place.secret)))


@archives("an archive with a member twice")
def twice(archive, place):
    members(archive)
    archive.writestr("x", "a")
    archive.filelist[-1].filename = "config.json"


# --- Bombs: keras#23010, keras#23101


def deflated_zeros(size):
    """So many zeros, packed from one piece."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (size >> 20) + packer.flush()


def zeros(archive, name, size):
    """A deflated member of so many zeros."""
    content = deflated_zeros(size)
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.file_size, info.compress_size, info.CRC = size, len(content), 0
    info.header_offset = archive.fp.tell()
    archive.fp.write(info.FileHeader(zip64=False) + content)
    archive.filelist.append(info)
    archive.NameToInfo[name] = info
    archive.start_dir = archive.fp.tell()


@archives("keras#23010 config.json that unpacks to 2 GB")
def config_bomb(archive, place):
    zeros(archive, "config.json", 2**31)


@archives("keras#23010 config.json that unpacks to 300 MB")
def smaller_config_bomb(archive, place):
    zeros(archive, "config.json", 300 << 20)


@archives("CVE-2026-12570 weights that unpack to 2 GB")
def weights_bomb(archive, place):
    archive.writestr("config.json", CONFIG)
    zeros(archive, "model.weights.h5", 2**31)


@archives("keras#23101 assets that unpack to 200 MB", ("load_weights .keras",))
def assets_bomb(archive, place):
    members(archive, json.dumps(as_model(layer("StringLookup"))))
    zeros(archive, "assets/layers/string_lookup/vocabulary.txt", 200 << 20)


@archives("keras#23101 many assets that unpack to 10 MB each")
def many_assets(archive, place):
    members(archive, json.dumps(as_model(layer("StringLookup"))))
    for number in range(20):
        zeros(archive, f"assets/layers/string_lookup/{number}", 10 << 20)


@attacks_of("archive")
def raw(function, place):
    """Enter an attack: the function spoils the bytes of an honest archive."""

    def write(path):
        path.write_bytes(function(bytearray(honest.content(".keras")), place))

    return write


def directory(content):
    """Where the entries of the central directory begin."""
    end = content.rindex(b"PK\5\6")
    count, _, start = struct.unpack("<HII", content[end + 10 : end + 20])
    places = []
    for _ in range(count):
        places.append(start)
        lengths = struct.unpack("<HHH", content[start + 28 : start + 34])
        start += 46 + sum(lengths)
    return places


@raw("members that share their bytes")
def overlapping(content, place):
    entries = directory(content)
    first = content[entries[0] + 42 : entries[0] + 46]
    for entry in entries:
        content[entry + 42 : entry + 46] = first
    return bytes(content)


@raw("sizes larger than the archive")
def lying_sizes(content, place):
    for entry in directory(content):
        content[entry + 20 : entry + 28] = struct.pack("<II", 2**31, 2**31)
    return bytes(content)


@raw("a member that is longer than it says")
def longer_member(content, place):
    for entry in directory(content):
        content[entry + 24 : entry + 28] = struct.pack("<I", 3)
    return bytes(content)


@raw("a wrong checksum of the weights")
def wrong_checksum(content, place):
    place_of = content.index(b"\x89HDF")
    content[place_of + 800] ^= 1
    return bytes(content)


@raw("an encrypted member")
def encrypted(content, place):
    for entry in directory(content):
        content[entry + 8] |= 1
    return bytes(content)


@raw("an unknown compression")
def unknown_compression(content, place):
    for entry in directory(content):
        content[entry + 10 : entry + 12] = struct.pack("<H", 97)
    return bytes(content)


@raw("offsets outside of the archive")
def far_offsets(content, place):
    for entry in directory(content):
        content[entry + 42 : entry + 46] = struct.pack("<I", 2**31 - 1)
    return bytes(content)


@raw("a directory of 65535 members", ("*",))
def many_members(content, place):
    end = content.rindex(b"PK\5\6")
    content[end + 8 : end + 12] = struct.pack("<HH", 65535, 65535)
    return bytes(content)


@raw("half of an archive")
def half(content, place):
    return bytes(content[: len(content) // 2])


@raw("an archive within garbage", ("*",))
def prefixed(content, place):
    return b"#!/bin/sh\necho ran\n" + bytes(content)


@raw("an empty file")
def empty(content, place):
    return b""


for _text in ("null", "[]", "3", '"x"', "{}", '{"class_name": 3}', "NaN", "[" * 100_000, "\0", "é"):

    @archives(f"a configuration that says {_text[:10]}", ("load_weights .keras",))
    def odd_config(archive, place, text=_text):
        members(archive, text)


# --- Folders


@attacks_of("folder")
def folders(function, place):
    """Enter an attack: the function makes the folder of a model, and spoils it."""

    def write(path):
        path.mkdir()
        (path / "metadata.json").write_text("{}")
        (path / "config.json").write_text(CONFIG)
        (path / "model.weights.h5").write_bytes(honest.content(".weights.h5"))
        function(path, place)

    return write


for _member in ("config.json", "model.weights.h5"):

    @folders(f"CVE-2026-12482 {_member} of a folder is a link elsewhere")
    def linked_member(path, place, member=_member):
        (path / member).unlink()
        (path / member).symlink_to(place.secret)

    @folders(f"CVE-2026-69112 {_member} of a folder is a pipe")
    def pipe_member(path, place, member=_member):
        (path / member).unlink()
        os.mkfifo(path / member)

    @folders(f"{_member} of a folder is a folder", ("load_weights folder",))
    def folder_member(path, place, member=_member):
        (path / member).unlink()
        (path / member).mkdir()


@folders("CVE-2026-12482 a vocabulary of a folder is a link elsewhere")
def linked_vocabulary(path, place):
    (path / "config.json").write_text(json.dumps(as_model(layer("StringLookup"))))
    assets = path / "assets" / "layers" / "string_lookup"
    assets.mkdir(parents=True)
    (assets / "vocabulary.txt").symlink_to(place.secret)


@folders("CVE-2026-12482 the assets of a folder are a link elsewhere")
def linked_assets_folder(path, place):
    (path / "config.json").write_text(json.dumps(as_model(layer("StringLookup"))))
    real = place.outside / "layers" / "string_lookup"
    real.mkdir(parents=True, exist_ok=True)
    (real / "vocabulary.txt").write_text(place.secret.read_text())
    (path / "assets").symlink_to(place.outside)


@folders("CVE-2026-69112 a vocabulary of a folder is a pipe")
def pipe_vocabulary(path, place):
    (path / "config.json").write_text(json.dumps(as_model(layer("StringLookup"))))
    assets = path / "assets" / "layers" / "string_lookup"
    assets.mkdir(parents=True)
    os.mkfifo(assets / "vocabulary.txt")


# --- Shards


@attacks_of("shards")
def shards(function, place):
    """Enter an attack: the function gets the folder and gives the index's map."""

    def write(path):
        (path.parent / "m_00000.weights.h5").write_bytes(honest.content(".weights.h5"))
        index = {"metadata": {}, "weight_map": function(path.parent, place)}
        path.write_text(json.dumps(index))

    return write


for _name in ("../../outside/other.h5", "/etc/hostname", "x/../../../outside/other.h5", "", "."):

    @shards(f"CVE-2026-69112 a shard called {_name!r}")
    def named_shard(folder, place, name=_name):
        return {"/layers/dense/vars": [name]}


@shards("CVE-2026-69112 a shard that is a pipe")
def pipe_shard(folder, place):
    os.mkfifo(folder / "pipe.weights.h5")
    return {"/layers/dense/vars": ["pipe.weights.h5"]}


@shards("CVE-2026-69112 a shard that is a link elsewhere")
def linked_shard(folder, place):
    (place.outside / "other.h5").write_bytes(honest.content(".weights.h5"))
    (folder / "linked.weights.h5").symlink_to(place.outside / "other.h5")
    return {"/layers/dense/vars": ["linked.weights.h5"]}


@shards("a map of shards that is a list")
def listed_map(folder, place):
    return [1, 2]


@shards("a map of shards that is nested")
def nested_map(folder, place):
    return {"/layers/dense/vars": [{"a": 1}]}


@shards("a map of a shard that is the index")
def own_shard(folder, place):
    return {"/layers/dense/vars": ["m.weights.json"]}


@shards("a million shards that aren't there")
def many_shards(folder, place):
    return {"/layers/dense/vars": [f"{number}.weights.h5" for number in range(100_000)]}
