"""``tf.linalg.LinearOperator`` and kin: matrices told by what they are made of."""

import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.shapes import TensorShape

from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import torch_dtype


class LinearOperator:
    """A matrix, or a batch of such, with what can be asked of it.

    Subclasses give ``_dense()``, the matrix itself, from which all else follows.

    Args:
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: What is known of it.
        name: The operator's name.

    Source: ``tf.linalg.LinearOperator``.

    Example:
        >>> LinearOperatorDiag([1.0, 2.0]).matvec([3.0, 4.0]).tolist()  # doctest: +SKIP
        [3.0, 8.0]
    """

    def __init__(
        self,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        self.is_non_singular = True if is_positive_definite else is_non_singular
        self.is_self_adjoint = is_self_adjoint
        self.is_positive_definite = is_positive_definite
        self._is_square = is_square
        self.name = name or type(self).__name__

    def _dense(self) -> Tensor:
        raise kind_error(self, "_dense", None, "a method of the subclass")

    # What it is.

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return self._dense().dtype

    @property
    def shape(self) -> TensorShape:
        """Batch, rows and columns."""
        return TensorShape(tuple(self._dense().shape))

    @property
    def batch_shape(self) -> TensorShape:
        """How many matrices."""
        return TensorShape(tuple(self._dense().shape)[:-2])

    @property
    def range_dimension(self) -> int:
        """Number of rows."""
        return int(self._dense().shape[-2])

    @property
    def domain_dimension(self) -> int:
        """Number of columns."""
        return int(self._dense().shape[-1])

    @property
    def tensor_rank(self) -> int:
        """Number of axes."""
        return self._dense().dim()

    @property
    def is_square(self) -> bool:
        """Whether there are as many rows as columns."""
        return self.range_dimension == self.domain_dimension

    def shape_tensor(self, name: str | None = None) -> Tensor:
        """Batch, rows and columns, as a tensor."""
        return torch.tensor(tuple(self._dense().shape), dtype=torch.int32)

    def to_dense(self, name: str | None = None) -> Tensor:
        """The matrix."""
        return self._dense()

    # What it does.

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str | None = None
    ) -> Any:
        """The product with a matrix, or with another operator, which gives an operator.

        Args:
            x: The matrix.
            adjoint: Whether this one is transposed and conjugated.
            adjoint_arg: Whether ``x`` is.
            name: Accepted.
        """
        if isinstance(x, LinearOperator):
            left = self.adjoint() if adjoint else self
            return LinearOperatorComposition([left, x.adjoint() if adjoint_arg else x])
        x = convert_to_tensor(x)
        return self._side(adjoint) @ (x.mH if adjoint_arg else x)

    __matmul__ = matmul

    def matvec(self, x: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
        """The product with a vector."""
        return (self._side(adjoint) @ convert_to_tensor(x)[..., None])[..., 0]

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str | None = None
    ) -> Any:
        """What multiplied by this gives ``rhs``.

        Raises:
            ValueError: the matrix isn't square.
        """
        self._check_square("solve")
        if isinstance(rhs, LinearOperator):
            rhs = rhs.to_dense()
        rhs = convert_to_tensor(rhs)
        return self._solved(self._side(adjoint), rhs.mH if adjoint_arg else rhs)

    def _solved(self, matrix: Tensor, rhs: Tensor) -> Tensor:
        return torch.linalg.solve(matrix, rhs)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
        """The vector that multiplied by this gives ``rhs``."""
        return self.solve(convert_to_tensor(rhs)[..., None], adjoint)[..., 0]

    def _side(self, adjoint: bool) -> Tensor:
        return self._dense().mH if adjoint else self._dense()

    def _check_square(self, what: str) -> None:
        if not self.is_square:
            raise argument_error(self, f"shape for {what}", self.shape, "as many rows as columns")

    # Numbers of it.

    def determinant(self, name: str = "det") -> Tensor:
        """The determinant."""
        self._check_square("determinant")
        return torch.linalg.det(self._dense())

    def log_abs_determinant(self, name: str = "log_abs_det") -> Tensor:
        """The logarithm of the determinant without its sign."""
        self._check_square("log_abs_determinant")
        return torch.linalg.slogdet(self._dense()).logabsdet

    def diag_part(self, name: str = "diag_part") -> Tensor:
        """The diagonal."""
        return self._dense().diagonal(dim1=-2, dim2=-1)

    def trace(self, name: str = "trace") -> Tensor:
        """The sum of the diagonal."""
        return self.diag_part().sum(-1)

    def eigvals(self, name: str = "eigvals") -> Tensor:
        """The eigenvalues of a self-adjoint matrix, from the smallest.

        Raises:
            ValueError: it isn't known to be self-adjoint.
        """
        if not self.is_self_adjoint:
            raise argument_error(self, "is_self_adjoint", self.is_self_adjoint, "True for eigvals")
        return torch.linalg.eigvalsh(self._dense())

    def cond(self, name: str = "cond") -> Tensor:
        """The quotient of the largest and the smallest singular value."""
        return torch.linalg.cond(self._dense())

    # Other operators.

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Tensor:
        """The sum with a matrix."""
        return self._dense() + convert_to_tensor(x)

    def adjoint(self, name: str = "adjoint") -> "LinearOperator":
        """This one, transposed and conjugated."""
        return LinearOperatorAdjoint(self)

    H = property(adjoint)

    def inverse(self, name: str = "inverse") -> "LinearOperator":
        """What undoes this one."""
        return LinearOperatorInversion(self)

    def cholesky(self, name: str = "cholesky") -> "LinearOperator":
        """The lower triangle whose product with its adjoint is this one.

        Raises:
            ValueError: it isn't known to be positive definite and self-adjoint.
        """
        if not (self.is_positive_definite and self.is_self_adjoint):
            raise argument_error(
                self, "is_positive_definite", self.is_positive_definite,
                "True, and is_self_adjoint as well, for cholesky",
            )  # fmt: skip
        return self._cholesky()

    def _cholesky(self) -> "LinearOperator":
        return LinearOperatorLowerTriangular(torch.linalg.cholesky(self._dense()))

    def __repr__(self) -> str:
        return f"<tf.linalg.{type(self).__name__} shape={tuple(self.shape)}>"


