"""``keras.callbacks.experimental`` of tf.keras 2."""

import warnings
from typing import Any

from torchkeras.callbacks import backup
from torchkeras.callbacks.vocabularies import UpdateEmbeddingCallback

__all__ = ["BackupAndRestore", "UpdateEmbeddingCallback"]


class BackupAndRestore(backup.BackupAndRestore):
    """``keras.callbacks.BackupAndRestore`` under its older name.

    Source: tf.keras 2 ``callbacks.experimental.BackupAndRestore``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "`tf.keras.callbacks.experimental.BackupAndRestore` endpoint is deprecated and will be "
            "removed in a future release. Please use `tf.keras.callbacks.BackupAndRestore`.",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(*args, **kwargs)
