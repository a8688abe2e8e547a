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

# What the drop-in shows other than TensorFlow so far, by script.
OPEN = {
    "tensors_and_gradients": "a tape's watched_variables are those handed to watch",
    "transfer_learning_mobilenet": "base(x, training=False) infers in fit: constant-training",
}


@pytest.fixture(autouse=True)
def expect_open_differences(request):
    name = getattr(request.node, "callspec", None) and request.node.callspec.params["name"]
    if name in OPEN:
        request.applymarker(pytest.mark.xfail(reason=OPEN[name], strict=False))


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
    told = differences(recorded[name], found[name])
    assert not told, "\n".join(told)


@pytest.fixture(scope="module")
def expected(chosen):
    return run_side("tensorflow", chosen)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_shows_what_tensorflow_shows(name, found, expected):
    assert "error" not in expected[name], expected[name]["error"]
    told = differences(expected[name], found[name])
    assert not told, "\n".join(told)


def test_the_corpus_uses_the_names_that_scripts_use():
    share, missing = names.share()
    assert share >= SHARE, f"{share:.1%}; missing: {missing[:20]}"
