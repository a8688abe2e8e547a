"""Policies of quantized layers, policies by layer path, and finding one by name."""

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import torch

from torchkeras.core import serialization
from torchkeras.core.checks import argument_error, kind_error, nearest
from torchkeras.core.dtypes import (
    DTypePolicy,
    FloatDTypePolicy,
    dtype_policy,
    set_default_policy,
    standardize_dtype,
)

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """Policy of a layer whose weights are quantized: ``"<mode>_from_<source_name>"``.

    Args:
        mode: ``"int8"``, ``"float8"``, ``"int4"``, ``"gptq"`` or ``"awq"``.
        source_name: Name of the policy that the layer had before; None is the default's.

    Raises:
        ValueError: an unknown mode or source, or int8 of a layer that computes in float16.

    Example:
        >>> QuantizedDTypePolicy("int8", "mixed_bfloat16").name
        'int8_from_mixed_bfloat16'
    """

    fields: tuple[str, ...] = ()  # what follows the mode, joined by slashes

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        source_name = dtype_policy().name if source_name is None else source_name
        super().__init__(source_name)
        base = self._read_mode(mode)
        if base == "int8" and self.compute_dtype == "float16":
            raise argument_error(
                self, "mode", mode, "another one than int8, which doesn't work well with float16"
            )
        self._name = f"{mode}_from_{source_name}"
        self._source_name = source_name
        self._quantization_mode = base
        self._written_mode = mode

    def _read_mode(self, mode: str) -> str:
        """The mode without its numbers, which become attributes."""
        if mode not in QUANTIZATION_MODES:
            raise argument_error(
                self,
                "mode",
                mode,
                f"one of {QUANTIZATION_MODES}",
                f"Invalid quantization mode. {nearest(mode, QUANTIZATION_MODES)}".rstrip(),
            )
        return mode

    @property
    def quantization_mode(self) -> str:
        """Mode, without the numbers that some modes have."""
        return self._quantization_mode

    def get_config(self) -> dict[str, Any]:
        return {"mode": self._written_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """Policy of a layer that multiplies in float8.

    Args:
        mode: ``"float8"``.
        source_name: Name of the policy that the layer had before; None is the default's.
        amax_history_length: Steps whose largest values the scales look back on.

    Raises:
        TypeError: ``amax_history_length`` is no integer.
    """

    default_amax_history_length = 1024

    def __init__(
        self, mode: str, source_name: str | None = None, amax_history_length: int = 1024
    ) -> None:
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise kind_error(self, "amax_history_length", amax_history_length, "an integer")
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self) -> int:
        """Steps whose largest values the scales look back on."""
        return self._amax_history_length

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _NumberedPolicy(QuantizedDTypePolicy):
    """A policy whose mode is followed by numbers, ``"<base>/<field>/..."``."""

    base = ""

    def _read_mode(self, mode: str) -> str:
        form = "/".join([self.base, *(f"<{field}>" for field in self.fields)])
        parts = mode.split("/") if isinstance(mode, str) else []
        if len(parts) != 1 + len(self.fields) or parts[0] != self.base:
            raise argument_error(self, "mode", mode, f"a string of the form '{form}'")
        for field, text in zip(self.fields, parts[1:], strict=True):
            if not re.fullmatch(r"-?\d+", text):
                raise argument_error(self, "mode", mode, f"'{form}' with an integer <{field}>")
            self._check_number(mode, field, int(text))
            setattr(self, field, int(text))
        self.mode = self.base
        return self.base

    bits: tuple[int, ...] = ()

    def _check_number(self, mode: str, field: str, number: int) -> None:
        if field == "weight_bits" and number not in self.bits:
            raise argument_error(self, "mode", mode, f"weight_bits in {self.bits}")
        if field != "weight_bits" and (number < -1 or number == 0):
            raise argument_error(self, "mode", mode, f"a {field} of -1 or a positive integer")


class Int4DTypePolicy(_NumberedPolicy):
    """Policy of a layer with int4 weights in blocks.

    Args:
        mode: ``"int4/<block_size>"``; a block size of -1 is one scale per output.
        source_name: Name of the policy that the layer had before; None is the default's.

    Raises:
        ValueError: ``mode`` isn't of that form.

    Example:
        >>> Int4DTypePolicy("int4/64", "float32").block_size
        64
    """

    base = "int4"
    fields = ("block_size",)


class GPTQDTypePolicy(_NumberedPolicy):
    """Policy of a layer quantized by GPTQ.

    Args:
        mode: ``"gptq/<weight_bits>/<group_size>"`` with 2, 3, 4 or 8 bits; a group size of -1 is
            all inputs.
        source_name: Name of the policy that the layer had before; None is the default's.

    Raises:
        ValueError: ``mode`` isn't of that form.
    """

    base = "gptq"
    fields = ("weight_bits", "group_size")
    bits = (2, 3, 4, 8)


