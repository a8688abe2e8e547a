"""What Keras publishes under ``keras.utils``, mostly passed on from the rooms it lives in."""

from torchkeras.callbacks.progress import Progbar
from torchkeras.callbacks.sidecar import SidecarEvaluator
from torchkeras.callbacks.threads import StepsPerExecutionTuner, TimedThread
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.seeds import set_random_seed
from torchkeras.core.serialization import (
    CustomObjectScope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from torchkeras.core.settings import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from torchkeras.data import PyDataset, pack_x_y_sample_weight, unpack_x_y_sample_weight
from torchkeras.tracer import is_symbolic as is_keras_tensor
from torchkeras.utils import bounding_boxes, experimental, legacy
from torchkeras.utils.arrays import normalize, to_categorical, to_ordinal
from torchkeras.utils.embeddings import warmstart_embedding_matrix
from torchkeras.utils.enqueuers import GeneratorEnqueuer, OrderedEnqueuer, SequenceEnqueuer
from torchkeras.utils.feature_space import FeatureSpace
from torchkeras.utils.files import get_file
from torchkeras.utils.folders import image_dataset_from_directory, text_dataset_from_directory
from torchkeras.utils.images import array_to_img, img_to_array, load_img, save_img
from torchkeras.utils.plotting import model_to_dot, plot_model
from torchkeras.utils.sequences import pad_sequences
from torchkeras.utils.session import clear_session
from torchkeras.utils.settings import Config
from torchkeras.utils.sounds import audio_dataset_from_directory
from torchkeras.utils.sources import get_source_inputs
from torchkeras.utils.splitting import split_dataset
from torchkeras.utils.timeseries import timeseries_dataset_from_array

Sequence = PyDataset
custom_object_scope = CustomObjectScope

__all__ = [
    "Config",
    "CustomObjectScope",
    "FeatureSpace",
    "GeneratorEnqueuer",
    "OrderedEnqueuer",
    "Progbar",
    "PyDataset",
    "Sequence",
    "SequenceEnqueuer",
    "SidecarEvaluator",
    "StepsPerExecutionTuner",
    "TimedThread",
    "array_to_img",
    "audio_dataset_from_directory",
    "bounding_boxes",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "experimental",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "legacy",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "to_ordinal",
    "unpack_x_y_sample_weight",
    "warmstart_embedding_matrix",
]
