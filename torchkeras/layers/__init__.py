"""Layers, as ``keras.layers`` names them."""

from typing import Any

from torchkeras.core import registry, scopes, serialization
from torchkeras.layers import experimental
from torchkeras.layers.activation import (
    ELU,
    Activation,
    LeakyReLU,
    PReLU,
    ReLU,
    Softmax,
    ThresholdedReLU,
)
from torchkeras.layers.attention import AdditiveAttention, Attention
from torchkeras.layers.base import Layer
from torchkeras.layers.conv import Conv1D, Conv2D, Conv3D
from torchkeras.layers.conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from torchkeras.layers.dense import Dense, EinsumDense
from torchkeras.layers.dense_features import DenseFeatures
from torchkeras.layers.depthwise import (
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from torchkeras.layers.dropout import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from torchkeras.layers.embedding import Embedding
from torchkeras.layers.foreign import FlaxLayer, JaxLayer, TFSMLayer
from torchkeras.layers.functions import Lambda
from torchkeras.layers.grouped_query import GroupQueryAttention
from torchkeras.layers.input import Input, InputLayer
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.locally_connected import LocallyConnected1D, LocallyConnected2D
from torchkeras.layers.masking import ActivityRegularization, Identity, Masking
from torchkeras.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from torchkeras.layers.multi_head import MultiHeadAttention
from torchkeras.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from torchkeras.layers.pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from torchkeras.layers.preprocessing.audio import MelSpectrogram, STFTSpectrogram
from torchkeras.layers.preprocessing.categories import CategoryEncoding, Discretization
from torchkeras.layers.preprocessing.hashing import HashedCrossing, Hashing
from torchkeras.layers.preprocessing.image.affine import (
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
)
from torchkeras.layers.preprocessing.image.augment import AugMix, RandAugment
from torchkeras.layers.preprocessing.image.bounding import MaxNumBoundingBoxes
from torchkeras.layers.preprocessing.image.color import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomColorJitter,
    RandomContrast,
    RandomGrayscale,
    RandomHue,
    RandomInvert,
    RandomSaturation,
)
from torchkeras.layers.preprocessing.image.cropping import CenterCrop, RandomCrop
from torchkeras.layers.preprocessing.image.elastic import RandomElasticTransform
from torchkeras.layers.preprocessing.image.filters import (
    RandomErasing,
    RandomGaussianBlur,
    RandomSharpness,
)
from torchkeras.layers.preprocessing.image.flipping import RandomFlip
from torchkeras.layers.preprocessing.image.levels import (
    AutoContrast,
    ContrastLimitedAdaptiveHistogramEqualization,
    Equalization,
    RandomPosterization,
    Solarization,
)
from torchkeras.layers.preprocessing.image.mixing import CutMix, MixUp
from torchkeras.layers.preprocessing.image.perspective import RandomPerspective
from torchkeras.layers.preprocessing.image.resizing import RandomHeight, RandomWidth, Resizing
from torchkeras.layers.preprocessing.lookup import IntegerLookup, StringLookup
from torchkeras.layers.preprocessing.numeric import Normalization, Rescaling
from torchkeras.layers.preprocessing.pipeline import Pipeline
from torchkeras.layers.preprocessing.text import TextVectorization
from torchkeras.layers.recurrent.bidirectional import Bidirectional
from torchkeras.layers.recurrent.cell import AbstractRNNCell
from torchkeras.layers.recurrent.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from torchkeras.layers.recurrent.gru import GRU, GRUCell
from torchkeras.layers.recurrent.lstm import LSTM, LSTMCell
from torchkeras.layers.recurrent.rnn import RNN
from torchkeras.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from torchkeras.layers.recurrent.stacked import StackedRNNCells
from torchkeras.layers.reshaping import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from torchkeras.layers.reversible import ReversibleEmbedding
from torchkeras.layers.spectral import SpectralNormalization
from torchkeras.layers.torch_module import TorchModuleWrapper
from torchkeras.layers.wrappers import TimeDistributed, Wrapper

# Second names, as Keras has them.
Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
CuDNNGRU, CuDNNLSTM = GRU, LSTM  # TensorFlow 1 had their fused kernels as layers of their own


def serialize(layer: Layer, use_legacy_format: bool = False) -> dict[str, Any]:
    """``layer`` as plain data; ``use_legacy_format`` changes nothing."""
    return serialization.serialize_keras_object(layer)


def deserialize(
    config: Any, custom_objects: dict[str, Any] | None = None, use_legacy_format: bool = False
) -> Any:
    """The layer that ``serialize`` described; ``use_legacy_format`` changes nothing."""
    with scopes.custom_objects_scope(custom_objects):
        return registry.from_dict(config, "layers")


__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "AbstractRNNCell",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CuDNNGRU",
    "CuDNNLSTM",
    "CutMix",
    "Dense",
    "DenseFeatures",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "FlaxLayer",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "IntegerLookup",
    "JaxLayer",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "Masking",
    "MaxNumBoundingBoxes",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "MelSpectrogram",
    "Minimum",
    "MixUp",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "ReversibleEmbedding",
    "STFTSpectrogram",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TFSMLayer",
    "TextVectorization",
    "ThresholdedReLU",
    "TimeDistributed",
    "TorchModuleWrapper",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "experimental",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]
