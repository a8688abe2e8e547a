"""Rows and argument changes of preprocessing of categories."""

import numpy as np
import torch
from influence import Change, Subject
from layer_arguments import called, constructed
from row import Row

import torchkeras

BOUNDARIES = [-0.5, 0.0, 0.25, 1.0]

TABLE = [
    Row("Discretization", {"bin_boundaries": BOUNDARIES}),
    Row("Discretization", {"bin_boundaries": BOUNDARIES, "output_mode": "one_hot"}, (3, 4)),
    Row("Discretization", {"bin_boundaries": BOUNDARIES, "output_mode": "count"}, (3, 4)),
    Row("CategoryEncoding", {"num_tokens": 5}, (3, 4), integers=5),
    Row("CategoryEncoding", {"num_tokens": 5, "output_mode": "one_hot"}, (3, 1), integers=5),
    Row("CategoryEncoding", {"num_tokens": 5, "output_mode": "count"}, (3, 4, 2), integers=5),
    Row(
        "Hashing",
        {"num_bins": 7, "mask_value": 2, "salt": 9, "output_mode": "multi_hot"},
        (3, 4),
        integers=5,
        only_ours=True,
    ),
    Row("Hashing", {"num_bins": 7}, (3, 4), integers=500, only_ours=True),
    Row("HashedCrossing", {"num_bins": 5}, [(3, 1), (3, 1)], integers=9, only_ours=True),
    Row(
        "HashedCrossing",
        {"num_bins": 5, "output_mode": "one_hot"},
        [(3, 1), (3, 1), (3, 1)],
        integers=9,
        only_ours=True,
    ),
    Row("IntegerLookup", {"vocabulary": [4, 1, 7]}, (3, 4), integers=9, only_ours=True),
    Row(
        "IntegerLookup",
        {"vocabulary": [4, 1], "num_oov_indices": 3, "mask_token": 0, "oov_method": "farmhash"},
        (3, 4),
        integers=9,
        only_ours=True,
    ),
    Row(
        "IntegerLookup",
        {"vocabulary": [4, 1], "output_mode": "tf_idf", "idf_weights": [0.5, 2.0]},
        (3, 4),
        integers=9,
        only_ours=True,
    ),
    Row(
        "IntegerLookup",
        {"vocabulary": [4, 1, 7], "invert": True, "mask_token": 0},
        (3, 4),
        integers=6,
        only_ours=True,
    ),
]

FROM_DATA = ("max_tokens", "vocabulary_size", "has_input_vocabulary")
NUMBERS = Row("Discretization", shape=(3, 4))
CODES = Row("CategoryEncoding", {"num_tokens": 5, "output_mode": "count"}, (3, 4), integers=5)
INTEGERS = Row("Hashing", shape=(3, 4), integers=9)
PAIRS = Row("HashedCrossing", shape=[(3, 1), (3, 1)], integers=9)
CATEGORIES = {"output_mode": "multi_hot"}


def is_sparse(layer):
    """Whether a layer gives sparse tensors, and their values."""
    y = layer(INTEGERS.tensors())
    return [torch.tensor(y.is_sparse), y.to_dense()]


def adapted(layer):
    """What a layer gives after it has seen data."""
    layer.adapt(torch.sin(torch.arange(1000.0)).reshape(-1, 1).numpy())
    return torch.tensor(layer.bin_boundaries)


def counted(layer):
    """The vocabulary that a layer finds."""
    layer.adapt(np.array([[5, 5, 5, 3], [3, 7, 7, 1]]))
    return [torch.tensor(layer.get_vocabulary()), layer(np.array([[5, 9, 3, 0]]))]


def known_size(layer):
    """The shape that a layer says it gives."""
    return torch.tensor([-1 if n is None else n for n in layer.compute_output_shape((2, 3))])


VOCABULARY = {"vocabulary": [4, 1, 7]}
LOOKUPS = {
    "max_tokens": Change(3, outcome=counted),
    "num_oov_indices": 3,
    "mask_token": 0,
    "invert": True,
    "output_mode": "multi_hot",
    "sparse": Change(True, given=CATEGORIES, outcome=is_sparse),
    "pad_to_max_tokens": Change(True, given={**CATEGORIES, "max_tokens": 9}),
    "vocabulary_size": Change(9, given=CATEGORIES, outcome=known_size),
    "has_input_vocabulary": Change(True, outcome=counted, raises=ValueError),
}

ARGUMENTS = [
    constructed(
        "Discretization",
        {
            "bin_boundaries": [0.0],
            "output_mode": "one_hot",
            "sparse": Change(True, given=CATEGORIES, outcome=is_sparse),
        },
        {"bin_boundaries": BOUNDARIES},
        NUMBERS,
    ),
    Subject(
        torchkeras.layers.Discretization,
        {"num_bins": 7, "epsilon": 0.2},
        {"num_bins": 4},
        outcome=adapted,
    ),
    constructed(
        "CategoryEncoding",
        {
            "num_tokens": 6,
            "output_mode": "count",
            "sparse": Change(True, outcome=is_sparse),
        },
        {"num_tokens": 5},
        CODES,
    ),
    called(CODES, {"count_weights": torch.arange(12.0).reshape(3, 4)}),
    constructed(
        "Hashing",
        {
            "num_bins": 5,
            "mask_value": 3,
            "salt": 11,
            "output_mode": "count",
            "sparse": Change(True, given=CATEGORIES, outcome=is_sparse),
        },
        {"num_bins": 7},
        INTEGERS,
    ),
    constructed(
        "HashedCrossing",
        {
            "num_bins": 5,
            "output_mode": "one_hot",
            "sparse": Change(
                True,
                given={"output_mode": "one_hot"},
                outcome=lambda layer: torch.tensor(layer(PAIRS.tensors()).is_sparse),
            ),
        },
        {"num_bins": 7},
        PAIRS,
    ),
    constructed(
        "IntegerLookup",
        {
            "vocabulary": [1, 4],
            "oov_token": Change(8, given={"invert": True}),
            "vocabulary_dtype": Change("float32", raises=ValueError),
            "idf_weights": Change(
                [3.0, 2.0, 1.0], given={"output_mode": "tf_idf", "idf_weights": [1.0] * 3}
            ),
            "oov_method": Change("farmhash", given={"num_oov_indices": 3}),
            "salt": Change(5, given={"num_oov_indices": 3, "oov_method": "farmhash"}),
            **{key: value for key, value in LOOKUPS.items() if key not in FROM_DATA},
        },
        VOCABULARY,
        Row("IntegerLookup", shape=(3, 4), integers=9),
    ),
    Subject(
        torchkeras.layers.IntegerLookup,
        {key: value for key, value in LOOKUPS.items() if key in FROM_DATA},
    ),
]

WITHOUT = {}
