"""What lookups of strings and of integers in a vocabulary have in common."""

import os
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.scopes import local, once_read
from torchkeras.core.typing import Shape
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.preprocessing.adapting import as_numbers
from torchkeras.layers.preprocessing.encoding import (
    MODES,
    check_sparse,
    checked_mode,
    encode,
    encoded_shape,
)
from torchkeras.layers.preprocessing.hashing import checked_salt
from torchkeras.layers.preprocessing.learning import LearnsVocabulary
from torchkeras.layers.preprocessing.older import OlderState
from torchkeras.layers.preprocessing.ragged import RaggedTexts
from torchkeras.layers.preprocessing.texts import (
    is_text,
    text_array,
)
from torchkeras.layers.preprocessing.vocabulary import (
    Counts,
    as_list,
    check_tokens,
    padded_weights,
    read_tokens,
)
from torchkeras.tracer import KerasTensor

FILE_NAME = "vocabulary.txt"
# Indices of tokens that are in no vocabulary, and of masks where they aren't counted.
UNKNOWN, DROPPED = -1, -2


class LookupOptions(LayerOptions, total=False):
    """Options that lookups take, besides those of every layer: what files have.

    Keys:
        vocabulary_size: Number of indices, where a file tells it before the vocabulary.
        has_input_vocabulary: Whether ``adapt`` is refused; by default if ``vocabulary`` is given.
    """

    vocabulary_size: int | None
    has_input_vocabulary: bool | None


