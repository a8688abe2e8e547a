"""Callbacks: what happens around epochs and steps. See ``base`` for how to write one."""

from torchkeras.callbacks import experimental
from torchkeras.callbacks.backup import BackupAndRestore
from torchkeras.callbacks.base import Callback, History
from torchkeras.callbacks.callback_list import CallbackList
from torchkeras.callbacks.checkpoint import ModelCheckpoint
from torchkeras.callbacks.csv import CSVLogger
from torchkeras.callbacks.early_stopping import EarlyStopping
from torchkeras.callbacks.lambdas import LambdaCallback
from torchkeras.callbacks.nan import TerminateOnNaN
from torchkeras.callbacks.older import BaseLogger, SidecarEvaluatorModelExport
from torchkeras.callbacks.orbax import OrbaxCheckpoint
from torchkeras.callbacks.progress import ProgbarLogger
from torchkeras.callbacks.remote import RemoteMonitor
from torchkeras.callbacks.schedules import LearningRateScheduler, ReduceLROnPlateau
from torchkeras.callbacks.swap_ema import SwapEMAWeights
from torchkeras.callbacks.tensorboard import TensorBoard
from torchkeras.callbacks.tracking import (
    KerasPruningCallback,
    MlflowCallback,
    WandbMetricsLogger,
)

__all__ = [
    "BackupAndRestore",
    "BaseLogger",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "KerasPruningCallback",
    "LambdaCallback",
    "LearningRateScheduler",
    "MlflowCallback",
    "ModelCheckpoint",
    "OrbaxCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SidecarEvaluatorModelExport",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "WandbMetricsLogger",
    "experimental",
]
