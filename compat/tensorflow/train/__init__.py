"""``tf.train``: records of samples."""

from torchkeras_shim.names import missing

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

__getattr__ = missing(__name__)
