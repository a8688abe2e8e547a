import numpy as np
import pytest
import torch

from torchkeras.optimizers.scalars import HostScalar


def test_it_reads_and_writes_the_entry():
    holder = {"count": 3}
    scalar = HostScalar(holder, "count", "int64", "iteration")
    assert (int(scalar), scalar.shape, scalar.dtype) == (3, (), "int64")
    scalar.assign_add(2)
    assert holder == {"count": 5}
    holder["count"] = 7
    assert int(scalar + 1) == 8
    scalar.assign(np.int64(9))
    assert type(holder["count"]) is int


def test_a_tensor_in_the_entry_is_changed_in_place():
    holder = {"rate": torch.tensor(0.5)}
    scalar = HostScalar(holder, "rate", "float32", "learning_rate")
    kept = holder["rate"]
    scalar.assign(0.25)
    scalar.assign(torch.tensor(0.125))
    assert holder["rate"] is kept
    assert float(kept) == 0.125


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="must match"):
        HostScalar({"rate": 0.5}, "rate", "float32", "learning_rate").assign([0.5])


def test_let_go_it_keeps_its_value():
    holder = {"rate": 0.5}
    scalar = HostScalar(holder, "rate", "float32", "learning_rate")
    scalar.let_go()
    holder["rate"] = 0.1
    assert float(scalar) == 0.5


def test_what_is_no_whole_number_becomes_one_as_in_torch():
    holder = {"count": 3}
    scalar = HostScalar(holder, "count", "int64", "iteration")
    scalar.assign(np.float32("nan"))
    assert holder["count"] == int(torch.tensor(float("nan")).to(torch.int64))
    scalar.assign(np.float64(4.5))
    assert holder["count"] == 4