class LinearOperatorFullMatrix(LinearOperator):
    """A matrix given whole.

    Args:
        matrix: ``(..., rows, columns)``.
        hints: What is known of it; see ``LinearOperator``.
    """

    def __init__(self, matrix: Any, **hints: Any) -> None:
        super().__init__(**hints)
        self.matrix = convert_to_tensor(matrix)
        if self.matrix.dim() < 2:
            raise argument_error(self, "matrix", tuple(self.matrix.shape), "two axes or more")

    def _dense(self) -> Tensor:
        return self.matrix


class LinearOperatorLowerTriangular(LinearOperatorFullMatrix):
    """The lower triangle of a square matrix.

    Args:
        tril: ``(..., n, n)``; what is above the diagonal doesn't count.
        hints: What is known of it.
    """

    def __init__(self, tril: Any, **hints: Any) -> None:
        super().__init__(tril, **hints)
        self.tril = self.matrix

    def _dense(self) -> Tensor:
        return self.matrix.tril()

    def _solved(self, matrix: Tensor, rhs: Tensor) -> Tensor:
        is_upper = not torch.equal(matrix, matrix.tril())
        return torch.linalg.solve_triangular(matrix, rhs, upper=is_upper)


class LinearOperatorDiag(LinearOperator):
    """A matrix with nothing beside its diagonal.

    Args:
        diag: ``(..., n)``.
        hints: What is known of it.
    """

    def __init__(self, diag: Any, **hints: Any) -> None:
        self.diag = convert_to_tensor(diag)
        if not self.diag.is_complex():
            hints.setdefault("is_self_adjoint", True)
        super().__init__(**hints)

    def _dense(self) -> Tensor:
        return torch.diag_embed(self.diag)

    def inverse(self, name: str = "inverse") -> LinearOperator:
        return LinearOperatorDiag(1 / self.diag)

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorDiag(self.diag.sqrt())


