"""Names of number types and the policies that say which one computes and which one is stored."""

from typing import Any

import numpy as np
import torch

from torchkeras.core import settings
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.configurable import Configurable

TORCH_DTYPES: dict[str, torch.dtype] = {
    "bool": torch.bool,
    "uint8": torch.uint8,
    "uint16": torch.uint16,
    "uint32": torch.uint32,
    "uint64": torch.uint64,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
    "complex64": torch.complex64,
    "complex128": torch.complex128,
    "float8_e4m3fn": torch.float8_e4m3fn,
    "float8_e5m2": torch.float8_e5m2,
}
NAMES: dict[torch.dtype, str] = {dtype: name for name, dtype in TORCH_DTYPES.items()}
_OTHER_WORDS = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "int": "int32",
    "long": "int64",
    "str": "string",
    "string": "string",
    "object": "string",
    "int4": "int4",
}
_PYTHON = {bool: "bool", int: "int32", float: None, str: "string", complex: "complex64"}
_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


def standardize_dtype(dtype: Any) -> str:
    """Name of a number type, as Keras spells it.

    Args:
        dtype: A name, a torch or NumPy dtype, a Python type, or None for ``floatx()``.

    Raises:
        ValueError: there is no such type.
    """
    if isinstance(dtype, torch.dtype):
        return NAMES[dtype]
    if dtype is None:
        return settings.floatx()
    if isinstance(dtype, str):
        if dtype in TORCH_DTYPES:
            return dtype
        name = dtype.removeprefix("torch.")
        if name in TORCH_DTYPES:
            return name
        if name in _OTHER_WORDS:
            return _OTHER_WORDS[name]
    elif isinstance(dtype, type) and dtype in _PYTHON:
        return _PYTHON[dtype] or settings.floatx()
    else:
        name = getattr(dtype, "name", None)
        if name is None and isinstance(dtype, type):
            name = np.dtype(dtype).name
        if isinstance(name, str):
            return standardize_dtype("string" if name.startswith(("str", "bytes")) else name)
    raise argument_error(
        "dtype", "name", dtype, "the name of a number type", nearest(dtype, TORCH_DTYPES)
    )


def torch_dtype(dtype: Any) -> torch.dtype:
    """The torch dtype of a name, a NumPy dtype, a Python type or None (``floatx()``)."""
    if isinstance(dtype, torch.dtype):
        return dtype
    name = standardize_dtype(dtype)
    if name not in TORCH_DTYPES:
        raise argument_error(
            "dtype", "name", dtype, "a type that torch tensors can have", "Strings stay in NumPy."
        )
    return TORCH_DTYPES[name]


def is_floating(dtype: Any) -> bool:
    """Whether a type is a (real) float type."""
    return standardize_dtype(dtype) != "string" and torch_dtype(dtype).is_floating_point


class DTypePolicy(Configurable):
    """Which type a layer computes in and which one its weights have.

    Args:
        name: A float type for both, ``"mixed_float16"`` or ``"mixed_bfloat16"`` (computes in half
            precision, stores float32). None: the default policy's name.

    Raises:
        ValueError: there is no such policy.

    Example:
        >>> DTypePolicy("mixed_bfloat16").compute_dtype
        'bfloat16'
    """

    def __init__(self, name: str | None = None) -> None:
        name = name if name is not None else dtype_policy().name
        if not isinstance(name, str):
            raise argument_error("DTypePolicy", "name", name, "a string")
        self._name = name
        self._compute_dtype, self._variable_dtype = self._parse_name(name)
        self.torch_compute_dtype = TORCH_DTYPES.get(self._compute_dtype)
        self.torch_variable_dtype = TORCH_DTYPES.get(self._variable_dtype)
        self.is_mixed = self._compute_dtype != self._variable_dtype

    def _parse_name(self, name: str) -> tuple[str, str]:
        if name in _MIXED:
            return _MIXED[name], "float32"
        try:
            dtype = standardize_dtype(name)
        except ValueError:
            raise argument_error(
                "DTypePolicy",
                "name",
                name,
                "a float type, 'mixed_float16' or 'mixed_bfloat16'",
                "Cannot convert '"
                + name
                + "' to a dtype policy. "
                + nearest(name, [*TORCH_DTYPES, *_MIXED]),
            ) from None
        return dtype, dtype

    @property
    def name(self) -> str:
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """Type in which layers of this policy compute and return."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """Type of the weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """Mode of a quantized policy; None for the others."""
        return None

    def convert_input(self, x: Any, autocast: bool = True, dtype: Any = None) -> Any:
        """``x`` as a tensor, cast to ``dtype`` if it is a float tensor and ``autocast`` is on."""
        if not isinstance(x, torch.Tensor):
            x = torch.as_tensor(x)
        target = torch_dtype(dtype) if dtype is not None else self.torch_compute_dtype
        if autocast and x.is_floating_point() and x.dtype != target:
            return x.to(target)
        return x

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A policy made from what ``get_config`` gave.

        Args:
            config: The configuration.
            custom_objects: Accepted for older scripts: nothing in a policy is a user's object.
        """
        return super().from_config(config)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DTypePolicy) or other._kind() is not self._kind():
            return False
        return other.get_config() == self.get_config()

    def _kind(self) -> type:
        """Class in comparisons, in which the older name of one is the same."""
        return DTypePolicy if type(self) is FloatDTypePolicy else type(self)

    def __hash__(self) -> int:
        return hash((self._kind().__name__, self.name))

    def __repr__(self) -> str:
        return f'<{self._kind().__name__} "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """``DTypePolicy`` under the name that older configurations use."""


class _Default:
    """The policy in force, and the one that follows ``floatx()`` until a user sets another."""

    policy: DTypePolicy | None = None
    automatic: DTypePolicy | None = None


def dtype_policy() -> DTypePolicy:
    """The policy of layers made without one; at first that of ``floatx()``."""
    policy = _Default.policy
    if policy is None or (policy is _Default.automatic and policy.name != settings.floatx()):
        policy = _Default.policy = _Default.automatic = DTypePolicy(settings.floatx())
    return policy


def set_default_policy(policy: DTypePolicy) -> None:
    """Make ``policy`` the one of layers made from now on."""
    _Default.policy = policy
    _Default.automatic = None
