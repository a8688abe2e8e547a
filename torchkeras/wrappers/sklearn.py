"""scikit-learn, where it is installed."""

try:
    import sklearn
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.metadata_routing import MetadataRequest
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "keras.wrappers needs scikit-learn 1.6 or newer: pip install torchkeras-compat[sklearn]"
    ) from error

__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "MetadataRequest",
    "RegressorMixin",
    "TransformerMixin",
    "check_is_fitted",
    "sklearn",
    "type_of_target",
    "validate_data",
]
