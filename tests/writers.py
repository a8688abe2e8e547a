"""Everything that writes files, each way in the same form, for the tests of interrupted writing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import torchkeras as keras
from torchkeras.cli import port
from torchkeras.saving import (
    KerasFileEditor,
    checkpoint_state,
    distributed,
    files,
    migration,
    snapshot,
)


class Way(NamedTuple):
    """A way to write one number, and to read it.

    Attributes:
        name: Of the file or folder.
        write: Writes a number to a path.
        read: Gives the number that a path holds, once it has been seen that all of it is whole.
    """

    name: str
    write: Callable[[float, Path], Any]
    read: Callable[[Path], float]


def model_of(value):
    """A model whose weights are all ``value``."""
    model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(50), keras.layers.Dense(3)])
    model.set_weights([np.full(w.shape, value, "float32") for w in model.get_weights()])
    return model


def value_of(model):
    (value,) = {float(v) for w in model.get_weights() for v in np.unique(w)}
    return value


def value_of_weights(path):
    """The value that all weights of a sound file have."""
    model = model_of(0)
    model.load_weights(path)
    return value_of(model)


def value_of_model(path):
    return value_of(keras.saving.load_model(path))


def _save(value, path):
    model_of(value).save(path)


def _save_weights(value, path):
    model_of(value).save_weights(path)


def _save_shards(value, path):
    model_of(value).save_weights(path, max_shard_size=8001 / 1024**3)  # a file for each kernel


def _save_folder(value, path):
    model_of(value).save(path, zipped=False)


def _edit(value, path):
    source = path.with_name(f"source-{value}.weights.h5")
    if not source.exists():
        model_of(value).save_weights(source)
    KerasFileEditor(source).save(path)


def _migrate(value, path):
    source = path.with_name(f"source-{value}.h5")
    if not source.exists():
        model_of(value).save(source)
    migration.migrate(source, path, overwrite=True)


def _eject(value, path):
    keras.export.eject(model_of(value), path, inputs=np.ones((1, 40), "float32"))


def _value_of_ejected(path):
    from safetensors.torch import load_file

    weights = load_file(path / "model.safetensors")
    (value,) = {float(v) for w in weights.values() for v in np.unique(w)}
    found = load_file(path / "predictions.safetensors")["output:0"]
    hidden = 40 * value + value
    np.testing.assert_allclose(found.numpy(), 50 * hidden * value + value)
    assert compile((path / "model.py").read_text(), "model.py", "exec")
    assert (path / "README.md").read_text().endswith("\n")
    return value


def _back_up(value, path):
    snapshot.write(path, {"value": value, "array": np.full(500, value)})


def _value_of_backup(path):
    state = snapshot.read(path)
    assert (state["array"] == state["value"]).all()
    return state["value"]


def _save_together(value, path):
    model = model_of(value)
    distributed.save(path, distributed.values(model, True), distributed.config(model), None)


def _save_image(value, path):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 40, 3))
    pixels[0, 0] = value
    keras.utils.save_img(path, pixels, scale=False)


def _value_of_image(path):
    pixels = keras.utils.img_to_array(keras.utils.load_img(path))
    assert pixels.shape == (40, 40, 3)
    return float(pixels[0, 0, 0])


def _draw(value, path):
    layer = keras.layers.Dense(2, name=f"layer_{value}")
    model = keras.Sequential([keras.Input((4,)), layer])
    keras.utils.plot_model(model, path, show_layer_names=True)


def _value_of_drawing(path):
    text = path.read_text()
    assert text.endswith("}\n")
    return int(text.partition("layer_")[2][0])


def _write_several(value, path):
    with files.replacing_within(path) as folder:
        for name in "ab":
            (folder / name).write_text(f"{value}" * 100)


def _value_of_several(path):
    (text,) = {(path / name).read_text() for name in "ab"}
    assert len(text) == 100
    return int(text[0])


def _port(value, path):
    port._write(path, f"value = {value}  # {'ported ' * 300}\n".encode())


def _value_of_script(path):
    text = path.read_text()
    assert text.endswith("ported \n")
    return float(text.split()[2])


def _note(value, path):
    checkpoint_state.write_state(str(path.parent), f"cp-{value:g}", [f"cp-{value:g}"])


def _value_of_note(path):
    state = checkpoint_state.get_checkpoint_state(path.parent)
    (kept,) = state.all_model_checkpoint_paths
    assert kept == state.model_checkpoint_path
    return float(kept.rpartition("-")[2])


WAYS = (
    Way("m.keras", _save, value_of_model),
    Way("m.h5", _save, value_of_model),
    Way("folder", _save_folder, value_of_model),
    Way("m.weights.h5", _save_weights, value_of_weights),
    Way("m.safetensors", _save_weights, value_of_weights),
    Way("m.weights.json", _save_shards, value_of_weights),
    Way("m.ckpt", _save_weights, value_of_weights),
    Way("edited.weights.h5", _edit, value_of_weights),
    Way("migrated.keras", _migrate, value_of_model),
    Way("ejected", _eject, _value_of_ejected),
    Way("backup", _back_up, _value_of_backup),
    Way("together", _save_together, value_of_model),
    Way("picture.png", _save_image, _value_of_image),
    Way("drawing.dot", _draw, _value_of_drawing),
    Way("several", _write_several, _value_of_several),
    Way("script.py", _port, _value_of_script),
    Way("checkpoint", _note, _value_of_note),
)
