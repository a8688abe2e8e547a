"""HDF5 files as entry points, whole, by themselves and in archives.

The thing is a function that spoils an open file, given the group of one layer.
"""

import io
import json
import zipfile

import h5py
from security import honest
from security.entries import (
    by_name,
    edit,
    inspect,
    load_model,
    load_weights,
    report,
    report_with,
    skipping,
    table,
)
from security.large_weights import of_large


def spoiled(path, name, spoil, place):
    """An honest file after ``spoil``, which gets the file and the path of a layer's group."""
    path.write_bytes(honest.content(name))
    with h5py.File(path, "r+") as file:
        groups = []
        file[place].visititems(lambda _, found: groups.append(found.parent.name))
        spoil(file, max(groups, key=len))
    return path


def file(name, of, place):
    """Makes the file ``name`` from the honest one of the suffix ``of``."""
    return lambda thing, work: spoiled(work / name, of, thing, place)


def archive(thing, work, compression=zipfile.ZIP_STORED):
    weights = spoiled(work / "w.weights.h5", ".weights.h5", thing, "layers/dense")
    path = work / "m.keras"
    with (
        zipfile.ZipFile(io.BytesIO(honest.content(".keras"))) as old,
        zipfile.ZipFile(path, "w", compression) as new,
    ):
        for info in old.infolist():
            is_weights = info.filename == "model.weights.h5"
            content = weights.read_bytes() if is_weights else old.read(info)
            new.writestr(info.filename, content)
    weights.unlink()
    return path


def deflated(thing, work):
    return archive(thing, work, zipfile.ZIP_DEFLATED)


def folder(thing, work):
    with zipfile.ZipFile(archive(thing, work)) as written:
        written.extractall(work / "m")
    return work / "m"


def shards(thing, work):
    spoiled(work / "m_00000.weights.h5", ".weights.h5", thing, "layers/dense")
    places = ["/layers/dense/vars", "/layers/dense_1/vars"]
    index = {"metadata": {}, "weight_map": {place: ["m_00000.weights.h5"] for place in places}}
    (work / "m.weights.json").write_text(json.dumps(index))
    return work / "m.weights.json"


table(file("m.weights.h5", ".weights.h5", "layers/dense"), "hdf5", {
    "load_weights .weights.h5": load_weights,
    "load_weights by name": by_name,
    "load_weights with skip_mismatch": skipping,
    "report .weights.h5": report_with,
    "KerasFileEditor": edit,
})  # fmt: skip
table(file("m.h5", ".weights.h5", "layers/dense"), "hdf5", {
    "load_weights .h5": of_large(load_weights),
})  # fmt: skip
table(file("m.hdf5", ".h5", "model_weights/a"), "hdf5", {
    "load_weights .hdf5 of Keras 2": of_large(load_weights),
})  # fmt: skip
table(file("m.h5", ".h5", "model_weights/a"), "hdf5", {
    "load_weights .h5 of Keras 2 by name": by_name,
    "load_model .h5": load_model,
    "report .h5": report,
    "inspect .h5": inspect,
})  # fmt: skip
table(file("m.h5", ".h5", "optimizer_weights"), "hdf5", {
    "load_model .h5, the optimizer's": load_model,
})  # fmt: skip
table(archive, "hdf5", {
    "load_model .keras": of_large(load_model),
    "load_weights .keras": of_large(load_weights),
})  # fmt: skip
table(deflated, "hdf5", {"load_model deflated .keras": load_model})
table(folder, "hdf5", {"load_model folder": load_model})
table(shards, "hdf5", {"load_weights .weights.json": load_weights})