class IndexLookup(LearnsVocabulary):
    """Base of ``StringLookup`` and ``IntegerLookup``.

    Indices run over the mask token (for output mode ``"int"``, if there is one), the
    out-of-vocabulary (OOV) indices and the vocabulary, in this order.

    Args:
        max_tokens: Most indices in all that ``adapt`` makes, 2 or more; None for no limit.
        num_oov_indices: Number of indices for tokens outside the vocabulary, 0 or more. With 0 they
            are an error; among several, a hash chooses.
        mask_token: The token that has index 0, or in other modes than ``"int"`` counts nowhere;
            None masks nothing.
        oov_token: What ``invert`` gives for OOV indices.
        vocabulary: The tokens, in order, or the path of a text file of one token a line. The mask
            and OOV tokens may stand in front. None leaves it to ``adapt``.
        idf_weights: Inverse document frequency of each token, for ``"tf_idf"``.
        invert: Whether to turn indices into tokens instead.
        output_mode: ``"int"``: indices; ``"one_hot"``, ``"multi_hot"`` or ``"count"`` (see
            ``CategoryEncoding``) of them; ``"tf_idf"``: counts times ``idf_weights``.
        sparse: Whether other outputs than ``"int"`` are sparse COO tensors.
        pad_to_max_tokens: Whether other outputs than ``"int"`` have ``max_tokens`` as their last
            length, however many tokens there are.
        oov_method: How integers are spread over several OOV indices: ``"floormod"`` (the remainder)
            or ``"farmhash"``.
        salt: One or two integers that make another hash of OOV tokens.
        vocabulary_size, has_input_vocabulary: See ``LookupOptions``.
        **options: See ``LayerOptions``.

    Raises:
        ValueError: arguments out of range or that don't fit each other, or a vocabulary with
            repeated tokens, or with special tokens elsewhere than in front; in a call with
            ``num_oov_indices=0``, a token that isn't in the vocabulary.
    """

    vocabulary_dtype = "string"

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        oov_method: str,
        salt: Any,
        vocabulary_size: int | None = None,
        has_input_vocabulary: bool | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.output_mode = checked_mode(self, output_mode, (*MODES, "tf_idf"))
        self._check(max_tokens, num_oov_indices, pad_to_max_tokens, invert, oov_token)
        check_sparse(self, sparse, self.output_mode)
        if oov_method not in ("floormod", "farmhash"):
            raise argument_error(self, "oov_method", oov_method, "'floormod' or 'farmhash'")
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise argument_error(self, "idf_weights", "given", "None unless output_mode is tf_idf")
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.invert = invert
        self.sparse = sparse
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = oov_method
        self.salt = checked_salt(self, salt)
        self._frozen_vocab_size = vocabulary_size
        is_path = isinstance(vocabulary, (str, os.PathLike))
        self.__dict__["input_vocabulary"] = None if is_path else as_list(vocabulary)
        self.__dict__["input_idf_weights"] = as_list(idf_weights)
        self._has_input_vocabulary = (
            vocabulary is not None if has_input_vocabulary is None else has_input_vocabulary
        )
        self.register_buffer("idf_weights", None, persistent=False)
        self.__dict__["_tokens"] = []
        self.__dict__["_counts"] = Counts(self.output_mode == "tf_idf")
        self._index_tokens()
        self.built = True
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def _check(
        self, max_tokens: Any, num_oov_indices: Any, pads: bool, invert: bool, oov_token: Any
    ) -> None:
        if max_tokens is not None and max_tokens <= 1:
            raise argument_error(
                self, "max_tokens", max_tokens, "None or an integer, 2 or more",
                "`max_tokens` must be greater than 1.",
            )  # fmt: skip
        if num_oov_indices < 0:
            raise argument_error(self, "num_oov_indices", num_oov_indices, "an integer, 0 or more")
        if pads and max_tokens is None:
            raise argument_error(
                self, "max_tokens", None, "an integer, since pad_to_max_tokens is True"
            )
        if invert and self.output_mode != "int":
            raise argument_error(
                self, "output_mode", self.output_mode, "'int', since invert is True"
            )
        if invert and oov_token is None:
            raise argument_error(self, "oov_token", None, "a token, since invert is True")

    # The vocabulary.

    def _oov_start_index(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    def _token_start_index(self) -> int:
        return self._oov_start_index() + self.num_oov_indices

    def _special_tokens(self) -> list[Any]:
        return [self.mask_token] * self._oov_start_index() + [self.oov_token] * self.num_oov_indices

    def _without_special_tokens(self, tokens: list[Any]) -> list[Any]:
        """The tokens behind the mask and OOV ones, if these stand in front."""
        count = self._token_start_index()  # which a file may say is larger than any list
        has_special = count <= len(tokens) and tokens[:count] == self._special_tokens()
        return tokens[count:] if has_special else tokens

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens, each at its index.

        Args:
            include_special_tokens: Whether the mask and OOV tokens stand in front.
        """
        tokens = list(self._tokens)
        return self._special_tokens() + tokens if include_special_tokens else tokens

    def vocabulary_size(self) -> int:
        """Number of indices, those of mask and OOV tokens included."""
        return self._token_start_index() + len(self._tokens)

    def vocab_size(self) -> int:
        """``vocabulary_size`` under its older name."""
        return self.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: The tokens, in order, or the path of a text file of one token a line.
            idf_weights: Inverse document frequency of each, for output mode ``"tf_idf"`` only.

        Raises:
            ValueError: see ``Raises`` of the class.
        """
        weighs = self.output_mode == "tf_idf"
        if weighs != (idf_weights is not None):
            raise argument_error(
                self,
                "idf_weights",
                idf_weights,
                "a weight for each token" if weighs else "None unless output_mode is 'tf_idf'",
                "`idf_weights` must be set if output_mode is 'tf_idf', and only then.",
            )
        if isinstance(vocabulary, (str, os.PathLike)):
            if weighs:
                raise argument_error(
                    self, "vocabulary", vocabulary, "tokens, since 'tf_idf' needs their weights",
                    "output_mode 'tf_idf' does not support loading a vocabulary from file.",
                )  # fmt: skip
            self._take_tokens([self._token_of(line) for line in read_tokens(self, vocabulary)])
            return
        given = [self._token_of(token) for token in as_list(vocabulary)]
        tokens = self._without_special_tokens(given)
        check_tokens(self, given, tokens, self._token_start_index())
        weights = None
        if weighs:
            numbers = as_numbers(idf_weights).astype(np.float64)
            front = self._token_start_index() if len(tokens) == len(given) else 0
            weights = padded_weights(self, numbers, len(given), front)
        self._take_tokens(tokens, weights)

    def _take_tokens(self, tokens: list[Any], weights: np.ndarray | None = None) -> None:
        self._frozen_vocab_size = self._check_size(tokens)
        self.__dict__["_tokens"] = tokens
        self._index_tokens()
        if weights is not None:
            self._set_weights(weights)

    def _check_size(self, tokens: list[Any]) -> int:
        """How many indices there are with these tokens."""
        size = self._token_start_index() + len(tokens)
        fixed = self.output_mode != "int" and not self.pad_to_max_tokens
        if fixed and self._frozen_vocab_size not in (None, size):
            raise moment_error(
                self,
                f"there are {self._frozen_vocab_size} indices, and {size} were to take their place",
                "The vocabulary size cannot be changed after it is set, unless output_mode is "
                "'int' or pad_to_max_tokens is True.",
            )
        return size

    def _set_weights(self, weights: Any) -> None:
        """Take document frequencies; with ``pad_to_max_tokens`` filled up with zeros."""
        weights = torch.as_tensor(as_numbers(weights)).to(torch_dtype(self.compute_dtype))
        if self.pad_to_max_tokens and len(weights) < self.max_tokens:
            rest = torch.zeros(self.max_tokens - len(weights), dtype=weights.dtype)
            weights = torch.cat([weights, rest])
        self.idf_weights = weights.to(self._chosen_device)

    @property
    def idf_weights_const(self) -> Tensor | None:
        """``idf_weights`` under the name that Keras computes with."""
        return self.idf_weights

    def _token_of(self, token: Any) -> Any:
        """A token in the kind that the vocabulary has."""
        raise NotImplementedError

    def _index_tokens(self) -> None:
        """Get ready to look up the tokens."""
        raise NotImplementedError

    # Learning it.

    def _parts(self, data: Any) -> list[Any]:
        """The data, one token to a row if they have one axis."""
        if isinstance(data, RaggedTexts):
            return [data]
        array = text_array(data) if is_text(data) else as_numbers(data)
        return [array[:, None] if array.ndim == 1 else array]

    def update_state(self, data: Any) -> None:
        """Count the tokens of one batch."""
        if self._has_input_vocabulary:
            raise argument_error(
                self, "vocabulary", "given to the constructor", "none",
                "Cannot adapt a layer after setting a static vocabulary.",
            )  # fmt: skip
        if not isinstance(data, RaggedTexts):
            data = self._ragged(data)
        self._counts.add(data)

    def _ragged(self, data: Any) -> RaggedTexts:
        """The tokens of a batch and how many stand in each row."""
        array = self._array_of(data)
        rows = array.shape[0] if array.ndim > 1 else 1
        lengths = np.full(rows, array.size // max(rows, 1), dtype=np.int64)
        return RaggedTexts(self._flat(array), lengths)

    def _array_of(self, data: Any) -> np.ndarray:
        raise NotImplementedError

    def _flat(self, array: np.ndarray) -> list[Any]:
        raise NotImplementedError

    def finalize_state(self) -> None:
        """Make the vocabulary of the tokens counted."""
        if self._has_input_vocabulary:
            return
        if not self._counts.tokens:
            self._frozen_vocab_size = self.vocabulary_size()
            return
        start = self._token_start_index()
        limit = None if self.max_tokens is None else self.max_tokens - start
        tokens, weights = self._counts.vocabulary({self.mask_token, self.oov_token}, limit)
        if weights is not None:
            average = weights.mean() if len(weights) else 0.0
            weights = np.concatenate([np.full(start, average), weights])
        self._take_tokens([self._token_of(token) for token in tokens], weights)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget the tokens counted so far; the vocabulary stays."""
        if not self._has_input_vocabulary:
            self._counts.clear()

    # Looking up.

    def call(self, inputs: Any) -> Any:
        self.check_vocabulary()
        if self.invert:
            return self._inverted(self.tensor_of(inputs).to(torch.int64))
        indices = self._indices(inputs)
        return indices if self.output_mode == "int" else self.encode(indices)

    def _indices(self, inputs: Any) -> Tensor:
        raise NotImplementedError

    def _inverted(self, indices: Tensor) -> Any:
        raise NotImplementedError

    def encode(self, indices: Tensor) -> Tensor:
        """Indices in the output mode."""
        depth = self.known_size()
        if self.output_mode != "tf_idf":
            return encode(indices, self.output_mode, depth, torch.int64, self.sparse)
        dtype = torch_dtype(self.compute_dtype)
        weights = self.idf_weights.to(indices.device, dtype)
        counts = encode(indices, "count", depth, dtype, self.sparse and not local.recorded)
        if not counts.is_sparse:
            weighted = counts * weights
            return weighted.to_sparse() if self.sparse else weighted
        values = counts.values() * weights[counts.indices()[-1]]
        return torch.sparse_coo_tensor(
            counts.indices(), values, counts.shape, is_coalesced=True, check_invariants=False
        )

    def known_size(self) -> int:
        """Last length of outputs in other modes than ``"int"``.

        Raises:
            RuntimeError: there is no vocabulary yet.
        """
        size = self.max_tokens if self.pad_to_max_tokens else self._frozen_vocab_size
        if size is None:
            raise self._no_vocabulary()
        return size

    def check_vocabulary(self) -> None:
        """Raise a RuntimeError if there is no vocabulary, or no weights that ``"tf_idf"`` needs."""
        if not self._tokens or (self.output_mode == "tf_idf" and self.idf_weights is None):
            raise self._no_vocabulary()

    def _no_vocabulary(self) -> RuntimeError:
        return moment_error(
            self,
            "there is no vocabulary",
            "You must set the layer's vocabulary before calling it: pass `vocabulary`, or call "
            "`adapt` with some sample data or `set_vocabulary`.",
        )

    def _default_index(self) -> int:
        return self._oov_start_index() if self.num_oov_indices == 1 else UNKNOWN

    def _mask_index(self) -> int:
        return 0 if self.output_mode == "int" else DROPPED

    def _unknown_error(self, tokens: Any) -> ValueError:
        return argument_error(
            self,
            "inputs",
            tokens,
            "tokens of the vocabulary",
            "When `num_oov_indices=0` all inputs should be in vocabulary; consider setting "
            "`num_oov_indices=1`.",
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output; in other modes than ``"int"`` the number of indices is last."""
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        depth = self.max_tokens if self.pad_to_max_tokens else self._frozen_vocab_size
        return encoded_shape(input_shape, mode, depth)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for a symbolic input, without recording the call."""
        if self.output_mode != "int":
            self.known_size()
        shape = self.compute_output_shape(inputs.shape)
        return self.symbol(shape, self.output_dtype, self.sparse)

    @property
    def output_dtype(self) -> str:
        """Type of the output."""
        if self.invert:
            return self.vocabulary_dtype
        return self.compute_dtype if self.output_mode == "tf_idf" else "int64"

    # Configuration and files.

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["vocabulary"], config["idf_weights"] = self._noted_vocabulary()
        config["vocabulary_size"] = self._frozen_vocab_size
        config["oov_method"] = self.oov_method
        return config

    def _noted_vocabulary(self) -> tuple[list[Any] | None, list[float] | None]:
        """The vocabulary and its weights that stand in the configuration.

        They are those given to the constructor, and where a file has no place for assets others.
        """
        is_given = self.input_vocabulary is not None
        if is_given or not self._tokens or not local.without_assets:
            return self.input_vocabulary, self.input_idf_weights
        if self.idf_weights is None:
            return list(self._tokens), None
        start = self._token_start_index()
        return list(self._tokens), self.idf_weights[start : start + len(self._tokens)].tolist()

    def save_own_variables(self, store: Any) -> None:
        """Put the document frequencies into ``store``."""
        if self.output_mode == "tf_idf" and self.idf_weights is not None:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store: Any) -> None:
        """Take the document frequencies from ``store``."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            weights = np.asarray(store["idf_weights"])
            once_read(lambda: self._set_weights(weights))

    @property
    def older_state(self) -> OlderState | None:
        """The document frequencies, a weight of tf.keras 2's layer."""
        is_weighted = self.output_mode == "tf_idf"
        return OlderState(self, "idf_weights", "idf_weights") if is_weighted else None

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, unless it is in the configuration."""
        if self.input_vocabulary is None and self._frozen_vocab_size is not None:
            text = "\n".join(map(str, self.get_vocabulary()))
            path = os.path.join(dir_path, FILE_NAME)
            with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder that ``save_assets`` wrote."""
        path = os.path.join(dir_path, FILE_NAME)
        if self.input_vocabulary is not None or not os.path.isfile(path):
            return
        lines = read_tokens(self, path)
        while lines and lines[-1] == "":
            lines.pop()
        tokens = [self._token_of(line) for line in lines]
        tokens = self._without_special_tokens(tokens)
        self._check_size(tokens)
        once_read(lambda: self._take_tokens(tokens))
