"""keras.config."""

import keras
import pytest
from influence import Change, Subject, cases, check, missing

from torchkeras import config


def test_every_name_of_keras_is_there():
    assert [
        name for name in dir(keras.config) if name[0] != "_" and not hasattr(config, name)
    ] == []


def test_torch_is_the_only_backend():
    config.set_backend(config.backend())
    with pytest.raises(ValueError, match="expected 'torch'"):
        config.set_backend("jax")
    assert not config.is_nnx_enabled()


@pytest.mark.parametrize("name", ["max_epochs", "max_steps_per_epoch"])
def test_limits_are_set_and_lifted(name):
    read, write = getattr(config, name), getattr(config, f"set_{name}")
    write(3)
    assert read() == 3
    write(None)
    assert read() is None
    with pytest.raises(ValueError, match="1 or more"):
        write(0)


def test_switches_stay_where_they_are_put():
    config.disable_flash_attention()
    try:
        assert config.is_flash_attention_enabled() is False
    finally:
        config.enable_flash_attention()
    assert config.is_flash_attention_enabled() is not False
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()


def test_defaults_are_read_and_set():
    assert (config.floatx(), config.epsilon()) == ("float32", 1e-7)
    config.set_epsilon(1e-5)
    try:
        assert config.epsilon() == 1e-5
    finally:
        config.set_epsilon(1e-7)


def then(read):
    """What is in force after a call; it is then as it was."""
    before = read()
    write = getattr(config, f"set_{read.__name__}", config.set_dtype_policy)

    def outcome(_):
        found = read()
        write(before)
        return str(found)

    return outcome


SUBJECTS = [
    Subject(
        config.set_backend, {"backend": Change("jax", raises=ValueError)}, {"backend": "torch"}
    ),
    Subject(config.set_floatx, {"value": "float64"}, {"value": "float32"}, then(config.floatx)),
    Subject(config.set_epsilon, {"value": 1e-3}, {"value": 1e-7}, then(config.epsilon)),
    Subject(
        config.set_image_data_format,
        {"data_format": "channels_first"},
        {"data_format": "channels_last"},
        then(config.image_data_format),
    ),
    Subject(
        config.set_dtype_policy,
        {"policy": "mixed_bfloat16"},
        {"policy": "float32"},
        then(config.dtype_policy),
    ),
    Subject(config.set_max_epochs, {"max_epochs": 3}, {"max_epochs": 2}, then(config.max_epochs)),
    Subject(
        config.set_max_steps_per_epoch,
        {"max_steps_per_epoch": 3},
        {"max_steps_per_epoch": 2},
        then(config.max_steps_per_epoch),
    ),
]


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_matters(subject, argument):
    check(subject, argument)


def test_no_argument_is_left_out():
    assert not missing([config], SUBJECTS, {})
