"""What scripts of TensorFlow read: records, examples, folders of datasets, programs, checkpoints.

``"record"`` gives bytes. The others give a function that spoils a folder in which a sound one lies.
"""

import json
import os
import pickle
import struct

from security.attacks import attack, attacks_of, spoiled
from security.config_attacks import Reducer
from security.sandbox import MODULE

from torchkeras.saving import wire
from torchkeras.saving.checksums import masked_crc32c


def framed(data, length=None):
    """A record as files have it, which may say that it is longer."""
    size = struct.pack("<Q", len(data) if length is None else length)
    sums = (struct.pack("<I", masked_crc32c(part)) for part in (size, data))
    return size + next(sums) + data + next(sums)


def nested_message(depth):
    data = b""
    for _ in range(depth):
        data = wire.write_field(1, data)
    return data


_RECORDS = {
    "declares 2 ** 62 bytes": lambda: framed(b"a", 2**62),
    "declares 4 GB": lambda: framed(b"a", 2**32),
    "declares more than a number holds": lambda: framed(b"a", 2**64 - 1),
    "is nested without end": lambda: framed(nested_message(3000)),
    "has fields that are longer than it": lambda: framed(b"\x0a\xff\xff\xff\xff\x7f"),
    "has a number without end": lambda: framed(b"\x08" + b"\xff" * 100),
    "is a tensor larger than memory": lambda: framed(
        wire.write_field(1, 1)
        + wire.write_field(2, wire.write_field(2, wire.write_field(1, 2**40)) * 3)
    ),
    "is a tensor of a type that isn't there": lambda: framed(wire.write_field(1, 99)),
    "is a tensor of negative sizes": lambda: framed(
        wire.write_field(1, 1) + wire.write_field(2, wire.write_field(2, wire.write_field(1, -1)))
    ),
    "is a pickle": lambda: framed(f"c{MODULE}\npayload\n(tR.".encode()),
    "is cut short": lambda: framed(b"a" * 100)[:50],
    "is nothing": lambda: b"",
}
for _told, _make in _RECORDS.items():
    attack(f"a record that {_told}", "record", ("*",))(lambda place, make=_make: make())


# --- tf.saved_model: programs

programs = attacks_of("program")(spoiled)
datasets = attacks_of("kept")(spoiled)
managed = attacks_of("managed", ("*",))(spoiled)


def described(folder, change):
    """Change what the description of a program says."""
    path = folder / "saved_model.json"
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


def programs_of(told):
    for functions in told["functions"].values():
        for entries in functions.values():
            yield from (entry["program"] for entry in entries)


for _name in (
    "os.system", "aten.from_file.default", "aten.__class__.mro", "builtins.exec", "__import__",
    "prim.device.default", "aten.add", "torch.load", "getattr", "inductor.x.default",
):  # fmt: skip

    @programs(f"CVE-2025-1550 a program that calls {_name}")
    def calls(folder, place, name=_name):
        def change(told):
            for program in programs_of(told):
                program["steps"] = [[name, [str(place.secret)], {"named": {}}]]

        described(folder, change)


@programs("a program of objects in a circle")
def circle(folder, place):
    described(folder, lambda told: told["nodes"].insert(0, {"list": [0]}))


@programs("a program of objects that aren't there")
def absent(folder, place):
    described(folder, lambda told: told["nodes"].insert(0, {"list": [10**9]}))


@programs("a program nested without end")
def nested(folder, place):
    (folder / "saved_model.json").write_text('{"format": ' + "[" * 100_000)


@programs("a program that is a list")
def listed(folder, place):
    (folder / "saved_model.json").write_text("[]")


@programs("a program without parts")
def without(folder, place):
    described(folder, lambda told: [told.pop(k) for k in list(told) if k != "format"])


@programs("CVE-2026-12482 a program whose variables are a link elsewhere")
def linked(folder, place):
    path = folder / "variables" / "variables.safetensors"
    path.unlink()
    path.symlink_to(place.secret)


@programs("CVE-2026-69112 a program whose variables are a pipe")
def pipe(folder, place):
    path = folder / "variables" / "variables.safetensors"
    path.unlink()
    os.mkfifo(path)


# --- tf.data.Dataset.load

