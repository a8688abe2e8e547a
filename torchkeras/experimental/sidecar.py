"""``SidecarEvaluator`` under its older name."""

import warnings
from typing import Any

from torchkeras.callbacks import sidecar


class SidecarEvaluator(sidecar.SidecarEvaluator):
    """``keras.utils.SidecarEvaluator`` under its older name.

    Source: tf.keras 2 ``experimental.SidecarEvaluator``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "`tf.keras.experimental.SidecarEvaluator` endpoint is deprecated and will be removed "
            "in a future release. Please use `tf.keras.utils.SidecarEvaluator`.",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(*args, **kwargs)
