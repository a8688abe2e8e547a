"""Rows and argument changes of preprocessing of texts."""

import zlib

import numpy as np
import torch
from influence import Change, Subject
from row import Row

import torchkeras

WORDS = ("a", "b", "B!", "zoo", "a b", "")
STRINGS = {"words": WORDS, "eager": "strings are no tensors", "only_ours": True}

TABLE = [
    Row("StringLookup", {"vocabulary": ["b", "a"]}, (3, 4), **STRINGS),
    Row(
        "StringLookup",
        {"vocabulary": ["b", "a"], "mask_token": "", "num_oov_indices": 3, "output_mode": "count"},
        (3, 4),
        **STRINGS,
    ),
    Row(
        "StringLookup",
        {"vocabulary": ["b", "a"], "output_mode": "tf_idf", "idf_weights": [0.5, 2.0]},
        (3, 4),
        **STRINGS,
    ),
    Row("Hashing", {"num_bins": 4, "output_mode": "one_hot"}, (3, 1), **STRINGS),
    Row("Hashing", {"num_bins": 4, "mask_value": ""}, (3, 2), **STRINGS),
    Row("HashedCrossing", {"num_bins": 6}, [(3, 1), (3, 1)], **STRINGS),
    Row(
        "TextVectorization",
        {"vocabulary": ["b", "a"], "output_sequence_length": 3},
        (3, 1),
        **STRINGS,
    ),
    Row(
        "TextVectorization",
        {"vocabulary": ["b", "a", "a b"], "output_mode": "count", "ngrams": 2},
        (3,),
        **STRINGS,
    ),
]

CATEGORIES = {"output_mode": "multi_hot"}
FROM_DATA = ("max_tokens", "vocabulary_size", "has_input_vocabulary")


def as_numbers(values):
    """Strings as tensors of numbers, to be compared."""
    if torch.is_tensor(values):
        return values
    return torch.tensor([zlib.crc32(text.encode()) for text in np.ravel(values).tolist()])


def outputs(layer):
    """What a layer gives for some words."""
    words = np.array([["a", "b", "", "q", "zoo"], ["b", "caf\u00e9", "x", "y", "a"]], dtype=object)
    return as_numbers(layer(words))


def turned_back(layer):
    """The words that a layer gives for indices."""
    return as_numbers(layer(torch.tensor([[0, 1, 2, 3]])))


def decoded(layer):
    """What a layer gives for bytes that aren't UTF-8."""
    return layer(np.array(["caf\u00e9".encode("latin-1"), b"a"], dtype=object))


def is_sparse(layer):
    """Whether a layer gives sparse tensors."""
    return torch.tensor(layer(np.array([["a"], ["b"]], dtype=object)).is_sparse)


def counted(layer):
    """The vocabulary that a layer finds."""
    layer.adapt(np.array([["a b"], ["a"], ["c"], ["c"], ["a"]], dtype=object))
    return as_numbers(layer.get_vocabulary())


def known_size(layer):
    """The shape that a layer says it gives."""
    return torch.tensor([-1 if n is None else n for n in layer.compute_output_shape((2, 1))])


def upper(texts):
    """All letters capital."""
    return np.char.upper(texts)


LATIN = Change("latin-1", outcome=decoded)
LEARNT = {
    "max_tokens": Change(3, outcome=counted),
    "vocabulary_size": Change(9, given=CATEGORIES, outcome=known_size),
    "has_input_vocabulary": Change(True, outcome=counted, raises=ValueError),
}

ARGUMENTS = [
    Subject(
        torchkeras.layers.StringLookup,
        {
            "vocabulary": ["a", "b", "caf\u00e9", "zoo"],
            "num_oov_indices": 3,
            "mask_token": "zoo",
            "output_mode": "multi_hot",
            "encoding": LATIN,
            "idf_weights": Change(
                [1.0, 2.0, 3.0], given={"output_mode": "tf_idf", "idf_weights": [1.0] * 3}
            ),
            "sparse": Change(True, given=CATEGORIES, outcome=is_sparse),
            "pad_to_max_tokens": Change(True, given={**CATEGORIES, "max_tokens": 9}),
            "salt": Change(5, given={"num_oov_indices": 3}),
            "oov_method": Change("other", raises=ValueError),
        },
        {"vocabulary": ["b", "a", "caf\u00e9"]},
        outcome=outputs,
    ),
    Subject(
        torchkeras.layers.StringLookup,
        {"invert": Change(True, raises=TypeError)},
        {"vocabulary": ["b", "a"]},
        outcome=outputs,
    ),
    Subject(
        torchkeras.layers.StringLookup,
        {"oov_token": "?"},
        {"vocabulary": ["b", "a"], "invert": True},
        outcome=turned_back,
    ),
    Subject(torchkeras.layers.StringLookup, LEARNT),
    Subject(
        torchkeras.layers.TextVectorization,
        {
            "vocabulary": ["b", "zoo"],
            "standardize": upper,
            "split": "character",
            "ngrams": 2,
            "output_mode": "count",
            "output_sequence_length": 3,
            "pad_to_max_tokens": Change(True, given={**CATEGORIES, "max_tokens": 9}),
            "idf_weights": Change(
                [1.0, 2.0, 3.0, 4.0], given={"output_mode": "tf_idf", "idf_weights": [1.0] * 4}
            ),
            "sparse": Change(True, given=CATEGORIES, outcome=is_sparse),
            "ragged": Change(
                True, outcome=lambda layer: torch.tensor(layer(["a b", "a"]).is_nested)
            ),
            "encoding": Change("latin-1", given={"standardize": upper}, outcome=decoded),
        },
        {"vocabulary": ["b", "a", "CAF\u00c9", "A"]},
        outcome=lambda layer: layer(["a b!", "B a", "zoo", ""]),
    ),
    Subject(torchkeras.layers.TextVectorization, LEARNT),
]

WITHOUT = {}
