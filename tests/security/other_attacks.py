"""Safetensors, snapshots, data sets and checkpoints that are hostile."""

import functools
import hashlib
import io
import json
import os
import pickle
import shutil
import struct
import zipfile

import numpy as np
from security import honest
from security.attacks import attack, attacks_of, spoiled
from security.config_attacks import Reducer, bytecode, layer, marker, pickled
from security.configurations import as_model
from security.sandbox import MODULE

# Where what only doesn't fit is left as it is, with a warning.
SKIPPING = ("load_weights .safetensors with skip_mismatch",)

# --- Safetensors


@attacks_of("safetensors")
def tensors(function, place):
    """Enter an attack: the function gives a header (text or a dict) and the data."""
    header, data = function(place)
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def described(shape, start, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@functools.cache
def shapes():
    """Shapes of the honest model's tensors by name."""
    return {name: tuple(t.shape) for name, t in honest.base_model().state_dict().items()}


@tensors("safetensors: a shape larger than the data")
def tensors_bomb(place):
    return {name: described([2**20, 2**20], 0, 4) for name in shapes()}, bytes(4)


@tensors("safetensors: a shape that overflows")
def tensors_overflow(place):
    return {name: described([2**40, 2**40], 0, 0) for name in shapes()}, b""


@tensors("safetensors: data that overlap")
def tensors_overlap(place):
    return {n: described(list(s), 0, 4 * int(np.prod(s))) for n, s in shapes().items()}, bytes(96)


@tensors("safetensors: offsets outside of the file")
def tensors_outside(place):
    return {n: described(list(s), 2**40, 2**40 + 48) for n, s in shapes().items()}, bytes(48)


@tensors("safetensors: a header of 30 000 tensors", SKIPPING)
def tensors_many(place):
    return {f"t{number}": described([0], 0, 0) for number in range(30_000)}, b""


@tensors("safetensors: a header that isn't JSON")
def tensors_text(place):
    return b"{" * 1000, b""


@tensors("safetensors: a nested header")
def tensors_nested(place):
    return b'{"a":' * 5000 + b"1" + b"}" * 5000, b""


@tensors("safetensors: other names lead in a circle", SKIPPING)
def tensors_circle(place):
    names = list(shapes())
    told = {f"torchkeras.alias.{name}": names[k - 1] for k, name in enumerate(names)}
    return {"__metadata__": told}, b""


@tensors("safetensors: a type that isn't there")
def tensors_type(place):
    return {n: described(list(s), 0, 48, "O") for n, s in shapes().items()}, bytes(48)


@tensors("safetensors: numbers of half a byte", SKIPPING)
def tensors_half(place):
    told, end = {}, 0
    for number, (name, shape) in enumerate(shapes().items()):
        kind, size = ("F4", 0.5) if number == 2 else ("F32", 4)
        start, end = end, end + int(size * np.prod(shape))
        told[name] = described(list(shape), start, end, kind)
    return told, bytes(end)


@attack("safetensors: a header longer than the file", "safetensors")
def tensors_long(place):
    return struct.pack("<Q", 2**62) + b"{}"


@attack("safetensors: a header of a gigabyte", "safetensors")
def tensors_gigabyte(place):
    return struct.pack("<Q", 2**30) + b"{}" + bytes(1000)


@attack("safetensors: an empty file", "safetensors")
def tensors_empty(place):
    return b""


@attack("safetensors: a pickle", "safetensors")
def tensors_pickle(place):
    return pickle.dumps(Reducer(f"echo ran > {place.target}"))


# --- Snapshots: a function that spoils a sound folder


snapshots = attacks_of("snapshot")(spoiled)


def rewrite(path, state=None, manifest=None):
    """Replace parts of a snapshot, with their checksums."""
    if state is not None:
        text = state if isinstance(state, str) else json.dumps(state)
        (path / "state-0.json").write_text(text)
    told = json.loads((path / "manifest.json").read_text())
    for name in told["sha256"]:
        told["sha256"][name] = hashlib.sha256((path / name).read_bytes()).hexdigest()
    told.update(manifest or {})
    (path / "manifest.json").write_text(json.dumps(told))


_STATES = {
    "a tensor elsewhere": {"tensor": "../../secret", "strides": [1]},
    "a tensor that is no name": {"tensor": [1], "strides": [1]},
    "strides larger than memory": {"tensor": "0", "strides": [2**40]},
    "strides that are negative": {"tensor": "0", "strides": [-1]},
    "an array of objects": {"array": "0", "shape": [1], "type": "|O"},
    "an array larger than memory": {"array": "0", "shape": [2**60], "type": "<f4"},
    "an empty array larger than memory": {"array": "0", "shape": [2**62, 0], "type": "<f4"},
    "an array of records": {"array": "0", "shape": [1], "type": "V99999999999"},
    "a kind that isn't known": {"pickle": "0"},
    "a float that is code": {"float": "__import__('os')"},
    "keys that are lists": {"dict": [[[1], 2]]},
    "pairs that are none": {"dict": [1, 2]},
    "a set of lists": {"set": [{"list": []}]},
    "a set of nothing": {"set": 3},
    "a deque of negative length": {"deque": [], "longest": -1},
    "a mark of two kinds": {"list": [], "tuple": []},
    "nothing in a mark": {},
    "a device that isn't there": {"tensor": "0", "strides": [1], "device": "../x"},
}
for _told, _state in _STATES.items():

    @snapshots(f"a snapshot with {_told}", ("snapshot.read",))
    def snapshot_state(path, place, state=_state):
        rewrite(path, state)


@snapshots("a snapshot nested without end")
def snapshot_nested(path, place):
    rewrite(path, '{"list": [' * 3000 + "]}" * 3000)


@snapshots("a snapshot whose parts lie elsewhere")
def snapshot_elsewhere(path, place):
    rewrite(path, manifest={"sha256": {"../../../outside/secret.txt": "0"}})


@snapshots("a snapshot whose parts aren't in its manifest")
def snapshot_unlisted(path, place):
    (path / "state-0.json").write_text('{"list": []}')
    rewrite(path, manifest={"sha256": {}})


@snapshots("a snapshot with a part that is a pipe")
def snapshot_pipe(path, place):
    (path / "state-0.json").unlink()
    os.mkfifo(path / "state-0.json")


@snapshots("a snapshot with a part that is a link elsewhere")
def snapshot_link(path, place):
    (path / "state-0.json").unlink()
    (path / "state-0.json").symlink_to(place.secret)


@snapshots("a snapshot with a manifest that is a list")
def snapshot_list(path, place):
    (path / "manifest.json").write_text("[]")


@snapshots("a snapshot of a million processes")
def snapshot_processes(path, place):
    rewrite(path, manifest={"processes": 10**9})


# --- Data sets: keras#23252, keras#23047, keras#23016


@attack("keras#23252 a data set's pickle that runs a command", "pickle")
def dataset_command(place):
    return pickle.dumps(Reducer(f"echo ran > {place.target}"))


@attack("keras#23252 a data set's pickle that imports", "pickle")
def dataset_import(place):
    return f"c{MODULE}\npayload\n(tR.".encode()


@attack("keras#23252 a data set's pickle of an array larger than memory", "pickle")
def dataset_bomb(place):
    array = pickle.dumps(np.zeros(4, "f8"))
    return array.replace(b"K\x04\x85", b"\x8a\x05\0\0\0\0\x10\x85")


@attack("keras#23252 a data set's pickle of records", "pickle")
def dataset_records(place):
    return pickle.dumps(np.zeros(2, [("a", "f4"), ("b", "O")]))


@attack("keras#23252 half of a data set's pickle", "pickle")
def dataset_half(place):
    return pickle.dumps({"data": np.zeros(100)})[:60]


@attack("keras#23252 a data set's pickle without end", "pickle")
def dataset_nested(place):
    return b"]" * 100_000 + b"a" * 99_999 + b"."


@attack("keras#23252 a data set's pickle that asks for memory", "pickle")
def dataset_memory(place):
    return b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x."


def npz(header, data=b"", deflate=False):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if deflate else 0) as archive:
        text = header.encode().ljust(118) + b"\n"
        archive.writestr("x.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data)
    return file.getvalue()


_HEADERS = {
    "declares more than it holds": "{'descr': '<f8', 'fortran_order': False, 'shape': (2**40,)}",
    "declares a terabyte": ("{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}"),
    "is code": "__import__('os').system('true')",
    "declares negative sizes": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
    "overflows": ("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 1)}"),
    "has a type larger than memory": (
        "{'descr': '|S9999999999', 'fortran_order': False, 'shape': (1,)}"
    ),
}
for _told, _header in _HEADERS.items():
    attack(f"keras#23016 an .npz whose header {_told}", "npz")(
        lambda place, header=_header: npz(header)
    )


@attack("keras#23047 an .npz with a pickle", "npz")
def npz_pickle(place):
    header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
    return npz(header, pickle.dumps(Reducer(f"echo ran > {place.target}")))


@attack("keras#23016 an .npz that unpacks to 300 MB", "npz")
def npz_bomb(place):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        header = "{'descr': '|u1', 'fortran_order': False, 'shape': (314572800,)}"
        text = header.encode().ljust(118) + b"\n"
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text)
            for _ in range(300):
                member.write(bytes(1 << 20))
    return file.getvalue()


