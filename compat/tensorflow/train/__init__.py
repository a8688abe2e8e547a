"""``tf.train``: checkpoints, and records of samples."""

from torchkeras_shim.names import missing

from tensorflow.train import experimental
from tensorflow.train.checkpoints import Checkpoint, CheckpointOptions
from tensorflow.train.cluster import ClusterSpec
from tensorflow.train.examples import (
    BytesList,
    Example,
    Feature,
    FeatureList,
    FeatureLists,
    Features,
    FloatList,
    Int64List,
    SequenceExample,
)
from tensorflow.train.managers import (
    CheckpointManager,
    checkpoints_iterator,
    latest_checkpoint,
    list_variables,
    load_checkpoint,
    load_variable,
)
from torchkeras.saving.checkpoint_state import get_checkpoint_state

__getattr__ = missing(__name__)
