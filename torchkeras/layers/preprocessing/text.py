"""Texts as the places of their words in a vocabulary, or as counts of them."""

import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error, kind_error, nearest
from torchkeras.core.configurable import generic
from torchkeras.core.typing import Shape
from torchkeras.layers.preprocessing.encoding import MODES, checked_mode
from torchkeras.layers.preprocessing.index_lookup import LookupOptions
from torchkeras.layers.preprocessing.learning import LearnsVocabulary
from torchkeras.layers.preprocessing.lookup import StringLookup
from torchkeras.layers.preprocessing.older import OlderState
from torchkeras.layers.preprocessing.ragged import RaggedTexts, ngrams_of, positions
from torchkeras.layers.preprocessing.texts import (
    as_bytes,
    as_str,
    flat_texts,
    is_text,
    of_one_kind,
    text_array,
)
from torchkeras.tracer import KerasTensor

STANDARDIZATIONS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")
_PUNCTUATION = string.punctuation.encode()
# Rows that a user's function gets at once while adapting: its array is as wide as the longest.
_ROWS_AT_ONCE = 1024


class TextVectorization(LearnsVocabulary):
    """Texts as indices of their words, or as counts of them.

    Each text is standardized, split into tokens, made into n-grams if so wished, and its tokens are
    looked up as by ``StringLookup``: index 0 pads, 1 is any word outside the vocabulary; in other
    modes than ``"int"`` the latter is 0.

    Args:
        max_tokens: Most indices in all that ``adapt`` makes, 2 or more; None for no limit.
        standardize: ``"lower"`` makes A to Z small, ``"strip_punctuation"`` drops ASCII's
            punctuation, ``"lower_and_strip_punctuation"`` does both; None leaves texts as they are.
            A function is called with a NumPy array of ``str`` and gives one of that shape.
        split: ``"whitespace"`` or ``"character"``; None takes each string as a token. A function is
            called with a 1-dimensional NumPy array of ``str`` and gives a list of tokens for each.
        ngrams: Most words of an n-gram, or a tuple of the numbers of words; None makes none.
        output_mode: ``"int"``: indices; ``"multi_hot"``, ``"count"`` or ``"tf_idf"`` of them.
        output_sequence_length: Number of indices of each text, which is cut off or padded; None
            pads to the longest of a batch.
        pad_to_max_tokens: Whether other outputs than ``"int"`` have ``max_tokens`` as their last
            length, however many tokens there are.
        vocabulary: The tokens, in order, or the path of a text file of one token a line; None
            leaves it to ``adapt``.
        idf_weights: Inverse document frequency of each token, for ``"tf_idf"``.
        sparse: Whether other outputs than ``"int"`` are sparse COO tensors.
        ragged: Whether ``"int"`` gives a nested tensor of rows as long as each text.
        encoding: Encoding of texts and tokens given as bytes.
        name: Name; None makes one up.
        **options: See ``LookupOptions`` and ``LayerOptions``.

    Shape:
        inputs: ``(batch,)`` or ``(batch, 1)`` strings.
        output: ``"int"``: ``(batch, output_sequence_length)``; else ``(batch, indices)``.

    Raises:
        ValueError: arguments out of range or that don't fit each other; see ``IndexLookup``.

    Source: Keras 3 ``TextVectorization``.

    Example:
        >>> layer = keras.layers.TextVectorization(vocabulary=["a", "cat", "dog"])
        >>> layer(["A cat!", "the dog and a cat"])
        tensor([[2, 3, 0, 0, 0],
                [1, 4, 1, 2, 3]])
    """

    _takes_text = True

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | Callable | None = "lower_and_strip_punctuation",
        split: str | Callable | None = "whitespace",
        ngrams: int | Sequence[int] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **options: Unpack[LookupOptions],
    ) -> None:
        known = {key: options.pop(key, None) for key in ("vocabulary_size", "has_input_vocabulary")}
        super().__init__(name=name, **options)
        self._check_choice("standardize", standardize, STANDARDIZATIONS)
        self._check_choice("split", split, SPLITS)
        output_mode = checked_mode(self, output_mode, (*MODES, "tf_idf"))
        self._check_lengths(output_mode, output_sequence_length, ragged)
        self.__dict__["standardize"] = standardize
        self.__dict__["split"] = split
        self.ngrams = self._checked_ngrams(ngrams)
        self.output_mode = output_mode
        self.output_sequence_length = output_sequence_length
        self.ragged = ragged
        self.encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=output_mode,
            sparse=sparse,
            encoding=encoding,
            **known,
        )
        self.built = True

    def _check_choice(self, argument: str, value: Any, choices: tuple[str, ...]) -> None:
        if value is not None and not callable(value) and value not in choices:
            raise argument_error(
                self, argument, value, f"one of {choices}, a function or None",
                nearest(str(value), choices),
            )  # fmt: skip

    def _check_lengths(self, mode: str, length: Any, ragged: bool) -> None:
        if length is not None and (mode != "int" or not isinstance(length, int) or length < 0):
            raise argument_error(
                self,
                "output_sequence_length",
                length,
                "None or an integer" if mode == "int" else f"None, since output_mode is {mode!r}",
            )
        if ragged and mode != "int":
            raise argument_error(self, "ragged", ragged, f"False, since output_mode is {mode!r}")

    def _checked_ngrams(self, ngrams: Any) -> Any:
        widths = ngrams if isinstance(ngrams, (tuple, list)) else (ngrams,)
        if ngrams is not None and not all(isinstance(n, int) and n > 0 for n in widths):
            raise argument_error(
                self, "ngrams", ngrams, "None, an integer of 1 or more, or a tuple of such"
            )
        return tuple(ngrams) if isinstance(ngrams, list) else ngrams

    @property
    def max_tokens(self) -> int | None:
        """Most indices in all that ``adapt`` makes."""
        return self._lookup_layer.max_tokens

    @property
    def pad_to_max_tokens(self) -> bool:
        """Whether outputs are ``max_tokens`` wide, however many tokens there are."""
        return self._lookup_layer.pad_to_max_tokens

    @property
    def sparse(self) -> bool:
        """Whether other outputs than ``"int"`` are sparse COO tensors."""
        return self._lookup_layer.sparse

    # The vocabulary.

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens, each at its index.

        Args:
            include_special_tokens: Whether the padding and the unknown token stand in front.
        """
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Number of indices, those of padding and unknown tokens included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: The tokens, in order, or the path of a text file of one token a line.
            idf_weights: Inverse document frequency of each, for output mode ``"tf_idf"`` only.

        Raises:
            ValueError: tokens are repeated, or weights don't fit.
        """
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def _parts(self, data: Any) -> list[Any]:
        array = self._array_of(data)
        array = array[:, None] if array.ndim == 1 else array
        count = -(-len(array) // _ROWS_AT_ONCE) if array.ndim else 1
        return np.array_split(array, count) if count > 1 else [array]

    def update_state(self, data: Any) -> None:
        """Count the tokens of one batch."""
        tokens = self._tokens_of(data)
        if isinstance(tokens, RaggedTexts) and not self._is_utf8:
            tokens = RaggedTexts(list(map(as_str, tokens.values)), tokens.lengths)
        self._lookup_layer.update_state(tokens)

    def finalize_state(self) -> None:
        """Make the vocabulary of the tokens counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget the tokens counted so far; the vocabulary stays."""
        self._lookup_layer.reset_state()

    # Texts to tokens.

    def _array_of(self, inputs: Any) -> np.ndarray:
        if not is_text(inputs):
            given = f"a {type(inputs).__name__} of {getattr(inputs, 'dtype', 'other things')}"
            raise kind_error(self, "inputs", given, "strings")
        array = text_array(inputs)
        return array if self._is_utf8 else self._as_unicode(array)

    @property
    def _is_utf8(self) -> bool:
        return self.encoding.lower() in ("utf-8", "utf8")

    def _tokens_of(self, inputs: Any) -> "RaggedTexts | np.ndarray":
        """The tokens of each text, or of each string its own if nothing is split."""
        array = self._array_of(inputs)
        if callable(self.standardize):
            array = text_array(self.standardize(self._as_unicode(array)))
        if self.split is not None and array.ndim > 1:
            if array.shape[-1] != 1:
                raise argument_error(
                    self,
                    "input shape",
                    array.shape,
                    "(batch,) or (batch, 1)",
                    "When using `TextVectorization` to tokenize strings, the input rank must be 1 "
                    "or the last shape dimension must be 1.",
                )
            array = array.squeeze(-1)
        if callable(self.split):
            if not callable(self.standardize):
                array = self._standardized(array)
            tokens = self._from_users_split(array)
        elif self.split is None:
            tokens = self._standardized(array)
        else:
            texts = as_bytes(self._standardized_texts(array))
            rows = list(map(_SPLITTERS[self.split], texts))
            tokens = RaggedTexts.of_rows(rows)
        return tokens if self.ngrams is None else self._with_ngrams(tokens)

    def _as_unicode(self, array: np.ndarray) -> np.ndarray:
        """Strings as NumPy's own kind, which its string functions take."""
        if array.dtype.kind == "U":
            return array
        texts = flat_texts(self, array)
        if texts and isinstance(texts[0], bytes):
            texts = [text.decode(self.encoding, "surrogateescape") for text in texts]
        return np.array(texts, dtype=np.str_).reshape(array.shape)

    def _standardized_texts(self, array: np.ndarray) -> list[Any]:
        texts = flat_texts(self, array)
        if self.standardize is None or callable(self.standardize):
            return texts
        octets = as_bytes(texts)
        if "lower" in self.standardize:
            octets = list(map(bytes.lower, octets))
        if "strip" in self.standardize:
            octets = [text.translate(None, _PUNCTUATION) for text in octets]
        return octets

    def _standardized(self, array: np.ndarray) -> np.ndarray:
        result = np.empty(array.size, dtype=object)
        result[:] = self._standardized_texts(array)
        return result.reshape(array.shape)

    def _from_users_split(self, array: np.ndarray) -> "RaggedTexts | np.ndarray":
        rows = self.split(self._as_unicode(array))
        if isinstance(rows, RaggedTexts):
            return rows
        if isinstance(rows, np.ndarray) and rows.dtype.kind in "US":
            return rows
        rows = list(rows)
        if all(isinstance(row, (list, tuple, np.ndarray)) for row in rows):
            rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in rows]
            ragged = RaggedTexts.of_rows(rows)
            return RaggedTexts(of_one_kind(self, ragged.values), ragged.lengths)
        return text_array(rows)

    def _with_ngrams(self, tokens: "RaggedTexts | np.ndarray") -> "RaggedTexts | np.ndarray":
        is_array = isinstance(tokens, np.ndarray)
        widths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        if is_array:
            texts = as_bytes(flat_texts(self, tokens))
            length = tokens.shape[-1] if tokens.ndim else 1
            shape = tokens.shape[:-1]
            lengths = np.full(tokens.size // max(length, 1), length, dtype=np.int64)
            tokens = RaggedTexts(texts, lengths)
        joined = ngrams_of(RaggedTexts(as_bytes(tokens.values), tokens.lengths), widths)
        if not is_array:
            return joined
        array = np.empty(len(joined.values), dtype=object)
        array[:] = joined.values
        return array.reshape(*shape, -1 if array.size else 0)

    # Tokens to numbers.

    def call(self, inputs: Any) -> Tensor:
        tokens = self._tokens_of(inputs)
        lookup = self._lookup_layer
        lookup.check_vocabulary()
        if isinstance(tokens, RaggedTexts):
            indices = lookup.lookup(tokens.values, "utf-8")
            is_single = np.ndim(self._array_of(inputs)) == 0
            return self._laid_out(indices, tokens.lengths, is_single)
        indices = lookup.lookup(flat_texts(self, tokens), "utf-8").reshape(tokens.shape)
        if self.output_mode != "int":
            return lookup.encode(indices)
        length = self.output_sequence_length
        if length is None or indices.dim() == 0:
            return indices
        indices = indices[..., :length]
        missing = length - indices.shape[-1]
        return indices if self.ragged else torch.nn.functional.pad(indices, (0, missing))

    def _laid_out(self, indices: Tensor, lengths: np.ndarray, is_single: bool) -> Tensor:
        """Indices of ragged rows in the output mode."""
        longest = int(lengths.max(initial=0))
        width = self.output_sequence_length
        if self.output_mode == "int" and self.ragged and not is_single:
            return self._nested(indices, lengths, longest if width is None else width)
        if self.output_mode != "int" or width is None or (self.ragged and longest < width):
            width = longest
        fill = 0 if self.output_mode == "int" else -1
        if (lengths == width).all():
            result = indices.reshape(len(lengths), width)
        else:
            result = indices.new_full((len(lengths), width), fill)
            rows, places = positions(lengths)
            if longest > width:
                fits = np.flatnonzero(places < width)
                rows, places = rows[fits], places[fits]
                indices = indices[torch.from_numpy(fits).to(indices.device)]
            flat = torch.from_numpy(rows * width + places).to(indices.device)
            result.view(-1)[flat] = indices
        result = result[0] if is_single else result
        if self.output_mode == "one_hot":  # of a row of one token, too
            result = result.unsqueeze(-1)
        return result if self.output_mode == "int" else self._lookup_layer.encode(result)

    def _nested(self, indices: Tensor, lengths: np.ndarray, width: int) -> Tensor:
        if (lengths > width).any():
            _, places = positions(lengths)
            indices = indices[torch.from_numpy(places < width).to(indices.device)]
            lengths = np.minimum(lengths, width)
        offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)])).to(indices.device)
        return torch.nested.nested_tensor_from_jagged(indices, offsets)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output."""
        shape = tuple(input_shape)
        if self.output_mode == "int":
            if self.split is None and self.ngrams is None and self.output_sequence_length is None:
                return shape
            return (*shape[:1], self.output_sequence_length)
        if self.split is not None:
            shape = shape[:-1] if len(shape) > 1 else shape
            shape = (*shape, None)
        return self._lookup_layer.compute_output_shape(shape)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for a symbolic input, without recording the call."""
        if self.output_mode == "int":
            shape = self.compute_output_shape(inputs.shape)
            return KerasTensor(shape, "int64", ragged=self.ragged)
        self._lookup_layer.compute_output_spec(inputs)
        shape = self.compute_output_shape(inputs.shape)
        return self.symbol(shape, self._lookup_layer.output_dtype, self.sparse)

    # Configuration and files.

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        inner = self._lookup_layer.get_config()
        for key in ("vocabulary", "idf_weights"):
            config[key] = inner[key]
        config["vocabulary_size"] = self.vocabulary_size()
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "TextVectorization":
        config = dict(config)
        for key in ("standardize", "split"):
            with scopes.custom_objects_scope(custom_objects):
                config[key] = serialization.deserialize_value(config.get(key))
        return super().from_config(config)

    def save_own_variables(self, store: Any) -> None:
        """Put the document frequencies into ``store``."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        """Take the document frequencies from ``store``."""
        self._lookup_layer.load_own_variables(store)

    @property
    def older_state(self) -> OlderState | None:
        """See ``StringLookup.older_state``."""
        return self._lookup_layer.older_state

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, unless it is in the configuration."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder that ``save_assets`` wrote."""
        self._lookup_layer.load_assets(dir_path)


def _characters(text: bytes) -> list[bytes]:
    """The characters of a text in UTF-8; bytes that are none become U+FFFD."""
    return [character.encode() for character in text.decode("utf-8", "replace")]


_SPLITTERS = {"whitespace": bytes.split, "character": _characters}
