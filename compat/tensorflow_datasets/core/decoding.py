"""``tfds.decode``: features left as they are written, decoded otherwise, or left out."""

from collections.abc import Callable, Mapping
from typing import Any

from tensorflow_datasets.features.base import FeatureConnector, mapped
from tensorflow_datasets.features.nested import FeaturesDict, as_feature
from torchkeras.core.checks import argument_error


class Decoder:
    """What decodes a feature in place of the feature itself."""

    def decode(self, feature: FeatureConnector, example: Any) -> Any:
        """The value of an example, of what the file has."""
        return self.decode_example(example)

    def decode_example(self, serialized_example: Any) -> Any:
        """The value of an example; written by a subclass."""
        return serialized_example

    def spec(self, feature: FeatureConnector) -> Any:
        """Spec of the value."""
        return feature.get_tensor_spec()


class SkipDecoding(Decoder):
    """Leaves what the file has, such as the bytes of a picture.

    Source: ``tfds.decode.SkipDecoding``.
    """

    def spec(self, feature: FeatureConnector) -> Any:
        return mapped(lambda info: info.to_tensor_spec(), feature.get_serialized_info())


class _Function(Decoder):
    def __init__(self, function: Callable[..., Any], output: Any, values: Any) -> None:
        self._function, self._output, self._values = function, output, values

    def decode(self, feature: FeatureConnector, example: Any) -> Any:
        return self._function(example, feature, *self._values[0], **self._values[1])

    def spec(self, feature: FeatureConnector) -> Any:
        if self._output is None:
            return feature.get_tensor_spec()
        return as_feature(self._output).get_tensor_spec()


def make_decoder(output_dtype: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a decoder of a function ``(serialized, feature, ...)``.

    Args:
        output_dtype: Type of what it gives; None is the feature's own.

    Source: ``tfds.decode.make_decoder``.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def decoder(*args: Any, **options: Any) -> _Function:
            return _Function(function, output_dtype, (args, options))

        return decoder

    return decorate


class PartialDecoding:
    """Some features of all, by name.

    Args:
        features: True for each that is wanted, or a set of names; dicts for nested features.
        decoders: What decodes some of them.

    Source: ``tfds.decode.PartialDecoding``.
    """

    def __init__(self, features: Any, decoders: Any = None) -> None:
        self._wanted = features
        self.decoders = decoders

    def extract_features(self, features: FeatureConnector) -> FeatureConnector:
        """The features that are wanted.

        Raises:
            ValueError: there is none of a name.
        """
        return _chosen(features, self._wanted)


def _chosen(features: Any, wanted: Any) -> Any:
    if wanted is True or isinstance(wanted, (FeatureConnector, type)):
        return features
    if not isinstance(wanted, Mapping):
        wanted = dict.fromkeys(wanted, True)
    unknown = sorted(name for name in wanted if name not in features)
    if unknown:
        raise argument_error(
            "tfds.decode.PartialDecoding", "features", unknown, f"{list(features)}"
        )
    parts = {name: _chosen(features[name], part) for name, part in wanted.items() if part}
    inner = FeaturesDict(parts)
    return type(features)(inner) if hasattr(features, "feature") else inner