# --- The sandbox itself


@attack("the sandbox's own attack", "self")
def own(place):
    return place


# --- Checkpoints of several processes


parts = attacks_of("orbax")(spoiled)


def of_state(path):
    """The only file of tensors."""
    (file,) = (path / "state").glob("*.safetensors")
    return file


WEIGHTS_ALONE = ("load_weights of OrbaxCheckpoint's",)


@parts("CVE-2024-3660 bytecode in the configuration beside parts", WEIGHTS_ALONE)
def parts_lambda(path, place):
    inner = marker(bytecode(place)[0])
    (path / "config.json").write_text(json.dumps(as_model(layer("Lambda", function=inner))))


@parts("a configuration beside parts that is nested without end", WEIGHTS_ALONE)
def parts_nested(path, place):
    (path / "config.json").write_text("[" * 100_000)


@parts("CVE-2025-32434 parts that are a pickle")
def parts_pickle(path, place):
    of_state(path).write_bytes(pickled(place))


@parts("CVE-2025-32434 parts with a pickle of torch beside them", ("*",))
def parts_metadata(path, place):
    for folder in (path, path / "state"):
        (folder / ".metadata").write_bytes(pickled(place))
        (folder / "__0_0.distcp").write_bytes(pickled(place))


_HEADERS = {
    "are larger than memory": lambda told: dict.fromkeys(told, described([2**40, 2**20], 0, 4)),
    "overflow": lambda told: dict.fromkeys(told, described([2**62, 4], 0, 0)),
    "lie elsewhere": lambda told: dict.fromkeys(told, described([3], 2**50, 2**50 + 12)),
    "are of a type that isn't there": lambda told: dict.fromkeys(told, described([3], 0, 12, "O")),
    "are missing": lambda told: {},
    "are 20 000": lambda told: {f"t{n}": described([0], 0, 0) for n in range(20_000)},
    "tell of places larger than memory": lambda told: {
        **told,
        "__metadata__": {
            "DCP_SHARDING_INFO": json.dumps(
                {name: {"saved_offsets": [2**60, 2**60]} for name in told}
            ),
            "DCP_VERSION": "1.0",
        },
    },
    "tell of places that are no list": lambda told: {
        **told, "__metadata__": {"DCP_SHARDING_INFO": '"../../x"', "DCP_VERSION": "1.0"}
    },
}  # fmt: skip
for _told, _change in _HEADERS.items():

    @parts(f"CVE-2026-0897 parts that {_told}")
    def parts_header(path, place, change=_change):
        content = of_state(path).read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        told = json.loads(content[8 : 8 + length])
        told.pop("__metadata__", None)
        text = json.dumps(change(told)).encode()
        of_state(path).write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


@parts("safetensors: parts with a header longer than the file")
def parts_long(path, place):
    of_state(path).write_bytes(struct.pack("<Q", 2**62) + b"{}")


@parts("CVE-2026-12482 parts that are a link elsewhere")
def parts_link(path, place):
    file = of_state(path)
    (place.outside / "other.safetensors").write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(place.outside / "other.safetensors")


@parts("CVE-2026-12482 a folder of parts that is a link elsewhere")
def parts_folder(path, place):
    shutil.copytree(path / "state", place.outside / "state", dirs_exist_ok=True)
    shutil.rmtree(path / "state")
    (path / "state").symlink_to(place.outside / "state")


@parts("CVE-2026-69112 parts that are a pipe")
def parts_pipe(path, place):
    file = of_state(path)
    file.unlink()
    os.mkfifo(file)


@parts("half of the parts")
def parts_half(path, place):
    file = of_state(path)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
