"""What a file gives to which variable: checked first, carried out when everything fits.

A model whose file turns out to be damaged, or to be another model's, stays as it was. While a
model is rebuilt from a file, its weights aren't given initial values that the file's then replace.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch._C import _has_storage
from torch.nn import init

from torchkeras.core import keeping, scopes
from torchkeras.core.dtypes import NAMES, TORCH_DTYPES
from torchkeras.core.variable import Variable
from torchkeras.saving import large_pages, transfer
from torchkeras.saving.budget import MemoryBudget
from torchkeras.saving.hdf5 import Dataset

# Arrays of less than that are read in whatever way is simplest.
_LARGE = 2**14
_WAITING = 256  # parts that are to be filled, which hold no memory of their own
# Types whose numbers are moved without being looked at, by their size.
_WHOLE_NUMBERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Plan:
    """Variables, and the datasets that they are to take over.

    Args:
        is_fresh: Whether the model has just been made, so that nothing is lost if it is damaged.

    Example:
        >>> plan = Plan()
        >>> plan.carry_out()
    """

    def __init__(self, is_fresh: bool = False) -> None:
        self.is_fresh = is_fresh
        self.pairs: list[tuple[Variable, Dataset]] = []
        self._before: list[tuple[Variable, Tensor | None]] = []
        self._changes: list[Callable[[], Any]] = []

    def add(self, variable: Variable, dataset: Dataset) -> None:
        """Note that ``variable`` gets ``dataset``.

        Raises:
            ValueError: the shapes differ, or these aren't numbers that torch has.
        """
        if not dataset.is_bfloat16 and dataset.dtype.name not in TORCH_DTYPES:
            raise ValueError(
                f'Variable "{variable.path}": the file has {dataset.dtype} at {dataset.path!r}; '
                "expected numbers of a type that torch has."
            )
        if tuple(variable.shape) != dataset.shape:
            raise ValueError(
                f'Variable "{variable.path}": the shape in the file is {dataset.shape}; the shape '
                "of the target variable and the shape of the target value in "
                f"`variable.assign(value)` must match, so expected {tuple(variable.shape)}."
            )
        self.pairs.append((variable, dataset))

    def about_to_change(self, variable: Variable) -> None:
        """Note that an object assigns ``variable`` at once, in a way of its own."""
        value = None if self.is_fresh else variable.tensor.detach().clone()
        self._before.append((variable, value))

    def afterwards(self, change: Callable[[], Any]) -> None:
        """Note how an object changes in a way of its own, which can't fail, when all was read."""
        self._changes.append(change)

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Within it, what variables are assigned comes here; after an error none of it stays."""
        lengths = [(noted, len(noted)) for noted in (self.pairs, self._changes)]
        previous, scopes.local.plan = scopes.local.plan, self
        try:
            with unless_done(lambda: [noted.__delitem__(slice(n, None)) for noted, n in lengths]):
                yield
        finally:
            scopes.local.plan = previous

    @property
    def variables(self) -> list[Variable]:
        """Every variable that gets, or got, a value."""
        return [variable for variable, _ in (*self.pairs, *self._before)]

    def undo(self) -> None:
        """Give the variables that were assigned at once back what they held."""
        for variable, value in reversed(self._before):
            if value is not None:
                variable.assign(value)
        self._before.clear()
        self._changes.clear()

    def carry_out(self) -> None:
        """Read the datasets into the variables.

        Whatever the file's bytes or the disk may have against it is found out before the first
        variable changes, unless the model is fresh.

        Raises:
            DamagedFileError: the file can't be read.
            OSError: the disk fails.
        """
        # What is stored under one name of one module gets the last of its datasets.
        last = {(id(pair[0].module), pair[0].key): pair for pair in self.pairs}
        places = {key: dataset.place for key, (_, dataset) in last.items()}
        found = {key: last[key][1].read() for key, place in places.items() if place is None}
        if not self.is_fresh:
            transfer.read_once(place for place in places.values() if place)
        size = sum(place.size for place in places.values() if place)
        with transfer.Crew(size, _WAITING) as crew:
            for key, (variable, dataset) in last.items():
                if self.is_fresh:
                    large_pages.ask_for(variable.parameter)
                memory = None if key in found else _memory(variable, dataset)
                if memory is not None:
                    transfer.fill(crew, memory, places[key])
                else:
                    variable.assign(found.pop(key) if key in found else dataset.read())
        for change in self._changes:
            change()
        self._changes.clear()


def _memory(variable: Variable, dataset: Dataset) -> np.ndarray | None:
    """The variable's own memory, about to take the numbers in the order of the file.

    None if they have to be changed on the way, or if they are few.
    """
    stored = variable.parameter
    is_special = (
        scopes.local.stateless is not None
        or scopes.local.shape_run
        or variable.sharding is not None
        or type(stored.detach()) is not Tensor
        or stored.device.type != "cpu"
        or stored.numel() < _LARGE
        or NAMES[stored.dtype] != ("bfloat16" if dataset.is_bfloat16 else dataset.dtype.name)
        or stored.itemsize not in _WHOLE_NUMBERS
    )
    if is_special:
        return None
    memory = variable.layout.in_order(stored.detach())
    if memory.untyped_storage().data_ptr() != stored.untyped_storage().data_ptr():
        return None
    keeping.about_to_change((stored,))
    torch.autograd.graph.increment_version(stored)
    return memory.view(_WHOLE_NUMBERS[stored.itemsize]).numpy()


# --- Rebuilding


@contextlib.contextmanager
def unless_done(undo: Callable[[], Any]) -> Iterator[None]:
    """Call ``undo`` if what is within doesn't come to its end, whatever stops it."""
    with contextlib.ExitStack() as stack:
        stack.callback(undo)
        yield
        stack.pop_all()


