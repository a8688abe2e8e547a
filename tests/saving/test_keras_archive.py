"""``.keras`` archives go both ways with real Keras, and hostile ones are refused."""

import io
import json
import marshal
import os
import pickle
import struct
import sys
import zipfile

import h5py
import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.core import serialization
from torchkeras.saving import keras_archive


def outputs(model, x):
    with torch.no_grad():
        return model(torch.as_tensor(x), training=False).numpy()


def rewritten(path, target, **members):
    """A copy of an archive with other contents of some members."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            key = name.replace(".", "_")
            new.writestr(name, members.pop(key) if key in members else old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return target


def with_config(path, target, change):
    """A copy of an archive whose configuration ``change`` has altered in place."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    change(config)
    return rewritten(path, target, config_json=json.dumps(config))


@pytest.fixture
def saved(tmp_path):
    model = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(2)])
    model.save(tmp_path / "good.keras")
    return tmp_path / "good.keras"


# Both ways with Keras.


@pytest.mark.parametrize("zipped", [True, False])
def test_model_comes_back(pair, tmp_path, zipped):
    ours, _, x = pair
    ours.save(tmp_path / "m.keras", zipped=zipped)
    assert (tmp_path / "m.keras").is_dir() is not zipped
    back = torchkeras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(outputs(back, x), outputs(ours, x))
    assert [layer.name for layer in back.layers] == [layer.name for layer in ours.layers]


def test_keras_opens_what_we_write(pair, tmp_path):
    ours, _, x = pair
    ours.save(tmp_path / "m.keras")
    theirs = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(outputs(theirs, x), outputs(ours, x), rtol=1e-5, atol=1e-6)


def test_we_open_what_keras_writes(pair, tmp_path):
    _, theirs, x = pair
    theirs.save(tmp_path / "m.keras")
    ours = torchkeras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(outputs(ours, x), outputs(theirs, x), rtol=1e-5, atol=1e-6)


def test_members_are_those_of_keras(pair, tmp_path):
    ours, theirs, _ = pair
    ours.save(tmp_path / "a.keras")
    theirs.save(tmp_path / "b.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as a, zipfile.ZipFile(tmp_path / "b.keras") as b:
        assert a.namelist() == b.namelist()
        assert all(info.compress_type == zipfile.ZIP_STORED for info in a.infolist())
        names = []
        for archive in (a, b):
            with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
                found = []
                file.visititems(
                    lambda name, item, found=found: found.append(
                        (name, getattr(item, "shape", None), item.attrs.get("name"))
                    )
                )
                names.append([entry for entry in found if "optimizer" not in entry[0]])
        assert [entry[:2] for entry in names[0]] == [entry[:2] for entry in names[1]]


def compiled(library):
    x = library.Input((4,))
    model = library.Model(x, library.layers.Dense(2, name="d")(x))
    schedule = library.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    model.compile(library.optimizers.Adam(schedule), loss="mse", metrics=["mae"])
    return model


@pytest.mark.parametrize(
    "writer, reader", [(torchkeras, torchkeras), (torchkeras, keras), (keras, torchkeras)]
)
def test_training_goes_on_where_it_was(tmp_path, writer, reader):
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 4), dtype="float32"), rng.random((8, 2), dtype="float32")
    model = compiled(writer)
    model.set_weights([np.full(w.shape, 0.1, "float32") for w in model.weights])
    for _ in range(3):
        model.train_on_batch(x, y)
    model.save(tmp_path / "m.keras")
    back = reader.saving.load_model(tmp_path / "m.keras")
    assert int(back.optimizer.iterations) == 3
    assert type(back.optimizer._learning_rate).__name__ == "ExponentialDecay"
    for _ in range(2):
        model.train_on_batch(x, y)
        back.train_on_batch(x, y)
    for a, b in zip(model.get_weights(), back.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_compile_false_leaves_the_model_uncompiled(tmp_path):
    compiled(torchkeras).save(tmp_path / "m.keras")
    assert not torchkeras.saving.load_model(tmp_path / "m.keras", compile=False).compiled
    assert torchkeras.saving.load_model(tmp_path / "m.keras").compiled


def test_a_user_s_assets_are_kept(tmp_path):
    @torchkeras.saving.register_keras_serializable("assets")
    class Remembering(torchkeras.layers.Layer):
        text = ""

        def call(self, x):
            return x

        def save_assets(self, folder):
            with open(os.path.join(folder, "text.txt"), "w") as file:
                file.write(self.text)

        def load_assets(self, folder):
            with open(os.path.join(folder, "text.txt")) as file:
                self.text = file.read()

    layer = Remembering()
    layer.text = "hello"
    model = torchkeras.Sequential([torchkeras.Input((2,)), layer])
    for zipped in (True, False):
        model.save(tmp_path / f"{zipped}.keras", zipped=zipped)
        back = torchkeras.saving.load_model(tmp_path / f"{zipped}.keras")
        assert back.layers[0].text == "hello"
    with zipfile.ZipFile(tmp_path / "True.keras") as archive:
        assert "assets/layers/remembering/text.txt" in archive.namelist()


def test_saving_fails_without_a_trace(tmp_path):
    class Odd(torchkeras.layers.Layer):
        def call(self, x):
            return x

        def get_config(self):
            return {**super().get_config(), "odd": {1, 2}}

    model = torchkeras.Sequential([torchkeras.Input((2,)), Odd()])
    (tmp_path / "m.keras").write_bytes(b"the last good one")
    with pytest.raises(TypeError, match="its configuration can.t be written"):
        model.save(tmp_path / "m.keras")
    assert os.listdir(tmp_path) == ["m.keras"]
    assert (tmp_path / "m.keras").read_bytes() == b"the last good one"


def test_folder_with_other_things_is_left_alone(saved, tmp_path):
    model = torchkeras.saving.load_model(saved)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.tex").touch()
    with pytest.raises(FileExistsError, match="holds other things"):
        model.save(tmp_path / "work", zipped=False)
    assert (tmp_path / "work" / "thesis.tex").exists()


# Hostile archives.


@pytest.fixture
def nothing_runs(monkeypatch):
    """Spies: no bytecode, no pickle, no import by the data."""

    def refuse(*args, **kwargs):
        raise AssertionError("code was about to be loaded")

    for module, name in ((marshal, "loads"), (pickle, "loads"), (pickle, "load"), (torch, "load")):
        monkeypatch.setattr(module, name, refuse)
    before = set(sys.modules)
    yield
    assert not {name for name in set(sys.modules) - before if "torchkeras" not in name}


@pytest.mark.usefixtures("nothing_runs")
def test_lambda_bytecode_is_refused(saved, tmp_path):
    code, _, _ = serialization.dump_code(lambda x: x)
    inner = {"code": code, "defaults": None, "closure": None}
    function = {"class_name": "__lambda__", "config": inner}

    def change(config):
        config["config"]["layers"][1] = {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "f", "function": function},
        }

    path = with_config(saved, tmp_path / "bad.keras", change)
    with pytest.raises(ValueError, match="safe_mode=False"):
        torchkeras.saving.load_model(path)
    with pytest.raises(ValueError, match="safe_mode=False"):
        torchkeras.saving.load_model(path, compile=False)


