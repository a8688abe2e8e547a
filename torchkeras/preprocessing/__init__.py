"""What tf.keras 2 had to prepare text and sequences; new code uses layers and ``keras.utils``."""

from torchkeras.preprocessing import image, sequence, text
from torchkeras.utils.folders import image_dataset_from_directory, text_dataset_from_directory
from torchkeras.utils.timeseries import timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