class LinearOperatorScaledIdentity(LinearOperatorDiag):
    """A number on the diagonal.

    Args:
        num_rows: Number of rows and columns.
        multiplier: The number, or one for each matrix of a batch.
        hints: What is known of it.
    """

    def __init__(self, num_rows: int, multiplier: Any, **hints: Any) -> None:
        hints.pop("assert_proper_shapes", None)
        self.multiplier = convert_to_tensor(multiplier)
        diagonal = self.multiplier[..., None].expand(*self.multiplier.shape, int(num_rows))
        super().__init__(diagonal, **hints)


class LinearOperatorIdentity(LinearOperatorScaledIdentity):
    """Ones on the diagonal.

    Args:
        num_rows: Number of rows and columns.
        batch_shape: How many matrices; None is one without an axis.
        dtype: Type of the numbers; None is float32.
        hints: What is known of it.
    """

    def __init__(
        self, num_rows: int, batch_shape: Any = None, dtype: Any = None, **hints: Any
    ) -> None:
        sizes = () if batch_shape is None else tuple(int(size) for size in batch_shape)
        kind = torch.float32 if dtype is None else torch_dtype(dtype)
        hints = {"is_positive_definite": True, "is_non_singular": True, **hints}
        super().__init__(num_rows, torch.ones(sizes, dtype=kind), **hints)


class LinearOperatorZeros(LinearOperatorFullMatrix):
    """Zeros alone.

    Args:
        num_rows: Number of rows.
        num_columns: Number of columns; None is as many.
        batch_shape: How many matrices.
        dtype: Type of the numbers; None is float32.
        hints: What is known of it.
    """

    def __init__(
        self,
        num_rows: int,
        num_columns: int | None = None,
        batch_shape: Any = None,
        dtype: Any = None,
        **hints: Any,
    ) -> None:
        hints.pop("assert_proper_shapes", None)
        sizes = () if batch_shape is None else tuple(int(size) for size in batch_shape)
        columns = num_rows if num_columns is None else num_columns
        kind = torch.float32 if dtype is None else torch_dtype(dtype)
        hints = {"is_self_adjoint": columns == num_rows, "is_non_singular": False, **hints}
        super().__init__(torch.zeros(*sizes, num_rows, columns, dtype=kind), **hints)


class LinearOperatorPermutation(LinearOperatorFullMatrix):
    """A matrix that puts rows in another order.

    Args:
        perm: ``(..., n)``: row i is row ``perm[i]`` of what it is multiplied with.
        dtype: Type of the numbers.
        hints: What is known of it.
    """

    def __init__(self, perm: Any, dtype: Any = torch.float32, **hints: Any) -> None:
        self.perm = convert_to_tensor(perm).long()
        rows = torch.nn.functional.one_hot(self.perm, self.perm.shape[-1])
        super().__init__(rows.to(torch_dtype(dtype)), **{"is_non_singular": True, **hints})


class LinearOperatorHouseholder(LinearOperatorFullMatrix):
    """The mirror image at the plane whose normal is a vector.

    Args:
        reflection_axis: ``(..., n)`` the normal, of any length.
        hints: What is known of it.
    """

    def __init__(self, reflection_axis: Any, **hints: Any) -> None:
        self.reflection_axis = convert_to_tensor(reflection_axis)
        normal = torch.nn.functional.normalize(self.reflection_axis, dim=-1)
        eye = torch.eye(normal.shape[-1], dtype=normal.dtype, device=normal.device)
        mirror = eye - 2 * normal[..., :, None] * normal[..., None, :]
        super().__init__(mirror, **{"is_self_adjoint": True, "is_non_singular": True, **hints})


class LinearOperatorToeplitz(LinearOperatorFullMatrix):
    """A matrix whose diagonals have one number each.

    Args:
        col: ``(..., n)`` the first column.
        row: ``(..., n)`` the first row; its first number doesn't count.
        hints: What is known of it.
    """

    def __init__(self, col: Any, row: Any, **hints: Any) -> None:
        self.col, self.row = convert_to_tensor(col), convert_to_tensor(row)
        size = self.col.shape[-1]
        numbers = torch.cat([self.row[..., 1:].flip(-1), self.col], dim=-1)
        places = torch.arange(size)[:, None] - torch.arange(size) + size - 1
        super().__init__(numbers[..., places], **hints)