@pytest.mark.usefixtures("nothing_runs")
def test_lambda_bytecode_is_refused_at_every_entry():
    code, _, _ = serialization.dump_code(lambda x: x)
    inner = {"code": code, "defaults": None, "closure": None}
    function = {"class_name": "__lambda__", "config": inner}
    config = {"name": "f", "function": function}
    whole = {"module": "keras.layers", "class_name": "Lambda", "config": config}
    older = {"name": "f", "function": [code, None, None], "function_type": "lambda"}
    for read in (
        lambda: torchkeras.layers.Lambda.from_config(config),
        lambda: torchkeras.layers.Lambda.from_config(older),
        lambda: torchkeras.layers.deserialize(whole),
        lambda: torchkeras.saving.deserialize_keras_object(whole),
        lambda: torchkeras.Sequential.from_config({"name": "s", "layers": [whole]}),
        lambda: torchkeras.models.model_from_json(json.dumps(whole)),
        lambda: torchkeras.activations.get(function),
    ):
        with pytest.raises((ValueError, TypeError), match="safe_mode=False|Could not locate"):
            read()


@pytest.mark.usefixtures("written_elsewhere")
def test_lambda_comes_back_when_the_caller_trusts_the_file(tmp_path):
    layer = torchkeras.layers.Lambda(lambda x: x * 3)
    with pytest.warns(UserWarning, match="bytecode of this Python version"):
        torchkeras.Sequential([torchkeras.Input((2,)), layer]).save(tmp_path / "m.keras")
    x = np.ones((1, 2), "float32")
    back = torchkeras.saving.load_model(tmp_path / "m.keras", safe_mode=False)
    np.testing.assert_array_equal(outputs(back, x), 3 * x)
    theirs = keras.saving.load_model(tmp_path / "m.keras", safe_mode=False)
    np.testing.assert_array_equal(outputs(theirs, x), 3 * x)
    with pytest.raises(ValueError, match="safe_mode=False"):
        torchkeras.saving.load_model(tmp_path / "m.keras")


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("module, class_name, inner",
    [
        ("os", "system", "touch pwned"),
        ("builtins", "eval", {"source": "1"}),
        ("keras.src.utils.file_utils", "get_file", {"origin": "http://localhost/"}),
        ("keras.utils", "get_file", {"origin": "http://localhost/"}),
        ("torch", "load", {"f": "x"}),
        ("keras.layers", "TFSMLayer", {"filepath": "/etc"}),
        ("keras.callbacks", "CSVLogger", {"filename": "x"}),
        ("numpy.testing._private.utils", "runstring", {"astr": "1", "dict": {}}),
    ],
)  # fmt: skip
def test_data_never_name_code(saved, tmp_path, module, class_name, inner):
    entry = {"module": module, "class_name": class_name, "config": inner, "registered_name": None}
    places = {
        "layer": lambda config: config["config"]["layers"].__setitem__(1, entry),
        "activation": lambda config: config["config"]["layers"][1]["config"].update(
            activation=entry
        ),
        "initializer": lambda config: config["config"]["layers"][1]["config"].update(
            kernel_initializer=entry
        ),
        "root": lambda config: config.update(entry),
    }
    for change in places.values():
        path = with_config(saved, tmp_path / "bad.keras", change)
        with pytest.raises((TypeError, ValueError)):
            torchkeras.saving.load_model(path)
    assert sorted(os.listdir(tmp_path)) == ["bad.keras", "good.keras"]


