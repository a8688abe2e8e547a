"""Scripts as people write them show on torch what they show on TensorFlow, epoch by epoch.

Without TensorFlow, they are compared with what it showed when ``record.py`` ran them.
"""

import json

import pytest
from scripts import names
from scripts.comparison import RECORDED, differences, run_side, script_names

SCRIPTS = script_names()
# Of what scripts use, weighted by how many use it, the corpus uses this share; it only grows.
SHARE = 0.95

# What the drop-in shows other than TensorFlow, by script and number of the result.
OPEN = {
    "tensors_and_gradients": {24: "a tape's watched_variables are those handed to watch"},
    "transfer_learning_mobilenet": {6: "base(x, training=False) infers in fit: constant-training"},
}


def assert_same(name, expected, found):
    """Nothing differs but the script's open results, and all of those do."""
    told = differences(expected, found)
    known = tuple(f"result {number}, " for number in OPEN.get(name, ()))
    other = [words for words in told if not words.startswith(known)]
    assert not other, "\n".join(other)
    assert len(told) == len(known), f"open no more: {told} of {known}"


@pytest.fixture(scope="module")
def chosen(request):
    """The scripts that the tests chosen by ``-k`` and ``-m`` are about."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    names = {call.params.get("name") for call in calls if call}
    return [name for name in SCRIPTS if name in names]


@pytest.fixture(scope="module")
def found(chosen):
    return run_side("torchkeras", chosen)


@pytest.fixture(scope="module")
def recorded():
    return json.loads(RECORDED.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_shows_what_tensorflow_showed(name, found, recorded):
    assert_same(name, recorded[name], found[name])


@pytest.fixture(scope="module")
def expected(chosen):
    return run_side("tensorflow", chosen)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_shows_what_tensorflow_shows(name, found, expected):
    assert "error" not in expected[name], expected[name]["error"]
    assert_same(name, expected[name], found[name])


def test_the_corpus_uses_the_names_that_scripts_use():
    share, missing = names.share()
    assert share >= SHARE, f"{share:.1%}; missing: {missing[:20]}"