class LinearOperatorAdjoint(LinearOperator):
    """Another operator, transposed and conjugated.

    Args:
        operator: The other one.
        hints: What is known of it.
    """

    def __init__(self, operator: LinearOperator, **hints: Any) -> None:
        super().__init__(**{**_hints_of(operator), **hints})
        self.operator = operator

    def _dense(self) -> Tensor:
        return self.operator.to_dense().mH


class LinearOperatorInversion(LinearOperator):
    """What undoes another operator.

    Args:
        operator: The other one.
        hints: What is known of it.
    """

    def __init__(self, operator: LinearOperator, **hints: Any) -> None:
        super().__init__(**{**_hints_of(operator), "is_non_singular": True, **hints})
        operator._check_square("inverse")
        self.operator = operator

    def _dense(self) -> Tensor:
        return torch.linalg.inv(self.operator.to_dense())


class _OfSeveral(LinearOperator):
    """An operator made of others."""

    takes_no_batches = False

    def __init__(self, operators: Sequence[LinearOperator], **hints: Any) -> None:
        self.operators = list(operators)
        if self.takes_no_batches and all(one.is_self_adjoint for one in self.operators):
            hints.setdefault("is_self_adjoint", True)
        super().__init__(**hints)
        if not self.operators:
            raise argument_error(self, "operators", operators, "one or more")
        if self.takes_no_batches and any(one.tensor_rank > 2 for one in self.operators):
            shapes = [tuple(one.shape) for one in self.operators]
            raise argument_error(self, "operators", shapes, "one matrix each, without a batch")


class LinearOperatorComposition(_OfSeveral):
    """The product of operators.

    Args:
        operators: From left to right.
        hints: What is known of it.
    """

    def _dense(self) -> Tensor:
        return functools.reduce(torch.matmul, [one.to_dense() for one in self.operators])


class LinearOperatorKronecker(_OfSeveral):
    """The Kronecker product of operators.

    Args:
        operators: From left to right.
        hints: What is known of it.
    """

    takes_no_batches = True

    def _dense(self) -> Tensor:
        return functools.reduce(torch.kron, [one.to_dense() for one in self.operators])


class LinearOperatorBlockDiag(_OfSeveral):
    """Operators one after the other along the diagonal.

    Args:
        operators: From the upper left.
        hints: What is known of it.
    """

    takes_no_batches = True

    def _dense(self) -> Tensor:
        return torch.block_diag(*[one.to_dense() for one in self.operators])


class LinearOperatorLowRankUpdate(LinearOperator):
    """``base + u @ diag(diag_update) @ v.H``.

    Args:
        base_operator: The operator that is changed.
        u: ``(..., rows, k)``.
        diag_update: ``(..., k)``; None is ones.
        v: ``(..., columns, k)``; None is ``u``.
        hints: What is known of it.
    """

    def __init__(
        self,
        base_operator: LinearOperator,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        **hints: Any,
    ) -> None:
        hints.pop("is_diag_update_positive", None)
        if v is None and base_operator.is_self_adjoint:
            hints.setdefault("is_self_adjoint", True)
        super().__init__(**hints)
        self.base_operator = base_operator
        self.u = convert_to_tensor(u)
        self.v = self.u if v is None else convert_to_tensor(v)
        self.diag_update = None if diag_update is None else convert_to_tensor(diag_update)

    def _dense(self) -> Tensor:
        left = self.u if self.diag_update is None else self.u * self.diag_update[..., None, :]
        return self.base_operator.to_dense() + left @ self.v.mH


def _hints_of(operator: LinearOperator) -> dict[str, Any]:
    names = ("is_non_singular", "is_self_adjoint", "is_positive_definite")
    return {name: getattr(operator, name) for name in names}
