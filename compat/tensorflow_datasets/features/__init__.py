"""``tfds.features``: what examples are made of."""

from torchkeras_shim.names import missing

from tensorflow_datasets.deprecated import text
from tensorflow_datasets.features.base import FeatureConnector, TensorInfo
from tensorflow_datasets.features.media import Audio, Image, LabeledImage, Video
from tensorflow_datasets.features.nested import (
    Dataset,
    FeaturesDict,
    Sequence,
    Translation,
    TranslationVariableLanguages,
)
from tensorflow_datasets.features.tensors import (
    BBox,
    BBoxFeature,
    ClassLabel,
    Encoding,
    Scalar,
    Tensor,
    Text,
)

__getattr__ = missing(__name__)
