"""N = 1: random runs on several processes equal those on one. ``properties.py`` says of what."""

import warnings

import numpy as np
import pytest
from distribution import processes, properties


def assert_equal(folder, number, first, last):
    """Runs ``first`` up to ``last`` on ``number`` processes give what they give on one."""
    target = folder / "found"
    processes.run(number, properties.__file__, target, first, last)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        properties.main(target, first, last)
    alone = np.load(f"{target}.alone.npz")
    for rank in range(number):
        found = np.load(f"{target}.{rank}.npz")
        assert sorted(found) == sorted(alone)
        for name in alone:
            np.testing.assert_allclose(
                found[name], alone[name], rtol=1e-5, atol=1e-5, err_msg=f"{name} of {rank}"
            )


def test_two_processes_equal_one(tmp_path):
    assert_equal(tmp_path, 2, 0, 10)


@pytest.mark.slow
def test_two_processes_equal_one_in_many_runs(tmp_path):
    assert_equal(tmp_path, 2, 10, 60)


@pytest.mark.slow
def test_four_processes_equal_one(tmp_path):
    assert_equal(tmp_path, 4, 60, 90)
