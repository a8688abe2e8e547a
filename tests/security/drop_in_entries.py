"""The drop-in packages as entry points: what scripts of TensorFlow read."""

import errno
import json

import tensorflow as tf
from PIL import Image
from security.configurations import as_model, write_archive, write_whole
from security.entries import entry
from security.honest import network, written


@entry("tf.keras.models.load_model", "name")
def load_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: tf.keras.models.load_model(path)


@entry("tf.keras.models.load_model .h5", "name")
def load_whole(thing, work):
    path = write_whole(work / "m.h5", as_model(thing))
    return lambda: tf.keras.models.load_model(path)


@entry("tf.keras.models.model_from_json", "name")
def from_json(thing, work):
    text = json.dumps(as_model(thing))
    return lambda: tf.keras.models.model_from_json(text)


# --- Images and sounds


def read(call):
    """The result of ``call``; what Pillow says of images is a refusal."""
    try:
        return call()
    except (Image.DecompressionBombError, OSError) as error:
        raise ValueError(str(error)) from error


@entry("tf.io.decode_image", "image")
def decode_image(content, work):
    return lambda: read(lambda: tf.io.decode_image(content))


@entry("tf.io.decode_png", "image")
def decode_png(content, work):
    return lambda: read(lambda: tf.io.decode_png(content))


@entry("tf.io.decode_gif", "image")
def decode_gif(content, work):
    return lambda: read(lambda: tf.io.decode_gif(content))


@entry("tf.audio.decode_wav", "sound")
def decode_wav(content, work):
    return lambda: tf.audio.decode_wav(content)


# --- Records


def opened(call):
    """The result of ``call``; an error of ``tf.errors`` is a refusal."""
    try:
        return call()
    except tf.errors.OpError as error:
        raise ValueError(str(error)) from error


@entry("tf.data.TFRecordDataset", "record")
def read_records(content, work):
    (work / "x.tfrecord").write_bytes(content)
    return lambda: opened(lambda: list(tf.data.TFRecordDataset(str(work / "x.tfrecord"))))


@entry("tf.io.parse_single_example", "record")
def parse_example(content, work):
    wanted = {"a": tf.io.VarLenFeature(tf.float32), "b": tf.io.FixedLenFeature((), tf.string, "")}
    return lambda: opened(lambda: tf.io.parse_single_example(content[12:-4], wanted))


@entry("tf.io.parse_tensor", "record")
def parse_tensor(content, work):
    return lambda: opened(lambda: tf.io.parse_tensor(content[12:-4], tf.float32))


@entry("tf.train.Example.FromString", "record")
def parse_message(content, work):
    return lambda: opened(lambda: tf.train.Example.FromString(content[12:-4]))


# --- Checkpoints and SavedModels of TensorFlow


def checkpoint(spoil, work):
    """What the names of a spoiled checkpoint's files begin with."""
    spoil(written("adam", work), "w")
    return str(work / "adam" / "w")


@entry("tf.train.load_checkpoint", "bundle")
def read_checkpoint(spoil, work):
    path = checkpoint(spoil, work)

    def call():
        reader = tf.train.load_checkpoint(path)
        reader.get_variable_to_dtype_map()
        return [reader.get_tensor(key) for key in reader.get_variable_to_shape_map()]

    return lambda: opened(call)


@entry("tf.train.list_variables", "bundle")
def list_checkpoint(spoil, work):
    path = checkpoint(spoil, work)
    return lambda: opened(lambda: tf.train.list_variables(path))


@entry("tf.train.Checkpoint.restore", "bundle")
def restore_checkpoint(spoil, work):
    path, model = checkpoint(spoil, work), network()
    kept = tf.train.Checkpoint(model)
    return lambda: opened(lambda: kept.restore(path).expect_partial())


@entry("tf.keras load_weights of a checkpoint", "bundle")
def load_checkpoint(spoil, work):
    path, model = checkpoint(spoil, work), network()
    return lambda: opened(lambda: model.load_weights(path))


@entry("tf.train.Checkpoint.restore of the previous form", "previous")
def restore_previous(write, work):
    write(work)
    kept = tf.train.Checkpoint(x=tf.Variable([1.0, 2.0, 3.0]), y=tf.random.Generator.from_seed(1))
    return lambda: opened(lambda: kept.restore(str(work / "c")).expect_partial())


@entry("tf.train.load_checkpoint of the previous form", "previous")
def read_previous(write, work):
    write(work)

    def call():
        reader = tf.train.load_checkpoint(str(work / "c"))
        reader.get_variable_to_dtype_map()
        return [reader.get_tensor(key) for key in reader.get_variable_to_shape_map() if key == "0"]

    return lambda: opened(call)


@entry("tf.keras.models.load_model SavedModel", "saved model")
def load_saved_model(spoil, work):
    path = written("saved", work)
    spoil(path)
    return lambda: opened(lambda: tf.keras.models.load_model(str(path)))


@entry("tf.saved_model.load of TensorFlow's own", "saved model")
def load_foreign_program(spoil, work):
    path = written("saved", work)
    spoil(path)
    return lambda: opened(lambda: tf.saved_model.load(str(path)))


@entry("tf.keras.utils.get_file", "download")
def get_and_extract(write, work):
    folder = work / "cache" / "datasets"
    folder.mkdir(parents=True)
    write(folder / "x_archive")

    def call():
        cache, get = str(work / "cache"), tf.keras.utils.get_file
        return [get("x", "http://127.0.0.1:9/x", extract=True, cache_dir=cache) for _ in range(2)]

    return lambda: on_disk(call)


def on_disk(call):
    """The result of ``call``; that a file is larger than the disk is a refusal."""
    try:
        return call()
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise ValueError(str(error)) from error


# --- Folders


@entry("tf.saved_model.load", "program")
def load_program(spoil, work):
    module = tf.Module()
    module.variable = tf.Variable([1.0, 2.0])
    module.double = tf.function(
        lambda x: x * module.variable, input_signature=[tf.TensorSpec((2,), tf.float32)]
    )
    tf.saved_model.save(module, str(work / "saved"))
    spoil(work / "saved")

    def call():
        loaded = tf.saved_model.load(str(work / "saved"))
        return loaded.double(tf.ones(2))

    return lambda: opened(call)


@entry("tf.data.Dataset.load", "kept")
def load_dataset(spoil, work):
    tf.data.Dataset.range(3).save(str(work / "kept"))
    spoil(work / "kept")
    return lambda: opened(lambda: list(tf.data.Dataset.load(str(work / "kept"))))


@entry("tf.train.CheckpointManager", "managed")
def manage(spoil, work):
    folder = work / "run"
    folder.mkdir()
    spoil(folder)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(x=tf.Variable(1)), folder, 1)
    return lambda: [manager.save(), manager.save()]
