"""A model may ask for memory in proportion to its file."""

import pytest
import torch

from torchkeras.core import scopes
from torchkeras.saving.budget import FREE_BYTES, TIMES_STORED, MemoryBudget

ENOUGH = FREE_BYTES // 4


def test_what_fits_is_made():
    with MemoryBudget(0):
        assert torch.empty(2, 3).shape == (2, 3)
        assert torch.zeros((2,), dtype=torch.int8).dtype == torch.int8
        assert torch.full((2,), 1.5).tolist() == [1.5, 1.5]


@pytest.mark.parametrize("sizes", [(2**40,), (2**20, 2**20)])
@pytest.mark.parametrize("maker", [torch.empty, torch.zeros, torch.rand])
def test_what_is_out_of_proportion_is_refused_before_it_is_allocated(maker, sizes):
    with MemoryBudget(1000), pytest.raises(ValueError, match="in proportion to the weights"):
        maker(*sizes)
    with MemoryBudget(1000), pytest.raises(ValueError, match="in proportion to the weights"):
        maker(sizes)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: torch.arange(n),
        lambda n: torch.arange(0, end=n, step=2),
        lambda n: torch.arange(0.0, -1.0, -1 / n),
        lambda n: torch.linspace(0, 1, n),
        lambda n: torch.linspace(0, 1, steps=n),
        lambda n: torch.arange(end=n),
        lambda n: torch.eye(n, 2),
        lambda n: torch.eye(5, m=n),
    ],
)
def test_ranges_count_by_their_steps(make):
    with MemoryBudget(1000):
        assert len(make(10)) in (5, 10)
    with MemoryBudget(1000), pytest.raises(ValueError, match="in proportion to the weights"):
        make(2**40)


def test_ranges_without_plain_ends_are_left_to_torch():
    with MemoryBudget(1000):
        assert torch.arange(torch.tensor(3)).tolist() == [0, 1, 2]
        with pytest.raises(RuntimeError, match="nonzero|unsupported|zero"):
            torch.arange(0, 1, 0)
        with pytest.raises(RuntimeError, match="unsupported range|inf"):
            torch.arange(float("inf"))


def test_many_tensors_count_together():
    budget = MemoryBudget(0)
    with budget:
        torch.empty(ENOUGH // 2)
        torch.empty(ENOUGH // 2)
    with budget, pytest.raises(ValueError, match="exhaust memory"):
        torch.empty(ENOUGH // 2)
    assert budget.used > budget.limit == FREE_BYTES


def test_the_file_s_weights_raise_the_limit():
    with MemoryBudget(FREE_BYTES // TIMES_STORED):
        torch.empty(2 * ENOUGH)


def test_layers_count():
    with MemoryBudget(0), pytest.raises(ValueError, match="tensors of shape"):
        torch.nn.Linear(2**20, 2**20)


def test_what_has_no_memory_is_free():
    with MemoryBudget(0):
        torch.empty(2**40, device="meta")
        scopes.local.shape_run = True
        try:
            with torch._subclasses.FakeTensorMode():
                torch.empty(2**40)
        finally:
            scopes.local.shape_run = False


def test_numbers_of_other_types_count_by_their_size():
    with MemoryBudget(0):
        torch.empty(FREE_BYTES, dtype=torch.int8)
