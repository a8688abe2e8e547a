"""Checkpoints and SavedModels of TensorFlow that are hostile.

``"bundle"`` gives a function of a folder and of what the names of a sound checkpoint's files in it
begin with, ``"saved model"`` one of the folder of a sound SavedModel; they spoil it.
"""

import os
import shutil
import struct

import numpy as np
from security.attacks import attacks_of, spoiled

from torchkeras.saving import object_graph, sstable, wire
from torchkeras.saving.bundle_writer import DATA
from torchkeras.saving.checksums import masked_crc32c
from torchkeras.saving.tensor_bundle import INDEX

# What only lists keys and shapes doesn't see what is wrong with the values.
LISTING = ("tf.train.list_variables",)


@attacks_of("bundle")
def bundles(function, place):
    """Enter an attack: the function gets the folder, the stem of the files, and the place."""
    return lambda folder, stem: function(folder, stem, place)


def rewrite(folder, stem, change):
    """Change the table of an index, whose checksums are right afterwards."""
    path = folder / f"{stem}{INDEX}"
    table = sstable.read(path.read_bytes())
    change(table)
    path.write_bytes(sstable.write(table))


def entry(kind=1, shape=(), shard=0, offset=0, size=0, slices=()):
    """What an index says of a tensor."""
    field = wire.write_field
    sizes = b"".join(field(2, field(1, n % 2**64)) for n in shape)
    message = field(1, kind) + field(2, sizes) + field(3, shard) + field(4, offset)
    message += field(5, size) + b"\x35" + bytes(4)
    return message + b"".join(field(7, part) for part in slices)


def weights(table):
    """Keys of the variables."""
    return [key for key in table if key.endswith(object_graph.VALUE.encode())]


# Each is said of every variable.
_ENTRIES = {
    "is larger than memory": {"shape": (2**31, 2**20), "size": 2**53},
    "overflows": {"shape": (2**32, 2**32, 4)},
    "has negative sizes": {"shape": (-4, -3), "size": 48},
    "has 300 axes": {"shape": (1,) * 300, "size": 4},
    "has no size": {"shape": (2**62, 0)},
    "lies outside of the file": {"shape": (4, 3), "offset": 2**63, "size": 48},
    "lies behind the end": {"shape": (4, 3), "offset": 2**40, "size": 48},
    "is of a type that isn't there": {"kind": 99, "shape": (4, 3), "size": 48},
    "is a resource": {"kind": 20, "shape": (), "size": 8},
    "is of variants": {"kind": 21, "shape": (4, 3), "size": 48},
    "is of texts without end": {"kind": 7, "shape": (2**40,), "size": 2**40},
    "lies in file 10 ** 9": {"shape": (4, 3), "shard": 10**9, "size": 48},
    "is in parts larger than memory": {
        "shape": (2**40, 2**20),
        "slices": [wire.write_field(1, wire.write_field(1, 0) + wire.write_field(2, 2**40))] * 2,
    },
}
for _told, _said in _ENTRIES.items():

    @bundles(f"CVE-2026-0897 a checkpoint whose weight {_told}", LISTING)
    def said(folder, stem, place, said=_said):
        def change(table):
            table.update(dict.fromkeys(weights(table), entry(**said)))

        rewrite(folder, stem, change)


def header(name, data):
    @bundles(name)
    def change_header(folder, stem, place):
        rewrite(folder, stem, lambda table: table.__setitem__(b"", data))


header("a checkpoint in the other order of bytes", wire.write_field(2, 1))
header("a checkpoint whose header has a number without end", b"\x08" + b"\xff" * 100)


@bundles("CVE-2026-12479 a checkpoint with keys that lead upwards", ("*",))
def keys(folder, stem, place):
    names = (b"../../outside/written.txt", b"/etc/passwd", b"a\\..\\b", b"\x1b[2J", b"x" * 5000)
    rewrite(folder, stem, lambda table: table.update(dict.fromkeys(names, entry(shape=(2**50,)))))


# --- The graph of objects