class Rebuilding(MemoryBudget):
    """While a model is made whose weights are in a file: large ones get no values at first.

    One whose values are asked for meanwhile is filled before they are given out.

    Args:
        stored: See ``MemoryBudget``.
    """

    def __init__(self, stored: int) -> None:
        super().__init__(stored)
        # By their memory: whose it is, and how it is filled.
        self._later: dict[int, list[tuple[Callable[[], Tensor], Callable[[], Any]]]] = {}

    def __enter__(self) -> "Rebuilding":
        self._outer, scopes.local.fill_later = scopes.local.fill_later, self._fill_later
        return super().__enter__()

    def __exit__(self, *exc: Any) -> None:
        scopes.local.fill_later = self._outer
        super().__exit__(*exc)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in _TORCHS:
            tensor = args[0] if args else kwargs["tensor"]  # as torch hands its arguments on
            # What isn't a parameter itself, such as a part of one, can't be told from a loaded one.
            if isinstance(tensor, nn.Parameter) and tensor.numel() >= _LARGE:
                self._note(lambda: tensor, lambda: func(*args, **(kwargs or {})))
                return tensor
        elif self._later and not scopes.local.shape_run and not _is_blind(func):
            unfilled = self._unfilled(args, kwargs)
            is_in_place = args[1:3] == (None, None) and list(kwargs or ()) == ["memory_format"]
            if func is Tensor.to and unfilled and is_in_place:
                other = torch.empty_like(args[0], **kwargs)  # there is nothing to copy
                self._later[_memory_of(other)] = self._later.pop(unfilled.pop())
                return other
            for memory in unfilled:
                for _, fill in self._later.pop(memory):
                    fill()
        return super().__torch_function__(func, types, args, kwargs)

    def _unfilled(self, args: tuple[Any, ...], kwargs: Any) -> list[int]:
        """The memory without values that lies behind arguments, also those in lists."""
        given = [*args, *kwargs.values()] if kwargs else list(args)
        for several in [each for each in given if isinstance(each, (list, tuple))]:
            given += several
        tensors = [each for each in given if isinstance(each, Tensor) and _has_storage(each)]
        places = dict.fromkeys(map(_memory_of, tensors))
        return [place for place in places if place in self._later]

    def _note(self, owner: Callable[[], Tensor], fill: Callable[[], Any]) -> None:
        self._later.setdefault(_memory_of(owner()), []).append((owner, fill))

    def _fill_later(self, variable: Variable, fill: Callable[[], Any]) -> bool:
        if scopes.local.shape_run or variable.parameter.numel() < _LARGE:
            return False
        self._note(lambda: variable.parameter, fill)
        return True

    def finish(self, loaded: Iterable[Variable]) -> None:
        """Fill what wasn't loaded; what was stays, though it lie in the same memory."""
        done = {id(variable.parameter): variable.parameter.detach() for variable in loaded}
        in_memory: dict[Any, list[Tensor]] = {}
        for tensor in done.values():
            in_memory.setdefault(_memory_of(tensor), []).append(tensor)
        for owner, fill in (pair for pairs in self._later.values() for pair in pairs):
            if id(owner()) not in done:
                within = in_memory.get(_memory_of(owner().detach()), ())
                kept = [(tensor, tensor.clone()) for tensor in within]
                fill()
                for tensor, values in kept:
                    tensor.copy_(values)
        self._later.clear()


def _memory_of(tensor: Tensor) -> int:
    """What tells memory from other memory, of any device or none."""
    return tensor.untyped_storage()._cdata


def _is_blind(func: Any) -> bool:
    """Whether a function of torch looks at no values: at shapes and types, or from another side."""
    return func in _BLIND or getattr(func, "__name__", "") in ("__get__", "__set__")


_TORCHS = {
    init.uniform_, init.normal_, init.kaiming_uniform_, init.kaiming_normal_,
    init.xavier_uniform_, init.xavier_normal_,
}  # fmt: skip
_BLIND = {
    Tensor.size, Tensor.stride, Tensor.dim, Tensor.ndimension, Tensor.numel, Tensor.element_size,
    Tensor.storage_offset, Tensor.untyped_storage, Tensor.data_ptr, Tensor.is_contiguous,
    Tensor.is_floating_point, Tensor.is_complex, Tensor.get_device, Tensor.requires_grad_,
    Tensor.__len__, Tensor.__hash__, torch.numel, torch.is_floating_point, torch.is_complex,
    torch.is_tensor, torch.empty_like, torch.zeros_like, torch.ones_like, torch.full_like,
    torch.rand_like, torch.randn_like, Tensor.new_empty, Tensor.new_zeros, Tensor.new_ones,
    Tensor.new_full, Tensor.detach, Tensor.permute, torch._has_compatible_shallow_copy_type,
}  # fmt: skip
