"""Vocabularies: counting tokens, putting them in order, reading and checking them."""

import os
from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import serialization
from torchkeras.core.checks import argument_error
from torchkeras.layers.preprocessing.ragged import RaggedTexts
from torchkeras.layers.preprocessing.texts import as_str


class Counts:
    """How often each token occurs, and in how many documents.

    Args:
        by_document: Whether documents are counted, too.
    """

    def __init__(self, by_document: bool) -> None:
        self.by_document = by_document
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.tokens: Counter = Counter()
        self.documents: Counter = Counter()
        self.number_of_documents = 0

    def add(self, rows: RaggedTexts) -> None:
        """Count the tokens of a batch, a document in each row."""
        self.tokens.update(rows.values)
        if self.by_document:
            self.documents.update(chain.from_iterable(map(set, rows.rows())))
            self.number_of_documents += len(rows)

    def vocabulary(
        self, special: set[Any], limit: int | None
    ) -> tuple[list[Any], np.ndarray | None]:
        """The tokens, most frequent first and ties in reverse order, and their idf weights.

        The inverse document frequency is ``log(1 + documents / (1 + documents with the token))``.

        Args:
            special: Tokens to leave out.
            limit: Most tokens to take; None takes all.
        """
        counts, documents = self.tokens, self.documents
        if len(set(map(type, counts))) > 1:  # strings and bytes from different batches
            counts, documents = _of_one_kind(counts), _of_one_kind(documents)
        special = {*special, *(t.encode() for t in special if isinstance(t, str))}
        tokens = sorted((token for token in counts if token not in special), reverse=True)
        tokens.sort(key=counts.__getitem__, reverse=True)
        tokens = tokens[:limit]
        if not self.by_document:
            return tokens, None
        having = np.fromiter(map(documents.__getitem__, tokens), np.int64, len(tokens))
        return tokens, np.log(1 + self.number_of_documents / (1 + having))


def _of_one_kind(counts: Counter) -> Counter:
    joined: Counter = Counter()
    for token, count in counts.items():
        joined[as_str(token) if isinstance(token, (str, bytes)) else token] += count
    return joined


def read_tokens(owner: Any, path: str | os.PathLike) -> list[str]:
    """The lines of a text file.

    Raises:
        ValueError: there is no such file, or it isn't UTF-8 text.
    """
    if not os.path.isfile(path):
        raise argument_error(
            owner, "vocabulary", os.fspath(path), "tokens, or the path of a text file",
            f"Vocabulary file {os.fspath(path)} does not exist.",
        )  # fmt: skip
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        lines = file.read().replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" and len(lines) > 1 else lines


def check_tokens(owner: Any, given: list[Any], tokens: list[Any], special: int) -> None:
    """Refuse a vocabulary that the layer can't have.

    Args:
        owner: The layer.
        given: The vocabulary.
        tokens: The same without special tokens in front.
        special: How many mask and OOV tokens the layer has.

    Raises:
        ValueError: there are no tokens, some occur twice, a special one stands among them, or there
            are more than the layer's ``max_tokens``.
    """
    if not given:
        raise argument_error(
            owner, "vocabulary", given, "at least one token", "Cannot set an empty vocabulary."
        )
    if len(set(tokens)) < len(tokens):
        repeated = [token for token, count in Counter(tokens).items() if count > 1]
        raise argument_error(
            owner, "vocabulary", f"one with {repeated} more than once", "each token once",
            "The passed vocabulary has at least one repeated term.",
        )  # fmt: skip
    for kind, token, matters in (
        ("mask", owner.mask_token, True),
        ("OOV", owner.oov_token, owner.invert),
    ):
        if matters and token is not None and token in tokens:
            raise argument_error(
                owner,
                "vocabulary",
                f"one with {token!r} at index {given.index(token)}",
                f"no special tokens, or all {special} of them in front",
                f"Found reserved {kind} token at unexpected location in `vocabulary`.",
            )
    size = special + len(tokens)
    if owner.max_tokens is not None and size > owner.max_tokens:
        raise argument_error(
            owner, "vocabulary", f"one of {size} tokens", f"at most {owner.max_tokens}",
            "Attempted to set a vocabulary larger than the maximum vocab size, `max_tokens`.",
        )  # fmt: skip


def padded_weights(owner: Any, weights: np.ndarray, count: int, front: int) -> np.ndarray:
    """Document frequencies with their average in front, for special tokens that have none.

    Raises:
        ValueError: there isn't one for each of ``count`` tokens.
    """
    if weights.shape != (count,):
        raise argument_error(
            owner, "shape of idf_weights", weights.shape, f"{(count,)}, a weight for each token",
            "`idf_weights` must be the same length as vocabulary.",
        )  # fmt: skip
    before = torch.full((front,), weights.mean(), dtype=torch.float64)
    return np.concatenate([before, weights])


def check_no_path(owner: Any, config: dict[str, Any]) -> None:
    """Raise a ValueError if a configuration names a vocabulary file, unless that is allowed."""
    if isinstance(config.get("vocabulary"), str) and serialization.in_safe_mode():
        raise argument_error(
            owner,
            "vocabulary",
            config["vocabulary"],
            "tokens, in a configuration",
            "Requested the loading of a vocabulary file outside of the model archive. If you trust "
            "the configuration's author, pass safe_mode=False to the loading function.",
        )


def as_list(values: Any) -> Any:
    """Arrays and tensors as lists, for configurations."""
    if isinstance(values, Tensor):
        return values.detach().cpu().tolist()
    if isinstance(values, (np.ndarray, tuple)) or hasattr(values, "to_numpy"):
        return np.asarray(values).tolist() if not isinstance(values, tuple) else list(values)
    return values
