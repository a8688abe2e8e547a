"""Tables from keys to values, which are looked up a tensor at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.text import Texts, as_texts, octets_of

from tensorflow import dtypes
from tensorflow.ragged import RaggedTensor
from tensorflow.sparse import SparseTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error, kind_error, moment_error
from torchkeras.layers.preprocessing.texts import hash_integers, hashes
from torchkeras.nn.hashing import bucket


class Table:
    """Base of the tables: values by key, and a value for keys that aren't there.

    Args:
        key_dtype, value_dtype: Types of the keys and values.
        default_value: What is found for keys that aren't there, in the shape of a value.
        name: A name.
    """

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, name: str | None
    ) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)
        self.default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self.name = name
        self._rows: dict[Any, Any] = {}

    @property
    def key_dtype(self) -> Any:
        """Type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> Any:
        """Type of the values."""
        return self._value_dtype

    def size(self, name: str | None = None) -> Tensor:
        """Number of keys."""
        return torch.tensor(len(self._rows))

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys, in their shape; ragged and sparse tensors stay so.

        Raises:
            TypeError: keys are of another type.
        """
        return self._look_up(keys, None)

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """All keys and all values."""
        return _keys(list(self._rows), self._key_dtype), self._joined(list(self._rows.values()))

    def _look_up(self, keys: Any, defaults: Any) -> Any:
        if isinstance(keys, RaggedTensor):
            return RaggedTensor(self._look_up(keys.values, defaults), keys.row_splits)
        if isinstance(keys, SparseTensor):
            return SparseTensor(keys.indices, self._look_up(keys.values, defaults), keys.shape)
        flat, shape = self._flat_keys(keys)
        found = list(map(self._rows.get, flat))
        if defaults is not None:
            own = convert_to_tensor(defaults, dtype=self._value_dtype)
            spare = own.reshape((len(flat), *own.shape[len(shape) :]))
            found = [spare[n] if value is None else value for n, value in enumerate(found)]
        values = self._joined(
            [
                self._missing(key) if value is None else value
                for key, value in zip(flat, found, strict=True)
            ]
        )
        return values.reshape((*shape, *values.shape[1:]))

    def _missing(self, key: Any) -> Any:
        """What stands for a key that isn't there."""
        return self.default_value

    def _flat_keys(self, keys: Any) -> tuple[list[Any], tuple[int, ...]]:
        """Keys as a list, and their shape.

        Raises:
            TypeError: they are of another type.
        """
        tensor = convert_to_tensor(keys)
        dtype = tensor.dtype if isinstance(tensor, Tensor) else dtypes.string
        if dtype != self._key_dtype and not (_is_integer(dtype) and _is_integer(self._key_dtype)):
            raise kind_error(
                type(self).__name__, "type of the keys", dtype, f"{self._key_dtype}",
                "Dtype of argument `keys` must be that of the table.",
            )  # fmt: skip
        if isinstance(tensor, Texts):
            return octets_of(tensor).ravel().tolist(), tensor.shape
        return tensor.ravel().tolist(), tuple(tensor.shape)

    def _joined(self, values: Sequence[Any]) -> Any:
        """Values along a new first axis."""
        if self._value_dtype is dtypes.string:
            return as_texts(np.stack([np.asarray(value) for value in values]))
        if not values:
            return torch.zeros(0, dtype=self._value_dtype)
        if isinstance(values[0], Tensor) and values[0].ndim:
            return torch.stack(list(values))
        return torch.tensor([_number(value) for value in values], dtype=self._value_dtype)

    def _put(self, keys: Any, values: Any) -> None:
        """Set values of keys.

        Raises:
            ValueError: there isn't one value for each key.
        """
        flat, shape = self._flat_keys(keys)
        tensor = convert_to_tensor(values, dtype=self._value_dtype)
        inner = tuple(self.default_value.shape)
        if tuple(tensor.shape) != (*shape, *inner):
            raise argument_error(
                type(self).__name__, "shape of the values", tuple(tensor.shape),
                f"{(*shape, *inner)}, one for each key",
            )  # fmt: skip
        rows = tensor.reshape((len(flat), *inner))
        numbers = rows.tolist() if not inner and isinstance(rows, Tensor) else rows
        self._rows.update(zip(flat, numbers, strict=True))


class StaticHashTable(Table):
    """A table that is filled once.

    Args:
        initializer: ``KeyValueTensorInitializer`` or ``TextFileInitializer``.
        default_value: What is found for keys that aren't there.
        name, experimental_is_anonymous: Change nothing here: a table belongs to who holds it.

    Raises:
        ValueError: a key has several values.

    Source: ``tf.lookup.StaticHashTable``.

    Example:
        >>> table = StaticHashTable(KeyValueTensorInitializer(["a"], [7]), -1)  # doctest: +SKIP
        >>> table.lookup(["a", "b"]).tolist()  # doctest: +SKIP
        [7, -1]
    """

    def __init__(
        self,
        initializer: Any,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype, default_value, name)
        keys, values = initializer.pairs()
        self._put(keys, values)
        if len(self._rows) < len(keys) and not self._agrees_with(keys, values):
            raise argument_error(self, "values", "several of one key", "one value for each key")

    def _agrees_with(self, keys: Any, values: Any) -> bool:
        """Whether keys have these values."""
        return bool(np.array_equal(np.asarray(self.lookup(keys)), np.asarray(values)))


