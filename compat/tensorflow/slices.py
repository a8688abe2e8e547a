"""Changing rows of a variable: the methods ``scatter_*``."""

from typing import Any

import torch
from torch import Tensor

_REDUCTIONS = {"max": "amax", "min": "amin", "mul": "prod"}


class Scattering:
    """Methods of a variable that change some of its rows or elements.

    ``use_locking`` changes nothing here: a variable takes over its new value as a whole.
    """

    def _scattered(self, kind: str, sparse_delta: Any) -> Any:
        """Rows ``sparse_delta.indices`` combined with ``sparse_delta.values``."""
        whole = self.value.detach().clone()
        rows = torch.as_tensor(sparse_delta.indices, device=whole.device).to(torch.int64)
        new = torch.as_tensor(sparse_delta.values, dtype=whole.dtype, device=whole.device)
        if kind == "update":
            whole[rows] = new
        elif kind in ("add", "sub"):
            whole.index_add_(0, rows, new, alpha=1 if kind == "add" else -1)
        elif kind == "div":
            whole[rows] = whole[rows] / new
        else:
            new = new.expand(len(rows), *whole.shape[1:])
            places = rows.reshape(-1, *[1] * (whole.dim() - 1)).expand_as(new)
            whole.scatter_reduce_(0, places, new, _REDUCTIONS[kind])
        return self.assign(whole)

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Replace rows by those of ``tf.IndexedSlices``."""
        return self._scattered("update", sparse_delta)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Add to rows; those named twice add up."""
        return self._scattered("add", sparse_delta)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Subtract from rows; those named twice add up."""
        return self._scattered("sub", sparse_delta)

    def scatter_mul(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Multiply rows."""
        return self._scattered("mul", sparse_delta)

    def scatter_div(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Divide rows."""
        return self._scattered("div", sparse_delta)

    def scatter_max(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Take the greater of each element of rows."""
        return self._scattered("max", sparse_delta)

    def scatter_min(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Take the smaller of each element of rows."""
        return self._scattered("min", sparse_delta)

    def _scattered_nd(self, indices: Any, updates: Any, sign: int | None) -> Any:
        whole = self.value.detach().clone()
        places = torch.as_tensor(indices, device=whole.device).to(torch.int64)
        new = torch.as_tensor(updates, dtype=whole.dtype, device=whole.device)
        at = tuple(places.unbind(-1))
        return self.assign(
            whole.index_put_(at, new if sign is None else sign * new, sign is not None)
        )

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replace the elements or parts at ``indices``, ``(n, axes)``."""
        return self._scattered_nd(indices, updates, None)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to the elements or parts at ``indices``; those named twice add up."""
        return self._scattered_nd(indices, updates, 1)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from the elements or parts at ``indices``; those named twice add up."""
        return self._scattered_nd(indices, updates, -1)

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """The rows with these numbers."""
        return self.value[torch.as_tensor(indices).to(torch.int64)]

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements or parts at ``indices``, ``(n, axes)``."""
        return self.value[tuple(torch.as_tensor(indices).to(torch.int64).unbind(-1))]

    def initialized_value(self) -> Tensor:
        """The value; variables have theirs from the start."""
        return self.value

    def is_initialized(self, name: str | None = None) -> Tensor:
        """True: variables have their values from the start."""
        return torch.tensor(True)
