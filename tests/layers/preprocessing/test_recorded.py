"""Categories and texts against what Keras gave with TensorFlow."""

import json
from pathlib import Path

import category_cases
import numpy as np
import oracle
import pytest

from torchkeras import layers

FILE = Path(__file__).with_name("recorded.json")
RECORDED = json.loads(FILE.read_text())
CASES = list(category_cases.cases())
NAMES = sorted({name for name, *_ in CASES})


def same(mine, recorded):
    for key in ("shape", "dtype"):
        assert mine[key] == recorded[key]
    for key in ("values", "learned"):
        if recorded[key] and isinstance(recorded[key][0], float):
            np.testing.assert_allclose(mine[key], recorded[key], rtol=1e-5, atol=1e-6)
        else:
            assert mine[key] == recorded[key]


@pytest.mark.parametrize("name", NAMES)
def test_layers_give_what_keras_gave(name):
    for case, recorded in zip(CASES, RECORDED, strict=True):
        if case[0] == name:
            try:
                same(category_cases.result(layers, case), recorded)
            except AssertionError as error:
                raise AssertionError(f"{case}: {error}") from error


@pytest.mark.parametrize("name", NAMES)
def test_configurations_make_layers_that_give_the_same(name):
    for case, recorded in zip(CASES[::7], RECORDED[::7], strict=True):
        if case[0] == name and case[2] is None:
            layer = getattr(layers, name)(**case[1])
            config = json.loads(json.dumps(layer.get_config()))
            same(category_cases.result(layers, (name, config, None, case[3])), recorded)


@pytest.mark.tensorflow
def test_keras_still_gives_what_was_recorded():
    found = oracle.output_of(category_cases.__file__, KERAS_BACKEND="tensorflow")
    for mine, recorded in zip(json.loads(found), RECORDED, strict=True):
        same(mine, recorded)
