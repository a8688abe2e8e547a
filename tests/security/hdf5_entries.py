"""HDF5 files as entry points, whole, by themselves and in archives.

The thing is a function that spoils an open file, given the group of one layer.
"""

import io
import json
import zipfile

import h5py
from security.entries import base_model, entry, honest

import torchkeras as keras


def spoiled(path, name, spoil, place):
    """An honest file after ``spoil``, which gets the file and the path of a layer's group."""
    path.write_bytes(honest(name))
    with h5py.File(path, "r+") as file:
        groups = []
        file[place].visititems(lambda _, found: groups.append(found.parent.name))
        spoil(file, max(groups, key=len))
    return path


@entry("load_weights .weights.h5", "hdf5")
def load_weights_file(thing, work):
    path = spoiled(work / "m.weights.h5", ".weights.h5", thing, "layers/dense")
    model = base_model()
    return lambda: model.load_weights(path)


@entry("load_weights .h5", "hdf5")
def load_weights_of_plain_file(thing, work):
    path = spoiled(work / "m.h5", ".weights.h5", thing, "layers/dense")
    model = base_model()
    return lambda: model.load_weights(path)


@entry("load_weights by name", "hdf5")
def load_weights_by_name(thing, work):
    path = spoiled(work / "m.weights.h5", ".weights.h5", thing, "layers/dense")
    model = base_model()
    return lambda: model.load_weights(path, by_name=True)


@entry("load_weights with skip_mismatch", "hdf5")
def load_weights_skipping(thing, work):
    path = spoiled(work / "m.weights.h5", ".weights.h5", thing, "layers/dense")
    model = base_model()
    return lambda: model.load_weights(path, skip_mismatch=True)


@entry("load_weights .hdf5 of Keras 2", "hdf5")
def load_older_weights(thing, work):
    path = spoiled(work / "m.hdf5", ".h5", thing, "model_weights/a")
    model = base_model()
    return lambda: model.load_weights(path)


@entry("load_weights .h5 of Keras 2 by name", "hdf5")
def load_older_weights_by_name(thing, work):
    path = spoiled(work / "m.h5", ".h5", thing, "model_weights/a")
    model = base_model()
    return lambda: model.load_weights(path, by_name=True)


@entry("load_model .h5", "hdf5")
def load_spoiled_whole(thing, work):
    path = spoiled(work / "m.h5", ".h5", thing, "model_weights/a")
    return lambda: keras.models.load_model(path)


@entry("load_model .h5, the optimizer's", "hdf5")
def load_spoiled_optimizer(thing, work):
    path = spoiled(work / "m.h5", ".h5", thing, "optimizer_weights")
    return lambda: keras.models.load_model(path)


def _archive_with(thing, work, compression):
    weights = spoiled(work / "w.weights.h5", ".weights.h5", thing, "layers/dense")
    path = work / "m.keras"
    with (
        zipfile.ZipFile(io.BytesIO(honest(".keras"))) as old,
        zipfile.ZipFile(path, "w", compression) as new,
    ):
        for info in old.infolist():
            is_weights = info.filename == "model.weights.h5"
            content = weights.read_bytes() if is_weights else old.read(info)
            new.writestr(info.filename, content)
    weights.unlink()
    return path


@entry("load_model .keras", "hdf5")
def load_archive_of_spoiled(thing, work):
    path = _archive_with(thing, work, zipfile.ZIP_STORED)
    return lambda: keras.models.load_model(path)


@entry("load_model deflated .keras", "hdf5")
def load_deflated_archive_of_spoiled(thing, work):
    path = _archive_with(thing, work, zipfile.ZIP_DEFLATED)
    return lambda: keras.models.load_model(path)


@entry("load_weights .keras", "hdf5")
def load_weights_of_archive_of_spoiled(thing, work):
    path = _archive_with(thing, work, zipfile.ZIP_STORED)
    model = base_model()
    return lambda: model.load_weights(path)


@entry("load_model folder", "hdf5")
def load_folder_of_spoiled(thing, work):
    with zipfile.ZipFile(_archive_with(thing, work, zipfile.ZIP_STORED)) as archive:
        archive.extractall(work / "m")
    return lambda: keras.models.load_model(work / "m")


@entry("load_weights .weights.json", "hdf5")
def load_shards_of_spoiled(thing, work):
    model = base_model()
    spoiled(work / "m_00000.weights.h5", ".weights.h5", thing, "layers/dense")
    places = ["/layers/dense/vars", "/layers/dense_1/vars"]
    index = {"metadata": {}, "weight_map": {place: ["m_00000.weights.h5"] for place in places}}
    (work / "m.weights.json").write_text(json.dumps(index))
    return lambda: model.load_weights(work / "m.weights.json")


# --- Looking into them


@entry("report .weights.h5", "hdf5")
def report_weights(thing, work):
    path = spoiled(work / "m.weights.h5", ".weights.h5", thing, "layers/dense")
    model = base_model()
    return lambda: keras.saving.report(path, model).to_json()


@entry("report .h5", "hdf5")
def report_whole(thing, work):
    path = spoiled(work / "m.h5", ".h5", thing, "model_weights/a")
    return lambda: keras.saving.report(path).to_json()


@entry("KerasFileEditor", "hdf5")
def edit_weights(thing, work):
    path = spoiled(work / "m.weights.h5", ".weights.h5", thing, "layers/dense")
    return lambda: keras.saving.KerasFileEditor(path).save(work / "new.weights.h5")