_OUTLINES = {
    "is nested without end": "[" * 100_000,
    "is a number": "3",
    "is nothing": "{}",
    "names a type that isn't there": '{"kind": "tensor", "shape": [1], "dtype": "os.system"}',
    "has a shape larger than memory": (
        '{"kind": "tensor", "shape": [1099511627776, 1048576], "dtype": "float32"}'
    ),
    "is ragged without end": (
        '{"kind": "ragged", "shape": [1], "dtype": "float32", "rank": 999999999999, '
        '"splits": "int64"}'
    ),
}
for _told, _text in _OUTLINES.items():
    # A shape is only told, the elements have their own.
    @datasets(f"a saved dataset whose structure {_told}", ("*",) * ("shape" in _told))
    def outline(folder, place, text=_text):
        (file,) = folder.glob("*.records")
        file.write_bytes(framed(text.encode()) + framed(wire.write_field(1, b"\x08\x01")))


@datasets("a saved dataset whose compression is a path")
def compression(folder, place):
    (folder / "compression").write_text(str(place.secret))


# --- Checkpoints: the file that lists them


def listing(folder, *paths):
    lines = [f'model_checkpoint_path: "{paths[-1]}"']
    lines += [f'all_model_checkpoint_paths: "{path}"' for path in paths]
    (folder / "checkpoint").write_text("\n".join(lines))


@managed("CVE-2026-69112 a list of checkpoints that are files elsewhere")
def elsewhere(folder, place):
    for suffix in (".index", ".data-00000-of-00001"):
        (place.outside / f"old{suffix}").write_text("somebody's")
    listing(folder, *(f"{place.outside}/old" for _ in range(1)), f"{folder}/ckpt-1")


@managed("a list of checkpoints that lead upwards")
def upwards(folder, place):
    for suffix in (".index", ".data-00000-of-00001"):
        (place.outside / f"old{suffix}").write_text("somebody's")
    listing(folder, "../../../outside/old", "ckpt-1")


# --- Checkpoints in this package's previous form: an index of JSON, and safetensors


@attacks_of("previous")
def previous(function, place):
    """Enter an attack: the function gives the objects of the index."""

    def write(folder):
        told = function(place)
        if isinstance(told, list):
            told = {"format": "torchkeras checkpoint 1", "nodes": told}
        text = told if isinstance(told, str) else json.dumps(told)
        (folder / "c.index").write_text(text)
        header = {"0": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
        head = json.dumps(header).encode()
        data = struct.pack("<Q", len(head)) + head + bytes(8)
        (folder / "c.data-00000-of-00001").write_bytes(data)

    return write


def object_of(values=None, children=None, **more):
    return {"values": values or {}, "children": children or {}, **more}


_VALUE = "VARIABLE_VALUE"
_PREVIOUS = {
    "are numbers": [1, 2],
    "aren't there": [object_of(children={"x": 10**9})],
    "are numbered from the end": [object_of(children={"x": -1}), object_of(children={"x": -1})],
    "are a text": {"format": "torchkeras checkpoint 1", "nodes": "os.system"},
    "are missing": {"format": "torchkeras checkpoint 1"},
    "have no values": [object_of(children={"x": 1}), {"children": {}}],
    "have values elsewhere": [
        object_of(children={"x": 1}), object_of(values={_VALUE: "../../outside/secret.txt"}),
    ],
    "have values that are lists": [object_of(children={"x": 1}), object_of(values={_VALUE: [1]})],
    "are nested without end": '{"format": "torchkeras checkpoint 1", "nodes": ' + "[" * 100_000,
}  # fmt: skip
for _told, _nodes in _PREVIOUS.items():

    @previous(f"a checkpoint of the previous form whose objects {_told}")
    def objects(place, nodes=_nodes):
        return nodes


# The values themselves are sound.
LISTED = ("tf.train.load_checkpoint of the previous form",)
_STATES = {"a list": [1], "a text": "os.system", "bytes": {"bytes": [1]}, "large": [2**70] * 9}


@previous("a checkpoint of the previous form with values of another shape", LISTED)
def other_shape(place):
    return [object_of(children={"x": 1}), object_of(values={_VALUE: "0"})]


for _told, _state in _STATES.items():

    @previous(f"a checkpoint of the previous form with a state that is {_told}", LISTED)
    def odd_state(place, state=_state):
        return [object_of(children={"y": 1}), object_of(state=state)]


@attack("CVE-2025-32434 a checkpoint of the previous form whose data are a pickle", "previous")
def pickled_data(place):
    def write(folder):
        nodes = [object_of(children={"x": 1}), object_of(values={"value": "0"})]
        told = {"format": "torchkeras checkpoint 1", "nodes": nodes}
        (folder / "c.index").write_text(json.dumps(told))
        content = pickle.dumps(Reducer(f"echo ran > {place.target}"))
        (folder / "c.data-00000-of-00001").write_bytes(content)

    return write