def graphs(name, harmless_at=(), make=None):
    """Enter an attack: the bytes of the graph that the checkpoint is said to be made of."""

    def spoil(folder, stem, place):
        graph = make()
        lengths = wire.write_varint(len(graph))
        widths = struct.pack("<I", len(graph))
        sums = [struct.pack("<I", masked_crc32c(part)) for part in (widths, widths)]
        data = lengths + sums[0] + graph
        whole = struct.pack("<I", masked_crc32c(widths + sums[0] + graph))
        path = folder / f"{stem}{DATA}"
        start = path.stat().st_size
        with open(path, "ab") as file:
            file.write(data)
        said = entry(kind=7, offset=start, size=len(data))
        said = said.replace(b"\x35" + bytes(4), b"\x35" + whole)
        key = object_graph.KEY.encode()
        rewrite(folder, stem, lambda table: table.__setitem__(key, said))

    bundles(name, (*LISTING, *harmless_at))(spoil)


def node(children=(), values=(), slots=()):
    field, message = wire.write_field, b""
    for name, number in children:
        message += field(1, field(1, number) + field(2, name.encode()))
    for name, key in values:
        message += field(2, field(1, name.encode()) + field(3, key.encode()))
    for slot in slots:
        message += field(3, slot)
    return field(1, message)


def chain(length):
    """Layers below layers."""
    return b"".join(node([("layer", number + 1)]) for number in range(length)) + node()


_NAMES = ("layer_with_weights-0", "layer-0", "layers", "optimizer", "variables", "_layers", "x")
# They look at values alone, or find nothing in the graph that they have.
_EMPTY = (
    "tf.train.load_checkpoint",
    "tf.train.Checkpoint.restore",
    "load_weights of a checkpoint by a model that isn't built",
)
graphs("a checkpoint of objects in a circle", _EMPTY, lambda: node((n, 0) for n in _NAMES))
graphs("a checkpoint of objects that aren't there", _EMPTY, lambda: node([("x", 10**9)]))
graphs("a checkpoint of no objects", _EMPTY, lambda: b"")
graphs("a checkpoint of objects 20 000 deep", _EMPTY, lambda: chain(20_000))
graphs(
    "a checkpoint whose objects name values elsewhere", _EMPTY,
    lambda: node([("layer_with_weights-0", 1)]) + node([("kernel", 2)])
    + node([], [(object_graph.VALUE, "../../outside/secret.txt")]),
)  # fmt: skip
graphs(
    "a checkpoint with slots of objects that aren't there", _EMPTY,
    lambda: node([("optimizer", 1)]) + node([], [], [wire.write_field(1, 10**9)]),
)  # fmt: skip
graphs("a checkpoint whose objects are no message", _EMPTY, lambda: b"\xff" * 64)


# --- Bytes


def raw(name):
    """Enter an attack: the function spoils the bytes of the index."""

    def enter(function):
        @bundles(name)
        def spoil(folder, stem, place):
            path = folder / f"{stem}{INDEX}"
            path.write_bytes(function(path.read_bytes()))

        return function

    return enter


@raw("an index whose blocks lie elsewhere")
def far_blocks(data):
    handle = wire.write_varint(2**62) + wire.write_varint(2**62)
    return data[:-48] + (handle * 2).ljust(40, b"\0") + data[-8:]


@raw("an index whose blocks are the whole file")
def whole_blocks(data):
    handle = wire.write_varint(0) + wire.write_varint(len(data))
    return data[:-48] + (handle * 2).ljust(40, b"\0") + data[-8:]


def block(content, kind):
    content += bytes([kind])
    return content + struct.pack("<I", masked_crc32c(content))


@raw("keras#23101 an index whose block unpacks to 4 GB")
def packed_block(data):
    packed = wire.write_varint(2**32 - 1) + b"\x00a" + b"\xfe\x01\x00" * 1000
    first = block(packed, 1)
    handle = wire.write_varint(0) + wire.write_varint(len(packed))
    return first + (handle * 2).ljust(40, b"\0") + data[-8:]


