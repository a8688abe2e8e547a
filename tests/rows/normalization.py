"""Rows and argument changes of normalization layers."""

import torch
from influence import Change
from layer_arguments import called, constructed
from row import IMAGES, VOLUMES, Row

TABLE = [
    Row("BatchNormalization", {"momentum": 0.7}, IMAGES),
    Row("BatchNormalization", {"axis": 1, "scale": False}, IMAGES),
    Row("BatchNormalization", {"axis": [-1], "center": False}, (5, 4), only_ours=True),
    Row("BatchNormalization", {"axis": 2}, VOLUMES),
    # Each call in training changes what the next one gives.
    Row("BatchNormalization", {"renorm": True, "momentum": 0.5}, IMAGES, random=True),
    Row("LayerNormalization", {}),
    Row("LayerNormalization", {"axis": [1, 2], "scale": False}, IMAGES, only_ours=True),
    Row("LayerNormalization", {"axis": [2, 3], "center": False}, IMAGES),
    Row("LayerNormalization", {"axis": (-1, -2)}, IMAGES, only_ours=True),
    Row("LayerNormalization", {"rms_scaling": True}, only_ours=True),  # Keras warns of it
    Row("GroupNormalization", {"groups": 2}, IMAGES),
    Row("GroupNormalization", {"groups": -1, "axis": 1}, IMAGES),
    Row("RMSNormalization", {}),
    Row("UnitNormalization", {"axis": [1, 2]}),
]

# Weights that aren't as initialized, so that what is done with them shows.
VISIBLE = {"beta_initializer": "ones", "gamma_initializer": "random_uniform"}
RENORM = {"renorm": True, "moving_mean_initializer": "ones"}
SQUARE = (3, 4, 4)


def _is_synchronized(layer):
    layer.build((None, 4))
    return layer.norm.synchronized


def affine(name, changes, base=VISIBLE, shape=SQUARE):
    """Changes that suit every layer with gamma and beta."""
    shared = {
        "axis": 1,
        "epsilon": 0.5,
        "center": False,
        "scale": False,
        "beta_initializer": "random_uniform",
        "gamma_initializer": "ones",
        "beta_constraint": "max_norm",
    }
    return constructed(name, {**shared, **changes}, base, Row(name, base, shape))


ARGUMENTS = [
    affine(
        "BatchNormalization",
        {
            "momentum": 0.5,
            "renorm": True,
            "renorm_clipping": Change({"rmax": 1.0, "rmin": 1.0, "dmax": 0.0}, given=RENORM),
            "renorm_momentum": Change(0.5, given=RENORM),
            # Two processes: tests/distribution/scenarios.py.
            "synchronized": Change(True, outcome=_is_synchronized),
        },
    ),
    called(
        Row("BatchNormalization", {"moving_mean_initializer": "ones"}, SQUARE),
        {"training": True, "mask": torch.tensor([[True, False, True, True]] * 3)},
        training=False,
    ),
    affine("LayerNormalization", {"rms_scaling": True}),
    affine("GroupNormalization", {"groups": 4}, {**VISIBLE, "groups": 2}, (3, 6, 8, 4)),
    constructed("RMSNormalization", {"axis": 1, "epsilon": 0.5}, {}, Row("RMSNormalization")),
    constructed("UnitNormalization", {"axis": 1}, {}, Row("UnitNormalization")),
]

WITHOUT = {}