def test_names_that_leave_the_archive_are_refused(saved, tmp_path):
    for name in ("../outside", "assets/../../outside", "/tmp/outside", "assets/\\..\\x"):
        path = rewritten(saved, tmp_path / "bad.keras", **{name: b"x"})
        with pytest.raises(ValueError, match="relative name within the archive"):
            torchkeras.saving.load_model(path)
    assert not (tmp_path.parent / "outside").exists()


def test_bombs_are_refused_before_they_are_unpacked(saved, tmp_path):
    with zipfile.ZipFile(saved) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(tmp_path / "bad.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        members["config.json"] = b" " * (200 * 2**20)
        for name, content in members.items():
            archive.writestr(name, content)
    assert (tmp_path / "bad.keras").stat().st_size < 2**20
    with pytest.raises(ValueError, match="made to exhaust memory"):
        torchkeras.saving.load_model(tmp_path / "bad.keras")


def test_members_may_not_claim_more_than_is_there(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    start = content.rindex(b"PK\x01\x02")  # the last entry of the directory: the weights
    struct.pack_into("<I", content, start + 24, 2**31)
    (tmp_path / "bad.keras").write_bytes(content)
    with pytest.raises(ValueError, match="larger than it may be"):
        torchkeras.saving.load_model(tmp_path / "bad.keras")


def test_name_given_twice_is_refused(saved, tmp_path):
    path = rewritten(saved, tmp_path / "bad.keras")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ValueError, match=r"'config\.json' twice"):
        torchkeras.saving.load_model(path)


def test_damage_is_noticed(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    position = content.index(b"\x89HDF") + 2048
    content[position] ^= 0xFF
    (tmp_path / "bad.keras").write_bytes(content)
    with pytest.raises(ValueError, match="intact data"):
        torchkeras.saving.load_model(tmp_path / "bad.keras")


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"class_name": 3}', "[" * 100_000, "\xff"])
def test_configurations_that_are_none_are_refused(saved, tmp_path, text):
    path = rewritten(saved, tmp_path / "bad.keras", config_json=text.encode("latin1"))
    with pytest.raises(ValueError, match="configuration is"):
        torchkeras.saving.load_model(path)


def test_weights_that_point_elsewhere_are_refused(saved, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.arange(6, dtype="float32").tobytes())
    with h5py.File(tmp_path / "w.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group.create_dataset("0", (3, 2), "float32", external=[(str(secret), 0, 24)])
        group["1"] = np.zeros(2, "float32")
    path = rewritten(
        saved, tmp_path / "bad.keras", model_weights_h5=(tmp_path / "w.h5").read_bytes()
    )
    with pytest.raises(ValueError, match="data kept in other files"):
        torchkeras.saving.load_model(path)


def test_weights_of_other_shapes_are_named(saved, tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group["0"] = np.zeros((3, 5), "float32")
        group["1"] = np.zeros(5, "float32")
    path = rewritten(
        saved, tmp_path / "bad.keras", model_weights_h5=(tmp_path / "w.h5").read_bytes()
    )
    with pytest.raises(ValueError, match=r"1 objects could not.*'layers/dense'.*\(3, 5\)"):
        torchkeras.saving.load_model(path)


def test_incomplete_archives_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        archive.writestr("metadata.json", "{}")
    with pytest.raises(ValueError, match=r"with a member config\.json"):
        torchkeras.saving.load_model(tmp_path / "bad.keras")
    (tmp_path / "none.keras").write_bytes(bytes(range(40)))
    opened = keras_archive.Archive(tmp_path / "none.keras")
    with pytest.raises(ValueError, match="It is no zip file"), opened:
        pass
