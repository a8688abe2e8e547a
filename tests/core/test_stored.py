import numpy as np
import pytest
import torch

from torchkeras.core import scopes
from torchkeras.core.stored import Stored, Taking, put
from torchkeras.core.variable import Variable


class Three(Stored):
    """The numbers 0, 1, 2, and how often they were read."""

    shape, dtype = (3,), np.dtype("float64")

    def __init__(self):
        self.count = 0

    def read(self):
        self.count += 1
        return np.arange(3.0)


def test_an_array_in_a_file_is_an_array():
    assert np.asarray(Three()).tolist() == [0, 1, 2]
    assert np.asarray(Three(), "int32").dtype == "int32"


def test_variables_take_it():
    variable = Variable(torch.zeros(3))
    variable.assign(Three())
    assert variable.numpy().tolist() == [0, 1, 2]


def test_a_plan_gets_it_unread():
    plan = []
    stored, variable = Three(), Variable(torch.zeros(3))

    class Noting:
        def add(self, *pair):
            plan.append(pair)

    scopes.local.plan = Noting()
    try:
        variable.assign(stored)
    finally:
        scopes.local.plan = None
    assert plan == [(variable, stored)]
    assert stored.count == 0
    assert variable.numpy().tolist() == [0, 0, 0]


def test_it_must_say_how_it_is_read():
    with pytest.raises(AssertionError, match="how it is read"):
        Stored().read()


def test_variables_are_put_as_arrays_or_as_they_are_where_they_are_taken():
    variable = Variable([1.0, 2.0])
    plain, taking = {}, Taking()
    put(plain, "0", variable)
    put(taking, "0", variable)
    assert isinstance(plain["0"], np.ndarray)
    assert taking["0"] is variable
