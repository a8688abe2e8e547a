"""``keras.utils.experimental`` of tf.keras 2."""

from torchkeras.utils.dataset_creator import DatasetCreator

__all__ = ["DatasetCreator"]
