import json

import keras
import pytest

from torchkeras.core import settings


@pytest.fixture(autouse=True)
def defaults_afterwards():
    yield
    settings.set_floatx("float32")
    settings.set_epsilon(1e-7)
    settings.set_image_data_format("channels_last")


def test_defaults_are_those_of_keras():
    assert settings.floatx() == keras.config.floatx()
    assert settings.epsilon() == keras.config.epsilon()
    assert settings.image_data_format() == keras.config.image_data_format()


def test_values_can_be_set():
    settings.set_floatx("bfloat16")
    settings.set_epsilon(1e-3)
    settings.set_image_data_format("channels_first")
    assert settings.floatx() == "bfloat16"
    assert settings.epsilon() == 1e-3
    assert settings.standardize_data_format(None) == "channels_first"


def test_an_unknown_float_type_is_named():
    with pytest.raises(ValueError, match=r"Unknown `floatx` value: 'int7'"):
        settings.set_floatx("int7")


def test_an_unknown_layout_is_named():
    with pytest.raises(ValueError, match=r"`data_format` to be one of"):
        settings.set_image_data_format("rows_first")


def test_the_settings_file_of_keras_is_read(tmp_path):
    path = tmp_path / "keras.json"
    path.write_text(json.dumps({"floatx": "float64", "epsilon": 1e-5, "image_data_format": "?"}))
    settings.load_settings_file(path)
    assert settings.floatx() == "float64"
    assert settings.epsilon() == 1e-5
    assert settings.image_data_format() == "channels_last"


def test_a_damaged_settings_file_changes_nothing(tmp_path):
    path = tmp_path / "keras.json"
    path.write_text("{")
    settings.load_settings_file(path)
    assert settings.floatx() == "float32"


def test_the_home_follows_its_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert settings.keras_home() == tmp_path
