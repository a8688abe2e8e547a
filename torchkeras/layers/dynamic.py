"""Vocabularies that follow the data in training (tf.keras 2)."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import initializers
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import InitializerLike, Shape
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.embedding import Embedding
from torchkeras.layers.preprocessing.categories import Categorical
from torchkeras.layers.preprocessing.texts import is_text
from torchkeras.tracer import KerasTensor

# How many more tokens are counted than the vocabulary has.
_SURPLUS = 1.2


class DynamicLookup(Categorical):
    """Index of each token in a vocabulary; all tokens met are counted, to renew it from.

    The rarest tokens make room for new ones. Whatever isn't in the vocabulary has the index
    ``vocabulary_size``.

    Args:
        vocabulary_size: Number of tokens, 1 or more.
        initial_vocabulary: The tokens to begin with: strings or integers.
        eviction_policy: ``"LFU"``: the least frequently used go.

    Shape:
        inputs: tokens, any shape.
        output: their indices, int64.

    Raises:
        ValueError: an argument is out of range.

    Source: tf.keras 2 ``experimental.DynamicLookup``.

    Example:
        >>> layer = keras.layers.experimental.DynamicLookup(3, ["apple", "banana", "cherry"])
        >>> layer(np.array([["apple", "banana", "date"]]))
        tensor([[0, 1, 3]])
        >>> layer.get_top_vocabulary(2).tolist()
        ['apple', 'banana']
    """

    def __init__(
        self,
        vocabulary_size: int,
        initial_vocabulary: Any,
        eviction_policy: str = "LFU",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not isinstance(vocabulary_size, int) or vocabulary_size < 1:
            raise argument_error(self, "vocabulary_size", vocabulary_size, "an integer, 1 or more")
        if eviction_policy != "LFU":
            raise argument_error(
                self, "eviction_policy", eviction_policy, "'LFU', the only one there is"
            )
        tokens = _tokens(initial_vocabulary)
        if tokens.ndim != 1 or not 0 < len(tokens) <= vocabulary_size:
            raise argument_error(
                self, "initial_vocabulary", initial_vocabulary,
                f"1 to {vocabulary_size} strings or integers",
            )  # fmt: skip
        self.vocabulary_size = vocabulary_size
        self.initial_vocabulary = tokens.tolist()
        self.eviction_policy = eviction_policy
        self.internal_table_size = int(vocabulary_size * _SURPLUS)
        self.vocabulary_dtype = "string" if tokens.dtype == object else str(tokens.dtype)
        self.__dict__["_counts"] = dict.fromkeys(tokens.tolist(), 0)
        self.set_vocabulary(tokens)

    def set_vocabulary(self, tokens: Any) -> None:
        """Look up in these tokens from now on."""
        self.__dict__["vocabulary"] = _tokens(tokens)
        self.__dict__["_indices"] = {token: n for n, token in enumerate(self.vocabulary.tolist())}

    @property
    def vocabulary_table_keys(self) -> np.ndarray:
        """The tokens that are counted."""
        return _tokens(list(self._counts))

    @property
    def vocabulary_table_values(self) -> np.ndarray:
        """How often each was met: batches that had it."""
        return np.array(list(self._counts.values()), dtype="int32")

    def call(self, inputs: Any, learn_vocab: bool = True) -> Tensor:
        tokens = _tokens(inputs)
        flat = tokens.reshape(-1).tolist()
        if learn_vocab:
            self.update_internal_vocabulary(dict.fromkeys(flat))
        found = [self._indices.get(token, self.vocabulary_size) for token in flat]
        return torch.tensor(found, dtype=torch.int64, device=self._chosen_device).reshape(
            tokens.shape
        )

    def update_internal_vocabulary(self, unique: Any) -> None:
        """Count tokens, each of which is given once."""
        counts = self._counts
        unique = dict.fromkeys(_tokens(list(unique)).tolist())
        new = [token for token in unique if token not in counts]
        surplus = len(counts) + len(new) - self.internal_table_size
        absent = [token for token in counts if token not in unique]
        for token in sorted(absent, key=counts.get)[: max(surplus, 0)]:
            del counts[token]
        for token in unique:
            if token in counts:
                counts[token] += 1
        for token in new[: self.internal_table_size - len(counts)]:
            counts[token] = 1

    def get_top_vocabulary(self, k: int) -> np.ndarray:
        """The ``k`` tokens met most often."""
        ranked = sorted(self._counts, key=self._counts.get, reverse=True)
        return _tokens(ranked[:k])

    def get_vocabulary(self) -> np.ndarray:
        """The tokens in the order of their indices."""
        return self.vocabulary

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def compute_output_spec(self, inputs: Any, learn_vocab: bool = True) -> KerasTensor:
        """Symbolic output: int64."""
        return KerasTensor(tuple(inputs.shape), "int64")

    def save_assets(self, dir_path: str) -> None:
        """Write ``vocabulary.txt``, a token per line."""
        lines = "\n".join(str(token) for token in self.vocabulary.tolist())
        Path(dir_path, "vocabulary.txt").write_text(lines, encoding="utf-8")

    def load_assets(self, dir_path: str) -> None:
        """Read ``vocabulary.txt``."""
        lines = Path(dir_path, "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        self.set_vocabulary(lines if self.vocabulary_dtype == "string" else [int(n) for n in lines])

    def __deepcopy__(self, memo: dict[int, Any]) -> "DynamicLookup":
        twin = super().__deepcopy__(memo)
        twin.__dict__["_counts"] = dict(self._counts)
        return twin


class DynamicEmbedding(Categorical):
    """An embedding of a vocabulary that ``update_embeddings`` renews from the tokens met.

    Args:
        input_dim: Number of tokens, 1 or more.
        output_dim: Length of a vector.
        initial_vocabulary, eviction_policy: See ``DynamicLookup``.
        input_length: Number of tokens in a sample, which gives the input's shape.
        embedding_initializer: How vectors of new tokens begin.
        num_oov_indices: Vectors for tokens that aren't in the vocabulary: 1.

    Shape:
        inputs: tokens, any shape.
        output: the same with ``output_dim`` at the end.

    Weights:
        embeddings: ``(input_dim + num_oov_indices, output_dim)``.

    Raises:
        ValueError: an argument is out of range.

    Source: tf.keras 2 ``experimental.DynamicEmbedding``.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        initial_vocabulary: Any,
        eviction_policy: str = "LFU",
        input_length: int | None = None,
        embedding_initializer: InitializerLike = "uniform",
        num_oov_indices: int = 1,
        **options: Unpack[LayerOptions],
    ) -> None:
        if input_length is not None:
            options.setdefault("input_shape", (input_length,))
        super().__init__(**options)
        if num_oov_indices != 1:
            raise argument_error(self, "num_oov_indices", num_oov_indices, "1")
        self.input_dim, self.output_dim, self.input_length = input_dim, output_dim, input_length
        self.eviction_policy, self.num_oov_indices = eviction_policy, num_oov_indices
        self.embedding_initializer = initializers.get(embedding_initializer)
        self.dynamic_lookup_layer = DynamicLookup(input_dim, initial_vocabulary, eviction_policy)
        self.embedding_layer = Embedding(
            input_dim + num_oov_indices, output_dim, self.embedding_initializer,
            dtype=self.dtype_policy,
        )  # fmt: skip

    @property
    def initial_vocabulary(self) -> list[Any]:
        """The tokens to begin with."""
        return self.dynamic_lookup_layer.initial_vocabulary

    def build(self, input_shape: Shape | None = None) -> None:
        self.embedding_layer.build(input_shape)

    def call(self, inputs: Any, learn_vocab: bool = True) -> Tensor:
        return self.embedding_layer(self.dynamic_lookup_layer(inputs, learn_vocab=learn_vocab))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, learn_vocab: bool = True) -> KerasTensor:
        """Symbolic output: vectors."""
        return KerasTensor((*inputs.shape, self.output_dim), self.compute_dtype)

    def get_vocabulary(self) -> np.ndarray:
        """The tokens in the order of their indices."""
        return self.dynamic_lookup_layer.get_vocabulary()

    def get_top_vocabulary(self, keys: Any, values: Any, k: int) -> np.ndarray:
        """The ``k`` of ``keys`` with the largest ``values``."""
        order = np.argsort(-np.asarray(values), kind="stable")[:k]
        return _tokens(keys)[order]

    def aggregate_lookup_table(self, keys_list: Any, values_list: Any) -> tuple[Any, Any]:
        """Tokens and counts of several tables joined: counts of a token are added."""
        totals: dict[Any, int] = {}
        for keys, values in zip(keys_list, values_list, strict=True):
            for key, value in zip(_tokens(keys).tolist(), np.asarray(values), strict=True):
                totals[key] = totals.get(key, 0) + int(value)
        return _tokens(list(totals)), np.array(list(totals.values()), dtype="int32")

    def update_embeddings(self, strategy: Any = None) -> None:
        """Take the tokens met most often as vocabulary; tokens that stay keep their vectors.

        Args:
            strategy: Accepted for tf.keras; the tables of this process are used.
        """
        lookup, weight = self.dynamic_lookup_layer, self.embedding_layer.embeddings
        before = {token: n for n, token in enumerate(lookup.vocabulary.tolist())}
        tokens = self.get_top_vocabulary(
            lookup.vocabulary_table_keys, lookup.vocabulary_table_values, self.input_dim
        )
        table = self.embedding_initializer(weight.shape, dtype=weight.dtype).to(weight.device)
        for number, token in enumerate(tokens.tolist()):
            if token in before:
                table[number] = weight.tensor[before[token]].detach()
        table[self.input_dim :] = weight.tensor[self.input_dim :].detach()
        lookup.set_vocabulary(tokens)
        weight.assign(table)

    def save_assets(self, dir_path: str) -> None:
        """Write ``initial_vocabulary.txt``, a token per line."""
        lines = "\n".join(str(token) for token in self.initial_vocabulary)
        Path(dir_path, "initial_vocabulary.txt").write_text(lines, encoding="utf-8")

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "initial_vocabulary": self.initial_vocabulary}


def _tokens(value: Any) -> np.ndarray:
    """Strings as objects, integers as int64."""
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype.kind in "US" or is_text(array):
        decode = np.vectorize(lambda s: s.decode() if isinstance(s, bytes) else str(s), otypes="O")
        return decode(array) if array.size else array.astype(object)
    return array.astype("int64")
