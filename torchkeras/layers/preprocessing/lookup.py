"""Strings and integers as their places in a vocabulary, and back."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.configurable import generic
from torchkeras.core.scopes import local
from torchkeras.layers.preprocessing.adapting import as_numbers
from torchkeras.layers.preprocessing.index_lookup import UNKNOWN, IndexLookup, LookupOptions
from torchkeras.layers.preprocessing.texts import (
    as_str,
    flat_texts,
    hash_integers,
    hashes,
    is_text,
    of_one_kind,
    text_array,
)
from torchkeras.nn import hashing

# A table has a place for each integer between the least and the greatest, if these are at most so
# many, or so many for each token; else tokens are searched for.
_ALWAYS_DENSE, _DENSE = 2**16, 16


class IntegerLookup(IndexLookup):
    """Index of each integer in a vocabulary, or with ``invert`` the integer at each index.

    Args:
        vocabulary_dtype: ``"int64"``.
        name: Name; None makes one up.
        **options: See ``LookupOptions`` and ``LayerOptions``.

    Other arguments are those of ``IndexLookup``, tokens being integers.

    Source: Keras 3 ``IntegerLookup``; ``torch.searchsorted``.

    Example:
        >>> layer = keras.layers.IntegerLookup(vocabulary=[12, 36, 1138])
        >>> layer([[12, 1138, 42]])
        tensor([[1, 3, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int | None = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: int | Sequence[int] | None = None,
        name: str | None = None,
        **options: Unpack[LookupOptions],
    ) -> None:
        if vocabulary_dtype not in ("int64", "int32"):
            raise argument_error(
                type(self), "vocabulary_dtype", vocabulary_dtype, "'int64'",
                "Only `vocabulary_dtype='int64'` is supported.",
            )  # fmt: skip
        if salt is not None and oov_method != "farmhash":
            raise argument_error(type(self), "salt", salt, "None unless oov_method is 'farmhash'")
        self.__dict__["vocabulary_dtype"] = vocabulary_dtype
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            oov_method=oov_method,
            salt=salt,
            name=name,
            **options,
        )

    def _token_of(self, token: Any) -> int:
        try:
            return int(token)
        except (TypeError, ValueError):
            raise kind_error(self, "vocabulary", f"with {token!r} in it", "integers") from None

    def _index_tokens(self) -> None:
        start = self._token_start_index()
        tokens = torch.tensor(self._tokens, dtype=torch.int64)
        low, high = (int(tokens.min()), int(tokens.max())) if len(tokens) else (0, 0)
        self.__dict__["_low"] = low
        is_narrow = high - low < max(_DENSE * len(tokens), _ALWAYS_DENSE)
        if is_narrow and low > -(2**62) and high < 2**62:  # a place for each integer
            keys = torch.full((high - low + 3,), UNKNOWN)
            keys[tokens - low + 1] = torch.arange(start, start + len(tokens))
            places = keys.new_zeros(0)
        else:
            keys, order = tokens.sort()
            places = order + start
        mask = (self.mask_token or 0,) * self._oov_start_index()
        values = torch.tensor([*mask, self.oov_token or 0, *self._tokens], dtype=torch.int64)
        for name, tensor in (("keys", keys), ("places", places), ("values", values)):
            self.register_buffer(name, tensor.to(self._chosen_device), persistent=False)

    def _found(self, inputs: Tensor) -> Tensor:
        """The place of each integer in the vocabulary, -1 for those that aren't in it."""
        if not len(self.places):
            low = self._low
            return self.keys[inputs.clamp(low - 1, low + len(self.keys) - 2) - (low - 1)]
        place = torch.searchsorted(self.keys, inputs).clamp(max=len(self.keys) - 1)
        return torch.where(self.keys[place] == inputs, self.places[place], UNKNOWN)

    def _array_of(self, data: Any) -> np.ndarray:
        array = as_numbers(data)
        if array.dtype.kind not in "iufb":
            raise kind_error(self, "data", f"an array of {array.dtype}", "integers")
        return array.astype(np.int64)

    def _flat(self, array: np.ndarray) -> list[int]:
        return array.ravel().tolist()

    def _indices(self, inputs: Any) -> Tensor:
        inputs = self.tensor_of(inputs).to(torch.int64)
        indices = self._found(inputs)
        if self.num_oov_indices == 1:
            indices = torch.where(indices == UNKNOWN, self._default_index(), indices)
        if self.mask_token is not None:
            indices = torch.where(inputs == self.mask_token, self._mask_index(), indices)
        if self.num_oov_indices == 0:
            self._check_known(indices, inputs)
        elif self.num_oov_indices > 1:
            indices = torch.where(indices == UNKNOWN, self._bucket(inputs), indices)
        return indices

    def _check_known(self, indices: Tensor, inputs: Tensor) -> None:
        """Raise if an integer is unknown; only this setting makes the host wait for the device."""
        unknown = indices == UNKNOWN
        if local.shape_run:
            return
        if torch.compiler.is_compiling():
            torch._assert_async(~unknown.any(), "IntegerLookup: a token isn't in the vocabulary.")
        elif unknown.any():
            raise self._unknown_error(inputs[unknown].tolist())

    def _bucket(self, inputs: Tensor) -> Tensor:
        count = self.num_oov_indices
        if self.oov_method == "floormod":
            return inputs % count + self._oov_start_index()
        return hashing.bucket(hash_integers(inputs, self.salt), count) + self._oov_start_index()

    def _inverted(self, indices: Tensor) -> Tensor:
        # values: the mask token if there is one, one OOV token, the vocabulary.
        start, shift = self._oov_start_index(), self.num_oov_indices - 1
        place = torch.where(indices < self._token_start_index(), start, indices - shift)
        place = torch.where((place < 0) | (place >= len(self.values)), start, place)
        if self.mask_token is not None:
            place = torch.where(indices == 0, 0, place)
        return self.values[place]


class StringLookup(IndexLookup):
    """Index of each string in a vocabulary, or with ``invert`` the string at each index.

    Strings come and go in NumPy arrays; indices come from and go to tensors.

    Args:
        encoding: Encoding of tokens given as bytes.
        name: Name; None makes one up.
        oov_method: Changes nothing, since strings are always hashed; files have it.
        **options: See ``LookupOptions`` and ``LayerOptions``.

    Other arguments are those of ``IndexLookup``, tokens being strings.

    Source: Keras 3 ``StringLookup``.

    Example:
        >>> layer = keras.layers.StringLookup(vocabulary=["a", "b", "c"])
        >>> layer([["a", "c", "z"]])
        tensor([[1, 3, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str | None = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: int | Sequence[int] | None = None,
        oov_method: str = "floormod",
        **options: Unpack[LookupOptions],
    ) -> None:
        self.__dict__["encoding"] = encoding
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            oov_method=oov_method,
            salt=salt,
            name=name,
            **options,
        )

    def _token_of(self, token: Any) -> str:
        if isinstance(token, bytes):
            return token.decode(self.encoding, "surrogateescape")
        if not isinstance(token, str):
            raise kind_error(self, "vocabulary", f"with {token!r} in it", "strings")
        return str(token)

    @property
    def _gives_text(self) -> bool:  # type: ignore[override]
        return self.invert

    @property
    def _takes_text(self) -> bool:  # type: ignore[override]
        return not self.invert

    def _index_tokens(self) -> None:
        self.__dict__["_tables"] = {}

    def _table(self, encoding: str | None) -> dict[Any, int]:
        """The index of each token: as ``str``, or as bytes in an encoding."""
        table = self._tables.get(encoding)
        if table is None:
            start = self._token_start_index()
            table = {token: place for place, token in enumerate(self._tokens, start)}
            if self.mask_token is not None:
                table[self.mask_token] = self._mask_index()
            if encoding is not None:
                table = {
                    token.encode(encoding, "surrogateescape"): place
                    for token, place in table.items()
                }
            self._tables[encoding] = table
        return table

    def _array_of(self, data: Any) -> np.ndarray:
        if not is_text(data):
            given = f"a {type(data).__name__} of {getattr(data, 'dtype', 'other things')}"
            raise kind_error(self, "data", given, "strings", "IntegerLookup takes integers.")
        return text_array(data)

    def _flat(self, array: np.ndarray) -> list[Any]:
        return flat_texts(self, array)

    def _indices(self, inputs: Any) -> Tensor:
        array = self._array_of(inputs)
        return self.lookup(flat_texts(self, array)).reshape(array.shape)

    def lookup(self, texts: list[Any], encoding: str | None = None) -> Tensor:
        """``(n,)`` indices of strings.

        Args:
            texts: The strings, all ``str`` or all ``bytes``.
            encoding: That of bytes; None is the layer's.
        """
        is_bytes = bool(texts) and isinstance(texts[0], bytes)
        table = self._table((encoding or self.encoding) if is_bytes else None)
        default = self._default_index()
        indices = np.fromiter(map(table.get, texts, repeat(default)), np.int64, len(texts))
        if self.num_oov_indices != 1:
            unknown = np.flatnonzero(indices == UNKNOWN)
            if len(unknown):
                rest = [texts[place] for place in unknown.tolist()]
                if self.num_oov_indices == 0:
                    raise self._unknown_error([as_str(text) for text in rest])
                bucket = hashing.bucket(hashes(rest, self.salt), self.num_oov_indices)
                indices[unknown] = bucket.numpy() + self._oov_start_index()
        return torch.from_numpy(indices).to(self._chosen_device)

    def _inverted(self, indices: Tensor) -> np.ndarray:
        tokens = np.empty(self.vocabulary_size() + 1, dtype=object)
        tokens[:-1] = self.get_vocabulary()
        tokens[-1] = self.oov_token
        places = indices.cpu().numpy()
        inside = (places >= 0) & (places < len(tokens) - 1)
        return tokens[np.where(inside, places, -1)]

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["vocabulary"] is not None:
            config["vocabulary"] = of_one_kind(self, config["vocabulary"])
            config["vocabulary"] = [self._token_of(token) for token in config["vocabulary"]]
        return config
