"""Names and texts as what is handed in: the same checks wherever they are shown or written."""

import contextlib
import csv
import io
import json
import re
import zipfile

import h5py
import numpy as np
import pydot
from security.commands import CONTROLS, check_sources, command, unformatted
from security.entries import entry
from security.honest import base_model
from security.sandbox import MODULE

import torchkeras as keras


def prepare(folder):
    """What texts are written with, on an honest one."""
    board(named("a"), folder / "board")
    keras.utils.plot_model(named("a"), folder / "a.dot")


def named(text):
    """A model whose parts are all called so."""
    words = keras.Input((3,), name=f"{text}0")
    x = keras.layers.Embedding(4, 2, name=f"{text}1")(words)
    x = keras.layers.Dense(2, activation="relu", name=f"{text}2")(keras.layers.Flatten()(x))
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name=f"{text}3")], name=text)
    return keras.Model(words, {"y": inner(x)}, name=text)


def plain(text):
    """``text``, which a terminal would not obey.

    Raises:
        RuntimeError: it would.
    """
    if set(text) & CONTROLS:
        raise RuntimeError(f"control characters: {set(text) & CONTROLS}")
    return text


@entry("summary", "text")
def summary(text, work):
    def call():
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            named(text).summary(expand_nested=True, show_trainable=True)
        return plain(output.getvalue())

    return call


@entry("plot_model", "text")
def plot(text, work):
    def call():
        path = work / "model.dot"
        keras.utils.plot_model(named(text), path, True, True, True, expand_nested=True)
        (graph,) = pydot.graph_from_dot_data(path.read_text())
        check_drawing(graph)

    return call


BOXES = {"label", "fontname", "border", "margin", "shape", "penwidth"}
FRAMES = {"label", "labeljust", "style", "rankdir", "concentrate", "dpi", "splines"}


def check_drawing(graph):
    """Raise a RuntimeError if a drawing has what nobody drew, such as images."""
    if not set(graph.get_attributes()) <= FRAMES:
        raise RuntimeError(f"a frame with {graph.get_attributes()}")
    for part in (*graph.get_nodes(), *graph.get_edges()):
        label = str(part.get("label") or "").lower()
        if not set(part.get_attributes()) <= BOXES or "<img" in label:
            raise RuntimeError(f"a box with {part.get_attributes()}")
    if {node.get_name() for node in graph.get_nodes()} & {"a", "b", "c"}:
        raise RuntimeError("a box that stands for no layer")
    for frame in graph.get_subgraphs():
        check_drawing(frame)


def board(model, folder):
    """Logs of a short training, with all that TensorBoard shows."""
    model.compile("sgd", "mse")
    callback = keras.callbacks.TensorBoard(
        folder, histogram_freq=1, write_images=True, embeddings_freq=1, embeddings_metadata="x.tsv"
    )
    model.fit(np.ones((2, 3), "int64"), {"y": np.ones((2, 2))}, verbose=0, callbacks=[callback])
    return (folder / "projector_config.pbtxt").read_text()


@entry("TensorBoard", "text")
def log(text, work):
    def call():
        try:
            told = board(named(text), work / "board")
        except OSError as error:  # a file of that name can't be
            raise ValueError(str(error)) from error
        if len(re.findall(r"(?m)^\s*metadata_path", told)) != 1:
            raise RuntimeError(told)

    return call


@entry("CSVLogger", "text")
def log_table(text, work):
    def call():
        logger = keras.callbacks.CSVLogger(work / "log.csv")
        logger.set_model(base_model())
        logger.on_train_begin()
        logger.on_epoch_end(0, {"loss": 1.0, text: 2.0})
        logger.on_train_end()
        with open(work / "log.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if [row[text] for row in rows] != ["2.0"]:
            raise RuntimeError(f"rows are {rows}")

    return call


@entry("to_json", "text")
def round_trip(text, work):
    def call():
        again = keras.models.model_from_json(named(text).to_json())
        if again.name != text:
            raise RuntimeError(f"a model called {again.name!r}")

    return call


@entry("fit", "text")
def train(text, work):
    def call():
        model, output = named(text), io.StringIO()
        model.compile("sgd", "mse", metrics={"y": [keras.metrics.MeanSquaredError(name=text)]})
        with contextlib.redirect_stdout(output):
            model.fit(np.ones((2, 3), "int64"), {"y": np.ones((2, 2))}, verbose=2)
        return plain(output.getvalue())

    return call


@entry("eject", "text")
def eject_named(text, work):
    def call():
        with unformatted():
            named(text).eject(work / "out")
        check_sources(work / "out")
        for path in (work / "out").rglob("*"):
            if path.suffix in (".py", ".md", ".txt"):
                plain(path.read_text(encoding="utf-8"))

    return call


for _suffix in (".keras", ".h5", ".weights.h5", ".safetensors"):

    @entry(f"save {_suffix}", "text")
    def save(text, work, suffix=_suffix):
        def call():
            model, path = named(text), work / f"m{suffix}"
            is_model = suffix in (".keras", ".h5")
            (model.save if is_model else model.save_weights)(path)
            check_members(path)
            if is_model:
                keras.models.load_model(path)
            else:
                model.load_weights(path)
            return command("inspect", path)

        return call


@entry("save a folder", "text")
def save_folder(text, work):
    def call():
        named(text).save(work / "m", zipped=False)
        keras.models.load_model(work / "m")

    return call


@entry("save_weights in TensorFlow's form", "text")
def save_checkpoint(text, work):
    def call():
        model = named(text)
        model.save_weights(work / "ckpt")
        model.load_weights(work / "ckpt")
        return command("inspect", work / "ckpt")

    return call


def check_members(path):
    """Raise a RuntimeError if names in a file lead elsewhere."""
    names = []
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    elif path.suffix == ".h5":
        with h5py.File(path) as file:
            file.visit(names.append)
    for name in names:
        if ".." in name.split("/") or name.startswith("/"):
            raise RuntimeError(f"a member called {name!r}")


@entry("a vocabulary", "text")
def vocabulary(text, work):
    def call():
        layer = keras.layers.StringLookup(vocabulary=[text, "b"])
        model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
        model.save(work / "m.keras")
        command("inspect", work / "m.keras")
        again = keras.models.load_model(work / "m.keras").layers[-1].get_vocabulary()
        if again != layer.get_vocabulary():
            raise RuntimeError(f"the words {again}")

    return call


@entry("the name of a class", "text")
def registered(text, work):
    config = {"class_name": text, "module": text, "config": {}, "registered_name": f"{text}>{text}"}
    config_text = json.dumps({"keras_version": "3.15.1", **config})

    def call():
        with zipfile.ZipFile(work / "m.keras", "w") as archive:
            archive.writestr("config.json", config_text)
            archive.writestr("metadata.json", "{}")
        for words in (("inspect",), ("eject", "-o", work / "out")):
            try:
                command(words[0], work / "m.keras", *words[1:])
            except ValueError as error:
                if MODULE in str(error) and "Traceback" in str(error):
                    raise RuntimeError(str(error)) from error
        raise ValueError("refused by each command")

    return call
