import inspect

import pytest

import torchkeras as keras


@pytest.mark.parametrize(
    "options, message",
    [
        ({"foo": 1}, r"Argument\(s\) not recognized: {'foo': 1}"),
        ({"gradient_accumulation_steps": 1}, "must be an integer >= 2"),
        ({"use_ema": True, "ema_momentum": 2}, r"must be in the range \[0, 1\]"),
        ({"use_ema": True, "ema_overwrite_frequency": 0.5}, "must be an integer >= 1"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of `clipnorm`, `clipvalue` and"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        keras.optimizers.Adam(**options)


def test_keras_2s_options_are_taken():
    assert float(keras.optimizers.Adam(lr=0.5, jit_compile=False).learning_rate) == 0.5


def test_signatures_spell_shared_options_out():
    names = list(inspect.signature(keras.optimizers.Lamb.__init__).parameters)
    assert names[:6] == ["self", "learning_rate", "beta_1", "beta_2", "epsilon", "weight_decay"]
    assert names[-3:] == ["name", "jit_compile", "further"]


def test_a_word_is_no_learning_rate():
    with pytest.raises(ValueError, match="learning_rate is 'fast'; expected a number"):
        keras.optimizers.SGD("fast")


def test_how_tensorflow_compiled_the_step_is_no_part_of_the_configuration():
    optimizer = keras.optimizers.SGD(jit_compile=False)
    assert "jit_compile" not in optimizer.get_config()
    written = {"class_name": "SGD", "config": {**optimizer.get_config(), "jit_compile": True}}
    assert keras.optimizers.deserialize(written).get_config() == optimizer.get_config()
