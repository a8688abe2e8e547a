"""Layers of other frameworks say what to use instead."""

import keras
import pytest

from torchkeras import layers

MADE = [
    ("JaxLayer", (len,), "JAX"),
    ("FlaxLayer", (object(),), "Flax"),
    ("TFSMLayer", ("/no/such/folder",), "TensorFlow"),
]


@pytest.mark.parametrize(("name", "arguments", "framework"), MADE)
def test_the_constructor_names_what_to_use(name, arguments, framework):
    with pytest.raises(ValueError, match=f"{name} is only supported with {framework}.*Use|Save"):
        getattr(layers, name)(*arguments)
    with pytest.raises((ValueError, NotImplementedError, ImportError, AttributeError)):
        getattr(keras.layers, name)(*arguments)


def test_files_that_name_a_folder_read_nothing():
    config = {"class_name": "TFSMLayer", "config": {"filepath": "/etc", "name": "it"}}
    with pytest.raises(ValueError, match="TFSMLayer is only supported with TensorFlow"):
        layers.deserialize(config)
    with pytest.raises(ValueError, match="TFSMLayer is only supported"):
        layers.TFSMLayer.from_config(config["config"], safe_mode=False)
