"""The drop-in packages as entry points: what scripts of TensorFlow read."""

import json

import tensorflow as tf
from PIL import Image
from security.entries import as_model, entry, write_archive, write_whole


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