class AWQDTypePolicy(_NumberedPolicy):
    """Policy of a layer quantized by AWQ.

    Args:
        mode: ``"awq/4/<group_size>"``; a group size of -1 is all inputs.
        source_name: Name of the policy that the layer had before; None is the default's.

    Raises:
        ValueError: ``mode`` isn't of that form.
    """

    base = "awq"
    fields = ("weight_bits", "group_size")
    bits = (4,)


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies by layer path, with one for all other layers.

    A key is a path, or a regular expression that matches whole paths; an exact path comes first.

    Args:
        default_policy: Policy of paths that match no key; None is the global default.
        policy_map: Dictionary from key to policy.

    Raises:
        ValueError: the default is a map itself; a key is set twice; a path matches several keys.
        TypeError: ``policy_map`` is no dictionary.

    Example:
        >>> policies = keras.dtype_policies.DTypePolicyMap("float32")
        >>> policies["encoder/.*"] = "bfloat16"
        >>> policies["encoder/dense"].name, policies["decoder/dense"].name
        ('bfloat16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: Any = None) -> None:
        if isinstance(default_policy, DTypePolicyMap):
            raise argument_error(
                "DTypePolicyMap", "default_policy", default_policy, "a policy that is no map"
            )
        if policy_map is not None and not isinstance(policy_map, dict):
            raise kind_error("DTypePolicyMap", "policy_map", policy_map, "a dictionary")
        self._default = None if default_policy is None else get_policy(default_policy)
        self._default_as_given = default_policy
        self._policies: dict[str, DTypePolicy] = {}
        self.update(policy_map or {})

    @property
    def default_policy(self) -> DTypePolicy:
        """Policy of paths that match no key; at the time of asking if none was given."""
        return dtype_policy() if self._default is None else self._default

    @property
    def name(self) -> str:
        """Name of the map, after its default."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        """The default policy's type of computation."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The default policy's type of weights."""
        return self.default_policy.variable_dtype

    @property
    def torch_compute_dtype(self) -> torch.dtype | None:
        """The default policy's type of computation, as torch's."""
        return self.default_policy.torch_compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The default policy's mode."""
        return self.default_policy.quantization_mode

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policies:
            return self._policies[key]
        matching = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                f"DTypePolicyMap: path {key!r} matches multiple keys: {matching}; expected at "
                "most one."
            )
        return self._policies[matching[0]] if matching else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policies:
            raise argument_error(
                "DTypePolicyMap",
                "key",
                key,
                "one that isn't set yet",
                f"It already exists with {self._policies[key]!r}.",
            )
        self._policies[key] = get_policy(policy)

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    __hash__ = DTypePolicy.__hash__
    __eq__ = DTypePolicy.__eq__

    def get_config(self) -> dict[str, Any]:
        default = self._default_as_given
        return {
            "default_policy": default
            if default is None or isinstance(default, str)
            else serialization.serialize_keras_object(self._default),
            "policy_map": serialization.serialize_keras_object(self._policies),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "DTypePolicyMap":
        """A map made from what ``get_config`` gave.

        Args:
            config: The configuration.
            custom_objects: Classes of users' own policies by name.
        """
        policies = serialization.deserialize_keras_object(
            config.get("policy_map") or {}, custom_objects=custom_objects
        )
        return cls(config.get("default_policy"), policies)

    def __repr__(self) -> str:
        default = None if self._default is None else self._default.name
        named = {key: policy.name for key, policy in self.items()}
        return f"<DTypePolicyMap default_policy={default}, policies={named}>"


def set_dtype_policy(policy: Any) -> None:
    """Make ``policy`` (a policy or its name) the one of layers made from now on.

    Raises:
        ValueError: there is no such policy.
    """
    set_default_policy(get_policy(policy))


def get_policy(identifier: Any) -> DTypePolicy:
    """The policy meant by a policy, a name, a dtype, a config or None (the default).

    Raises:
        ValueError: there is no such policy.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return _from_config(identifier)
    if isinstance(identifier, str):
        return _by_name(identifier)
    name = getattr(identifier, "name", None)
    if isinstance(name, str) and hasattr(identifier, "compute_dtype"):
        return _by_name(name)  # a policy of another generation
    return DTypePolicy(standardize_dtype(identifier))


def _by_name(name: str) -> DTypePolicy:
    mode, separator, source_name = name.partition("_from_")
    if not separator:
        return DTypePolicy(name)
    base = mode.split("/")[0]
    cls = _CLASS_OF_MODE.get(base, QuantizedDTypePolicy)
    if base == "int4" and "/" not in mode:
        cls = QuantizedDTypePolicy
    return cls(mode, source_name)


def _from_config(config: dict[str, Any]) -> DTypePolicy:
    if isinstance(config.get("class_name"), str) and "config" in config:
        policy = serialization.deserialize_keras_object(config)
        if isinstance(policy, DTypePolicy):
            return policy
    elif "policy_map" in config:
        return DTypePolicyMap.from_config(config)
    elif isinstance(config.get("name"), str):
        return _by_name(config["name"])
    raise argument_error("dtype policy", "config", config, "a dictionary with a name")


_CLASS_OF_MODE = {
    "int4": Int4DTypePolicy,
    "gptq": GPTQDTypePolicy,
    "awq": AWQDTypePolicy,
    "float8": QuantizedFloat8DTypePolicy,
}

__all__ = [
    "QUANTIZATION_MODES",
    "AWQDTypePolicy",
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "get_policy",
    "set_dtype_policy",
]
