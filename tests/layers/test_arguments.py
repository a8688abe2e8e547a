"""No argument of a layer is decoration: neither of its constructor nor of its call."""

import contract
import influence
import layer_arguments
import pytest

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
