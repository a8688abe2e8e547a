"""Files that are no model's: every reader says what they are and what to do."""

import gzip
import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.saving import load_model, recognition, report
from torchkeras.saving.files import DamagedFileError

SUFFIXES = (".keras", ".h5", ".weights.h5", ".safetensors")
PAGE = b'<!DOCTYPE html>\n<html lang="en"><head><title>Sign in</title></head></html>\n'
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def zipped(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return held.getvalue()


def tarred():
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.keras"))
    return held.getvalue()


def saved_by(save, *values):
    held = io.BytesIO()
    save(held, *values)
    return held.getvalue()


CONTENTS = {
    b"": "It is empty: what wrote or copied it was interrupted",
    PAGE: "It is a web page",
    b'\n <?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>': "It is a web page",
    POINTER: "a Git LFS pointer to a file of 12345 bytes: run git lfs pull",
    b'{"message": "Not Found"}': r"""It is text: '{"message": "Not Found"}'""",
    gzip.compress(b"x" * 100): "compressed by gzip: unpack it first",
    b"BZh91AY&SY": "compressed by bzip2",
    tarred(): "a tar archive: unpack it first",
    saved_by(lambda held, value: torch.save(value, held), {"a": torch.ones(2)}): r"torch\.load\(",
    saved_by(np.savez, np.ones(2)): "It holds NumPy's arrays",
    saved_by(np.save, np.ones(2)): "It holds NumPy's arrays",
    pickle.dumps([1, 2]): "It is a pickle, which isn't read",
    b"\x1c\0\0\0TFL3" + bytes(200): "a TensorFlow Lite program",
    b"\x89PNG\r\n\x1a\n" + bytes(100): "It is a PNG image: check the path",
    b"\xff\xd8\xff\xe0" + bytes(100): "a JPEG image",
    b"%PDF-1.7": "a PDF document",
    b'{"metadata": {}, "weight_map": {}}': "build the model and call load_weights",
    zipped(readme="x"): "a zip archive of other things: 'readme'",
    zipped(model__config_json="{}"): "lies in its folder 'model': unpack it",
    b"\x89HDF\r\n\x1a\n": "has been cut off|is damaged",
    b"PK\x03\x04" + bytes(100): "begins as a .keras file and has been cut off",
}  # fmt: skip


@pytest.fixture(scope="module")
def model():
    layers = [torchkeras.Input((4,)), torchkeras.layers.Dense(2, name="head")]
    return torchkeras.Sequential(layers)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", CONTENTS, ids=[words[:40] for words in CONTENTS.values()])
def test_every_reader_says_what_a_file_is(content, suffix, model, tmp_path):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    for read in (load_model, report, model.load_weights):
        with pytest.raises(DamagedFileError, match=CONTENTS[content]) as raised:
            read(path)
        assert isinstance(raised.value, OSError)  # as for HDF5 files in Keras
        assert str(path) in str(raised.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_was_cut_off_is_told(suffix, model, tmp_path):
    path = tmp_path / f"model{suffix}"
    if suffix in (".keras", ".h5"):
        model.save(path)
    else:
        model.save_weights(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    words = "Get it anew" if suffix == ".safetensors" else "cut off.* Get it anew"
    for read in (load_model, report, model.load_weights):
        with pytest.raises(DamagedFileError, match=words):
            read(path)


@pytest.mark.parametrize(
    "name, words",
    [
        ("model.onnx", "onnxruntime runs"),
        ("model.tflite", "TensorFlow Lite"),
        ("frozen.pb", "a graph of TensorFlow, which is never run"),
        ("saved_model.pb", "Give the folder that it is in"),
        ("weights.pt", "torch.load"),
        ("cp-1.ckpt.data-00000-of-00001", "part of a TensorFlow checkpoint"),
        ("model.yaml", "a configuration without weights"),
    ],
)
def test_names_tell_what_bytes_dont(name, words, tmp_path):
    (tmp_path / name).write_bytes(b"\x08\x0a\x12\x07\xff\xfe")
    assert words in recognition.told(tmp_path / name)
    with pytest.raises(DamagedFileError, match=words):
        load_model(tmp_path / name)


def test_configurations_and_other_texts_are_told_apart(tmp_path):
    (tmp_path / "m.keras").write_text(json.dumps({"class_name": "Sequential"}))
    assert "model_from_json" in recognition.told(tmp_path / "m.keras")
    (tmp_path / "m.keras").write_bytes("ü".encode() * 300)  # the last letter read is cut in two
    assert recognition.told(tmp_path / "m.keras").startswith("It is text: 'üü")
    (tmp_path / "m.keras").write_bytes(b"\x1b[2J")
    assert not recognition.told(tmp_path / "m.keras")
    assert not recognition.told(tmp_path / "nothing")


@pytest.mark.parametrize(
    "names, words",
    [
        ([], "The folder is empty"),
        (["a.keras", "b.weights.h5"], "'a.keras', 'b.weights.h5': give the path of one"),
        (["cp.index", "cp.data-00000-of-00001", "checkpoint"], "load_weights('"),
        (["config.json", "metadata.json"], "no model.weights.h5: it is incomplete"),
        (["model.json", "group1-shard1of1.bin"], "TensorFlow.js"),
        (["readme.txt"], "It holds 'readme.txt'; a model's folder holds"),
    ],
)
def test_folders_are_told(names, words, model, tmp_path):
    for name in names:
        (tmp_path / name).write_text("{}")
    assert words in recognition.told(tmp_path)
    if "config.json" not in names:
        with pytest.raises(DamagedFileError):
            load_model(tmp_path)
    with pytest.raises(DamagedFileError):
        model.load_weights(tmp_path)


def test_a_missing_file_is_told_with_what_is_there_instead(model, tmp_path):
    model.save_weights(tmp_path / "model.weights.h5")
    for read in (load_model, report):
        with pytest.raises(FileNotFoundError, match=r"There is 'model\.weights\.h5'") as raised:
            read(tmp_path / "model.keras")
        assert isinstance(raised.value, ValueError)  # as in Keras 3
    with pytest.raises(FileNotFoundError, match="There is no folder '.*runs', either"):
        model.load_weights(tmp_path / "runs" / "model.keras")
    with pytest.raises(FileNotFoundError, match="Check the path"):
        load_model(tmp_path / "other.h5")


def test_weights_alone_are_told_from_models(model, tmp_path):
    for name in ("m.weights.h5", "m.h5", "m.safetensors", "m.ckpt"):
        model.save_weights(tmp_path / name)
        with pytest.raises(ValueError, match="build the model and call load_weights"):
            load_model(tmp_path / name)


def test_safetensors_under_another_name_are_told(model, tmp_path):
    model.save_weights(tmp_path / "m.safetensors")
    (tmp_path / "m.safetensors").rename(tmp_path / "m.h5")
    with pytest.raises(DamagedFileError, match=r"end its name in \.safetensors"):
        model.load_weights(tmp_path / "m.h5")


def test_an_archive_around_a_model_is_told(model, tmp_path):
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.write(tmp_path / "m.keras", "m.keras")
    with pytest.raises(DamagedFileError, match="an archive around 'm.keras': unpack it"):
        load_model(tmp_path / "m.zip")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        archive.extract("config.json", tmp_path / "part")
    with pytest.raises(DamagedFileError, match="no model.weights.h5: it is incomplete"):
        load_model(tmp_path / "part")
    assert report(tmp_path / "part").problems == ["it has no model.weights.h5: it is incomplete"]


def test_what_does_not_fit_is_named_on_both_sides(model, tmp_path):
    layers = [torchkeras.Input((4,)), torchkeras.layers.Dense(5, name="classes")]
    other = torchkeras.Sequential(layers)
    other.save_weights(tmp_path / "m.weights.h5")
    words = r"Dense \"head\" at 'layers/dense', which the file calls 'classes'.*\(4, 5\).*\(4, 2\)"
    with pytest.raises(ValueError, match=f"{words}.* skip_mismatch=True leaves"):
        model.load_weights(tmp_path / "m.weights.h5")
    other.save(tmp_path / "m.h5")
    with pytest.raises(ValueError, match=r"Dense \"head\".*\(4, 2\).*\(4, 5\).*by_name=True"):
        model.load_weights(tmp_path / "m.h5")


def test_a_file_without_anything_of_the_model_says_what_it_has(model, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["images"] = np.ones(3)
    with pytest.raises(ValueError, match=r"It has images\."):
        model.load_weights(tmp_path / "data.h5")
    with pytest.raises(DamagedFileError, match="No model config found in the file"):
        load_model(tmp_path / "data.h5")


def rewritten(path, change, release="3.12.0"):
    """The archive at ``path`` with another configuration and release."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config["config"]["layers"][1])
    members["config.json"] = json.dumps(config)
    members["metadata.json"] = json.dumps({"keras_version": release, "date_saved": "2031"})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "change, kind, words",
    [
        (lambda layer: layer.update(class_name="Qdense"), TypeError, r"Could not locate class"),
        (
            lambda layer: layer.update(registered_name="own>Qdense", module="own"),
            TypeError,
            r"custom_objects=\{'own>Qdense': \.\.\.\}",
        ),
        (
            lambda layer: layer["config"].update(activation="tanhlike_of_mine"),
            ValueError,
            r"custom_objects=\{'tanhlike_of_mine': \.\.\.\}",
        ),
    ],
)
def test_what_is_not_known_is_named_with_what_to_do(change, kind, words, model, tmp_path):
    model.save(tmp_path / "m.keras")
    rewritten(tmp_path / "m.keras", change)
    with pytest.raises(kind, match=words) as raised:
        load_model(tmp_path / "m.keras")
    assert "a newer one may read it" not in str(raised.value)
    rewritten(tmp_path / "m.keras", lambda layer: None, "3.99.0")
    newer = "written by Keras 3.99.0, and this release of torchkeras knows those up to 3"
    with pytest.raises(kind, match=words) as raised:
        load_model(tmp_path / "m.keras")
    assert newer in str(raised.value)
    assert newer in report(tmp_path / "m.keras").problems[0]


@pytest.mark.parametrize("release", [None, "2.15.0", "3.15.1", "newest", 7])
def test_only_newer_releases_are_told_of(release):
    with pytest.raises(ValueError, match="^x$"), recognition.telling_release(release, "3.15.1"):
        raise ValueError("x")


@pytest.mark.parametrize("target", ["gone.keras", "link.keras"])
def test_links_that_lead_nowhere_are_told(tmp_path, target):
    (tmp_path / "link.keras").symlink_to(target)
    with pytest.raises(FileNotFoundError, match=rf"It is a link to '{target}', which isn't there"):
        load_model(tmp_path / "link.keras")
