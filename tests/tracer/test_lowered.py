"""Modules that run recorded graphs."""

import copy
import pickle

import torch

from torchkeras import Sequential, layers


def lowered():
    model = Sequential([layers.Input((3,)), layers.Dense(2, "relu", name="dense")])
    return model.to_torch()


def test_its_weights_have_the_names_of_the_model():
    assert set(lowered().state_dict()) == {"dense.linear.weight", "dense.linear.bias"}


def test_it_goes_through_copies_and_pickles():
    module, x = lowered(), torch.randn(2, 3)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        torch.testing.assert_close(other(x), module(x))
        assert other.dense.linear.weight is not module.dense.linear.weight


def test_its_code_is_that_of_its_mode():
    model = Sequential([layers.Input((3,)), layers.Dropout(0.5)])
    module = model.to_torch()
    assert "dropout" not in module.code
    assert "dropout" in module.train().code
