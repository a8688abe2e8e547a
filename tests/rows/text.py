"""Rows and argument changes of preprocessing of texts."""

from row import Row

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

ARGUMENTS = []

WITHOUT = {}