@raw("half of an index")
def half(data):
    return data[: len(data) // 2] + data[-8:]


@raw("an index with a wrong checksum")
def wrong(data):
    return bytes([data[0] ^ 1, data[1] ^ 1]) + data[2:]


# --- Files


@bundles("CVE-2026-12482 the data of a checkpoint are a link elsewhere", LISTING)
def linked(folder, stem, place):
    path = folder / f"{stem}{DATA}"
    (place.outside / "other.data").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(place.outside / "other.data")


for _suffix in (DATA, INDEX):

    @bundles(f"CVE-2026-69112 a checkpoint's {_suffix[1:]} is a pipe", LISTING)
    def pipe(folder, stem, place, suffix=_suffix):
        path = folder / f"{stem}{suffix}"
        path.unlink()
        os.mkfifo(path)


@bundles("half of the data of a checkpoint", LISTING)
def half_of_data(folder, stem, place):
    path = folder / f"{stem}{DATA}"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


# --- SavedModels


saved_models = attacks_of("saved model")(spoiled)
# They read the checkpoint alone.
WEIGHTS_ALONE = ("load_weights SavedModel",)


@saved_models("a SavedModel whose graph is nested without end", ("*",))
def nested(folder, place):
    data = b""
    for _ in range(3000):
        data = wire.write_field(2, data)
    (folder / "saved_model.pb").write_bytes(data)


@saved_models("a SavedModel whose graph is no message", ("*",))
def garbage(folder, place):
    (folder / "saved_model.pb").write_bytes(b"\xff" * 4096)


@saved_models("a SavedModel whose constants are larger than memory", ("*",))
def constants(folder, place):
    field = wire.write_field
    tensor = field(1, 7) + field(2, field(2, field(1, 2**40)) * 3)
    constant = field(1, b"x") + field(2, b"Const") + field(5, field(1, b"value") + field(2, tensor))
    (folder / "saved_model.pb").write_bytes(field(2, field(2, field(1, constant) * 100)))


@saved_models("CVE-2025-1550 a SavedModel whose notes name code", WEIGHTS_ALONE)
def named_code(folder, place):
    note(folder, b'{"class_name": "os>system", "config": {"name": "true"}, "module": "os"}')


@saved_models("a SavedModel whose notes are nested without end", WEIGHTS_ALONE)
def nested_notes(folder, place):
    note(folder, b'{"config": ' + b"[" * 100_000)


@saved_models("a SavedModel whose notes are a number", WEIGHTS_ALONE)
def numbered_notes(folder, place):
    note(folder, b"3")


@saved_models("a SavedModel whose notes are no text", WEIGHTS_ALONE)
def odd_notes(folder, place):
    note(folder, b"\xff\xfe")


@saved_models("a SavedModel whose notes declare 2 ** 60 bytes", WEIGHTS_ALONE)
def long_notes(folder, place):
    (folder / "keras_metadata.pb").write_bytes(b"\x0a" + wire.write_varint(2**60) + b"x")


@saved_models("a SavedModel built for a shape larger than memory", WEIGHTS_ALONE)
def huge_shape(folder, place):
    note(
        folder,
        b'{"class_name": "Sequential", "keras_version": "2.15.0", "build_input_shape": [null, '
        b'1099511627776], "config": {"name": "m", "layers": [{"class_name": "Dense", "config": '
        b'{"name": "d", "units": 1048576}}]}}',
    )


def note(folder, text):
    """Let the notes of the root say this."""
    field = wire.write_field
    root = field(2, 0) + field(3, b"root") + field(4, b"_tf_keras_sequential") + field(5, text)
    (folder / "keras_metadata.pb").write_bytes(field(1, root))


for _member in ("saved_model.pb", "keras_metadata.pb", f"variables/variables{INDEX}"):

    @saved_models(f"CVE-2026-12482 {_member} of a SavedModel is a link elsewhere")
    def linked_member(folder, place, member=_member):
        path = folder / member
        (place.outside / "other").write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(place.outside / "other")

    @saved_models(f"CVE-2026-69112 {_member} of a SavedModel is a pipe")
    def pipe_member(folder, place, member=_member):
        (folder / member).unlink()
        os.mkfifo(folder / member)


@saved_models("CVE-2026-12482 the variables of a SavedModel are a link elsewhere")
def linked_folder(folder, place):
    shutil.copytree(folder / "variables", place.outside / "variables", dirs_exist_ok=True)
    shutil.rmtree(folder / "variables")
    (folder / "variables").symlink_to(place.outside / "variables")


@saved_models("CVE-2025-12058 an asset of a SavedModel is a link elsewhere")
def linked_asset(folder, place):
    (folder / "assets").mkdir(exist_ok=True)
    (folder / "assets" / "vocabulary.txt").symlink_to(place.secret)


@saved_models("a SavedModel without variables")
def without(folder, place):
    for path in (folder / "variables").iterdir():
        path.unlink()


@saved_models("a fingerprint of a SavedModel that is a pickle", ("*",))
def fingerprint(folder, place):
    (folder / "fingerprint.pb").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    np.save(folder / "extra.npy", np.zeros(2))
