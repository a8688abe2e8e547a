"""Rows and argument changes of preprocessing of categories."""

from row import Row

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

ARGUMENTS = []

WITHOUT = {}