class StaticVocabularyTable(Table):
    """A table that numbers what it doesn't know behind what it knows, by hash.

    Args:
        initializer: Keys and their numbers, int64; None means that nothing is known.
        num_oov_buckets: How many numbers there are for unknown keys, 1 or more.
        lookup_key_dtype: Type of the keys; None takes that of ``initializer``.
        name, experimental_is_anonymous: Change nothing here: a table belongs to who holds it.

    Raises:
        TypeError: the values aren't int64.
        ValueError: there are no numbers for unknown keys.

    Source: ``tf.lookup.StaticVocabularyTable``.
    """

    def __init__(
        self,
        initializer: Any,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        if int(num_oov_buckets) < 1:
            raise argument_error(
                self, "num_oov_buckets", num_oov_buckets, "1 or more", "Else use StaticHashTable."
            )
        if initializer is not None and initializer.value_dtype != torch.int64:
            raise kind_error(self, "type of the values", initializer.value_dtype, "tf.int64")
        own = dtypes.string if initializer is None else initializer.key_dtype
        super().__init__(lookup_key_dtype or own, torch.int64, -1, name)
        if initializer is not None:
            self._put(*initializer.pairs())
        self._known = len(self._rows)
        self._buckets = int(num_oov_buckets)

    def size(self, name: str | None = None) -> Tensor:
        """Number of keys and of numbers for unknown ones."""
        return torch.tensor(self._known + self._buckets)

    def _missing(self, key: Any) -> int:
        if isinstance(key, bytes):
            code = hashes([key])
        else:
            code = hash_integers(torch.tensor([key]))
        return self._known + int(bucket(code, self._buckets))


class MutableHashTable(Table):
    """A table that changes.

    Args:
        key_dtype, value_dtype: Types of the keys and values.
        default_value: What is found for keys that aren't there, in the shape of a value.
        checkpoint: Changes nothing here: tables are in no checkpoint; see ``export``.
        name, experimental_is_anonymous: Change nothing here: a table belongs to who holds it.

    Source: ``tf.lookup.experimental.MutableHashTable``.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype, default_value, name)

    def lookup(self, keys: Any, dynamic_default_values: Any = None, name: str | None = None) -> Any:
        """The values of keys, in their shape.

        Args:
            keys: The keys.
            dynamic_default_values: What is found for each key that isn't there; None takes the
                table's default.
            name: Accepted.
        """
        return self._look_up(keys, dynamic_default_values)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> None:
        """Set the values of keys."""
        self._put(keys, values)

    def remove(self, keys: Any, name: str | None = None) -> None:
        """Forget keys; those that aren't there are passed over."""
        for key in self._flat_keys(keys)[0]:
            self._rows.pop(key, None)


class DenseHashTable(MutableHashTable):
    """A table that changes, in which two keys are reserved.

    Args:
        key_dtype, value_dtype: Types of the keys and values.
        default_value: What is found for keys that aren't there, in the shape of a value.
        empty_key, deleted_key: Keys that can't be used.
        checkpoint: Changes nothing here: tables are in no checkpoint; see ``export``.
        initial_num_buckets, name, experimental_is_anonymous: Change nothing here: a table grows by
            itself and belongs to who holds it.

    Raises:
        ValueError: a reserved key is used.

    Source: ``tf.lookup.experimental.DenseHashTable``.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype, default_value, name)
        self._reserved: set[Any] = set()
        reserved = [self._flat_keys(key)[0][0] for key in (empty_key, deleted_key)]
        self._reserved.update(reserved)
        if len(self._reserved) < 2:
            raise argument_error(self, "deleted_key", deleted_key, "another than empty_key")

    def _flat_keys(self, keys: Any) -> tuple[list[Any], tuple[int, ...]]:
        flat, shape = super()._flat_keys(keys)
        for key in self._reserved.intersection(flat):
            raise argument_error(
                self, "keys", key, "others than empty_key and deleted_key, which are reserved"
            )
        return flat, shape

    insert_or_assign = MutableHashTable.insert
    erase = MutableHashTable.remove


def _keys(keys: list[Any], dtype: Any) -> Any:
    if dtype is dtypes.string:
        return as_texts(keys)
    return torch.tensor(keys, dtype=dtype)


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def _is_integer(dtype: Any) -> bool:
    return dtype in (torch.int32, torch.int64)
