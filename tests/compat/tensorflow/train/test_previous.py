"""Checkpoints in this package's previous form stay readable."""

import json

import numpy as np
import pytest
import safetensors.torch
import tensorflow as tf
import torch

VALUE = "VARIABLE_VALUE"


@pytest.fixture
def prefix(tmp_path):
    """A variable, a dense layer, an optimizer that took 3 steps and an iterator."""
    values = {
        "step/.ATTRIBUTES/VARIABLE_VALUE": torch.tensor(7),
        "dense/.ATTRIBUTES/vars.S0": torch.tensor([[1.0], [2.0]]),
        "dense/.ATTRIBUTES/vars.S1": torch.tensor([3.0]),
        "optimizer/.ATTRIBUTES/vars.S0": torch.tensor(3),
        "optimizer/.ATTRIBUTES/vars.S1": torch.tensor(0.25),
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE": torch.tensor(1),
    }
    keys = iter(values)
    iterator = iter(tf.data.Dataset.range(9))
    next(iterator)
    names = ["step", "dense", "optimizer", "iterator", "save_counter"]
    nodes = [
        {"values": {}, "children": {name: place for place, name in enumerate(names, 1)}},
        {"values": {VALUE: next(keys)}, "children": {}},
        {"values": {"vars/0": next(keys), "vars/1": next(keys)}, "children": {}},
        {"values": {"vars/0": next(keys), "vars/1": next(keys)}, "children": {}},
        {"values": {}, "children": {}, "state": iterator.get_state()},
        {"values": {VALUE: next(keys)}, "children": {}},
    ]
    told = {"format": "torchkeras checkpoint 1", "nodes": nodes}
    (tmp_path / "ck-1.index").write_text(json.dumps(told))
    safetensors.torch.save_file(values, tmp_path / "ck-1.data-00000-of-00001")
    return str(tmp_path / "ck-1")


def test_values_come_back(prefix):
    step, dense = tf.Variable(0), tf.keras.layers.Dense(1)
    optimizer, iterator = tf.keras.optimizers.SGD(0.5), iter(tf.data.Dataset.range(9))
    checkpoint = tf.train.Checkpoint(step=step, dense=dense, optimizer=optimizer, iterator=iterator)
    status = checkpoint.restore(prefix)
    assert (int(step), int(checkpoint.save_counter), int(next(iterator))) == (7, 1, 1)
    assert (int(optimizer.iterations), float(optimizer.learning_rate)) == (3, 0.25)
    with pytest.raises(AssertionError, match="Unresolved object"):
        status.assert_consumed()  # the layer has no variables yet
    assert np.array_equal(dense(np.ones((1, 2), "float32")), [[6.0]])
    status.assert_nontrivial_match()


def test_attributes_that_come_later_take_their_values(prefix):
    checkpoint = tf.train.Checkpoint()
    checkpoint.restore(prefix)
    checkpoint.step = tf.Variable(0)
    assert int(checkpoint.step) == 7


def test_values_are_listed_by_name(prefix):
    assert ("dense/.ATTRIBUTES/vars.S0", [2, 1]) in tf.train.list_variables(prefix)
    assert tf.train.load_variable(prefix, "step/.ATTRIBUTES/VARIABLE_VALUE") == 7


def test_the_next_one_is_written_in_the_form_of_tensorflow(prefix, tmp_path):
    checkpoint = tf.train.Checkpoint(step=tf.Variable(0))
    checkpoint.restore(prefix)
    path = checkpoint.write(prefix)  # in the place of the other
    checkpoint.step.assign(0)
    checkpoint.read(path).assert_consumed()
    assert int(checkpoint.step) == 7
    assert not (tmp_path / "ck-1.index").read_bytes().startswith(b"{")
