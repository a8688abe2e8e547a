"""Embedding tables for vocabularies that have changed."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchkeras import initializers
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.typing import InitializerLike


def warmstart_embedding_matrix(
    base_vocabulary: Any,
    new_vocabulary: Any,
    base_embeddings: Any,
    new_embeddings_initializer: InitializerLike = "uniform",
) -> torch.Tensor:
    """A table for ``new_vocabulary`` in which words of ``base_vocabulary`` keep their vectors.

    Args:
        base_vocabulary: Words of the present table, in its order: a list, an array, or the path
            of a text file with a word per line.
        new_vocabulary: The words wanted, in the same forms.
        base_embeddings: The present table.
        new_embeddings_initializer: How vectors of words that are new begin; None: uniformly.

    Shape:
        base_embeddings: ``(words, features)``.
        result: ``(new words, features)``.

    Raises:
        FileNotFoundError: there is no such file.

    Source: tf.keras 2 ``utils.warmstart_embedding_matrix``.

    Example:
        >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> keras.utils.warmstart_embedding_matrix(["a", "b"], ["c", "b"], table, "zeros")
        tensor([[0., 0.],
                [3., 4.]])
    """
    base = torch.as_tensor(base_embeddings if torch.is_tensor(base_embeddings)
                           else np.asarray(base_embeddings)).detach()  # fmt: skip
    rows = {word: row for row, word in enumerate(_words(base_vocabulary))}
    words = _words(new_vocabulary)
    initializer = initializers.get(new_embeddings_initializer or "uniform")
    table = torch.as_tensor(
        initializer((len(words), base.shape[1]), dtype=standardize_dtype(base.dtype))
    ).to(base.device, copy=True)
    kept = [(row, rows[word]) for row, word in enumerate(words) if word in rows]
    if kept:
        into, taken = torch.tensor(kept, device=base.device).T
        table[into] = base[taken]
    return table


def _words(vocabulary: Any) -> list[Any]:
    if isinstance(vocabulary, (str, os.PathLike)):
        return Path(vocabulary).read_text(encoding="utf-8").splitlines()
    words = vocabulary.tolist() if hasattr(vocabulary, "tolist") else list(vocabulary)
    return [word.decode() if isinstance(word, bytes) else word for word in words]
