"""Functions of tensors against what TensorFlow gave: values, types, shapes, and what fails."""

import json
import warnings

import numpy as np
import oracle
import pytest
import tensor_expressions
import tensorflow as tf
from torchkeras_shim import semantics

RECORDED = json.loads(tensor_expressions.RECORD.read_text())
# Sums in another order, and series that end elsewhere, differ by this much of float32.
TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}


def same(mine, recorded, place):
    """Equal, numbers within the rounding of float32."""
    if isinstance(recorded, dict) and "error" in recorded:
        assert "error" in mine, (place, mine)
    elif isinstance(recorded, dict):
        assert isinstance(mine, dict), (place, mine)
        assert list(mine) == list(recorded), (place, mine, recorded)
        for key in recorded:
            same(mine[key], recorded[key], f"{place}: {key}")
    elif isinstance(recorded, list):
        assert isinstance(mine, list), (place, mine, recorded)
        assert len(mine) == len(recorded), (place, mine, recorded)
        for number, pair in enumerate(zip(mine, recorded, strict=True)):
            same(*pair, f"{place}: {number}")
    elif isinstance(recorded, float):
        np.testing.assert_allclose(mine, recorded, **TOLERANCE, err_msg=place)
    else:
        assert mine == recorded, place


@pytest.fixture(scope="module")
def scope():
    semantics.extend_tensors()
    return tensor_expressions.names(tf)


@pytest.mark.parametrize("subject, expression, recorded", RECORDED)
def test_expressions_give_what_tensorflow_gave(subject, expression, recorded, scope):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = tensor_expressions.value_of(expression, scope, tf)
    same(found, recorded, expression)


@pytest.mark.tensorflow
def test_tensorflow_still_gives_what_was_recorded(tmp_path):
    path = tmp_path / "found.json"
    oracle.output_of(tensor_expressions.__file__, path)
    found = {(subject, line): value for subject, line, value in json.loads(path.read_text())}
    assert len(found) == len(RECORDED)
    for subject, expression, recorded in RECORDED:
        same(found[subject, expression], recorded, expression)
