"""Models and arrays named on a command line."""

import numpy as np
import pytest

from torchkeras import Input, Model, layers
from torchkeras.cli.models import opened, read_inputs


def two_inputs():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    return Model({"a": a, "b": b}, layers.Dense(1)(a) + layers.Dense(1)(b))


def test_arrays_go_by_name(tmp_path):
    np.savez(tmp_path / "x.npz", b=np.ones((1, 3)), a=np.zeros((1, 2)))
    found = read_inputs(tmp_path / "x.npz", two_inputs())
    assert found["a"].shape == (1, 2)
    assert found["b"].shape == (1, 3)


def test_arrays_of_other_names_go_in_order(tmp_path):
    np.savez(tmp_path / "x.npz", np.zeros((1, 2)), np.ones((1, 3)))
    assert read_inputs(tmp_path / "x.npz", two_inputs())["a"].shape == (1, 2)


def test_too_few_arrays_are_an_error(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros((1, 2)))
    with pytest.raises(ValueError, match="expected"):
        read_inputs(tmp_path / "x.npz", two_inputs())


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([{}], dtype=object), b=np.ones((1, 3)))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_inputs(tmp_path / "x.npz", two_inputs())


def test_no_file_gives_no_arrays():
    assert read_inputs(None, two_inputs()) is None


def test_a_missing_model_is_an_error():
    with pytest.raises(FileNotFoundError, match="expected a .keras or .h5 file"):
        opened("nowhere.keras")
