"""``keras.dtype_policies``: which number type a layer computes in, and which its weights have."""

from typing import Any

from torchkeras.core import serialization
from torchkeras.core.dtypes import DTypePolicy, FloatDTypePolicy
from torchkeras.core.policies import (
    AWQDTypePolicy,
    DTypePolicyMap,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
    get_policy,
)


def get(identifier: Any) -> Any:
    """The policy meant by a policy, a name, a dtype, a configuration or None (the default).

    Raises:
        ValueError: there is no such policy.

    Source: Keras 3 ``dtype_policies.get``.

    Example:
        >>> keras.dtype_policies.get("mixed_bfloat16").compute_dtype
        'bfloat16'
    """
    return get_policy(identifier)


def serialize(dtype_policy: Any) -> dict[str, Any]:
    """The configuration of a policy, as Keras writes it."""
    return serialization.serialize_keras_object(dtype_policy)


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The policy that ``serialize`` was given.

    Raises:
        TypeError: the configuration names no policy.
    """
    return serialization.deserialize_keras_object(config, custom_objects=custom_objects)


__all__ = [
    "AWQDTypePolicy",
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "deserialize",
    "get",
    "serialize",
]
