"""``keras.mixed_precision``: computing in half precision with weights in float32."""

from torchkeras.core.dtypes import DTypePolicy, dtype_policy
from torchkeras.core.policies import set_dtype_policy
from torchkeras.optimizers import LossScaleOptimizer

# Names of older releases.
Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_policy = set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
    "set_policy",
]
