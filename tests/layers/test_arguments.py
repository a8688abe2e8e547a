"""No argument of a layer is decoration: neither of its constructor nor of its call."""

import contract
import influence
import layer_arguments
import numpy as np
import pytest
from parity import is_recipe

SUBJECTS = [subject for family in contract.FAMILIES for subject in family.ARGUMENTS]
WITHOUT = {key: reason for family in contract.FAMILIES for key, reason in family.WITHOUT.items()}
FIRST_ROWS = {row.name: row for row in reversed(contract.TABLE)}


def test_every_argument_of_every_layer_is_tried():
    assert layer_arguments.wanting(SUBJECTS, WITHOUT) == []


@pytest.mark.parametrize(("subject", "argument"), influence.cases(SUBJECTS))
def test_argument_matters(subject, argument):
    influence.check(subject, argument)


@pytest.mark.parametrize("name", FIRST_ROWS)
def test_options_of_all_layers_matter(name):
    row = FIRST_ROWS[name]
    layer = row.layer(name="it", trainable=False)
    assert layer.name == "it"
    layer(row.tensors())
    assert layer.trainable is False
    assert layer.trainable_weights == []
    assert row.layer(dtype="mixed_bfloat16").compute_dtype == "bfloat16"


def in_numpy(value):
    """Numbers as NumPy's, those of lists and tuples too."""
    if type(value) in (int, float):
        return np.int64(value) if type(value) is int else np.float64(value)
    return type(value)(map(in_numpy, value)) if type(value) in (list, tuple) else value


@pytest.mark.parametrize(
    "row",
    [row for row in contract.TABLE if not any(map(is_recipe, row.arguments.values()))],
    ids=str,
)
def test_numbers_of_numpy_are_taken(row):
    changed = {key: in_numpy(value) for key, value in row.arguments.items()}
    made = [row.layer(name="it", **options).get_config() for options in ({}, changed)]
    assert repr(made[0]) == repr(made[1])
