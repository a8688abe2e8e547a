"""Keras 3's estimators: ``SKLearnClassifier``, ``SKLearnRegressor``, ``SKLearnTransformer``."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.models import Model, clone_model
from torchkeras.wrappers.sklearn import (
    BaseEstimator,
    ClassifierMixin,
    MetadataRequest,
    RegressorMixin,
    TransformerMixin,
    check_is_fitted,
    sklearn,
    type_of_target,
    validate_data,
)


class SKLBase(BaseEstimator):
    """A compiled model with scikit-learn's ``fit`` and ``predict``.

    Args:
        model: A compiled model, copied with new weights for each ``fit``; or a function of
            ``X``, ``y`` and ``model_kwargs`` that gives one.
        warm_start: Whether a second ``fit`` goes on with the weights of the first.
        model_kwargs: Arguments of ``model``, if that is a function.
        fit_kwargs: Arguments of the model's ``fit``, such as ``epochs``.

    Source: Keras 3 ``keras.wrappers``.
    """

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    @property
    def epoch_(self) -> int:
        """How many epochs the last ``fit`` trained; 0 before."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def fit(self, X: Any, y: Any, **kwargs: Any) -> "SKLBase":
        """Train a new model (the one at hand with ``warm_start``).

        Args:
            X: Samples.
            y: Targets.
            **kwargs: Of the model's ``fit``; they go before ``fit_kwargs``.

        Shape:
            X: ``(samples, features)``.
            y: ``(samples,)``.

        Raises:
            RuntimeError: the model isn't compiled with a loss and an optimizer.
        """
        X, y = validate_data(self, X, y)
        targets = self._targets(y)
        is_going_on = self.warm_start and hasattr(self, "model_")
        model = self.model_ if is_going_on else self._new_model(X, targets)
        if not model.compiled or not model.loss or not model.optimizer:
            raise moment_error(
                self,
                "model isn't compiled with a loss and an optimizer",
                "Given model needs to be compiled, and have a loss and an optimizer.",
            )
        self.history_ = model.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def predict(self, X: Any) -> np.ndarray:
        """What the model gives, in the form of ``y``."""
        return self._as_targets(self._outputs(X))

    def set_fit_request(self, **kwargs: Any) -> "SKLBase":
        """Ask scikit-learn's metadata routing for arguments of ``fit``.

        Args:
            **kwargs: For each argument True, False, None or an alias.

        Raises:
            RuntimeError: metadata routing is off.
        """
        if not sklearn.get_config().get("enable_metadata_routing"):
            raise moment_error(
                self,
                "set_fit_request needs metadata routing",
                "Enable it by sklearn.set_config(enable_metadata_routing=True).",
            )
        self._metadata_request = MetadataRequest(owner=type(self).__name__)
        for name, alias in kwargs.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def __sklearn_clone__(self) -> "SKLBase":
        is_model = isinstance(self.model, Model)
        return type(self)(
            copy.deepcopy(self.model) if is_model else self.model,
            warm_start=self.warm_start,
            model_kwargs=self.model_kwargs,
            fit_kwargs=self.fit_kwargs,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def _new_model(self, X: Any, targets: Any) -> Model:
        if isinstance(self.model, Model):
            return clone_model(self.model)
        return self.model(X=X, y=targets, **(self.model_kwargs or {}))

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        return self.model_.predict(validate_data(self, X, reset=False))

    def _targets(self, y: np.ndarray) -> np.ndarray:
        """Targets as the model takes them: a column for each."""
        _check_known(type_of_target(y), y)
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _as_targets(self, outputs: np.ndarray) -> np.ndarray:
        return outputs.squeeze(1) if outputs.ndim == 2 and outputs.shape[1] == 1 else outputs


class SKLearnClassifier(ClassifierMixin, SKLBase):
    """A classifier. The model's output is one probability for each class, also for two.

    Args:
        model: As in the base: a compiled model, or a function that gives one.
        warm_start: Whether a second ``fit`` goes on with the weights of the first.
        model_kwargs: Arguments of ``model``, if that is a function.
        fit_kwargs: Arguments of the model's ``fit``, such as ``epochs``.

    Source: Keras 3 ``SKLearnClassifier``.

    Example:
        >>> def make(X, y, width=8):
        ...     dense = keras.layers.Dense
        ...     model = keras.Sequential([dense(width, "relu"), dense(y.shape[1])])
        ...     loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        ...     model.compile("adam", loss)
        ...     return model
        >>> classifier = keras.wrappers.SKLearnClassifier(make, fit_kwargs={"verbose": 0})
        >>> classifier.fit(np.eye(4), ["a", "b", "a", "b"]).classes_.tolist()
        ['a', 'b']
    """

    def decision_function(self, X: Any) -> np.ndarray:
        """The model's output: a column for each of ``classes_``."""
        return self._outputs(X)

    def _targets(self, y: np.ndarray) -> np.ndarray:
        """One-hot."""
        kind = type_of_target(y)
        _check_known(kind, y)
        if kind not in ("binary", "multiclass"):
            raise argument_error(
                self,
                "y",
                f"of type {kind}",
                "classes",
                "Only binary and multiclass target types are supported. "
                f"Unknown label type: {kind}",
            )
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise argument_error(
                self,
                "y",
                f"only {self.classes_[0]!r}",
                "two classes",
                "Classifier can't train when only one class is present.",
            )
        return np.eye(len(self.classes_))[numbers]

    def _as_targets(self, outputs: np.ndarray) -> np.ndarray:
        return self.classes_[outputs.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, SKLBase):
    """A regressor.

    Args:
        model: As in the base: a compiled model, or a function that gives one.
        warm_start: Whether a second ``fit`` goes on with the weights of the first.
        model_kwargs: Arguments of ``model``, if that is a function.
        fit_kwargs: Arguments of the model's ``fit``, such as ``epochs``.

    Source: Keras 3 ``SKLearnRegressor``.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, SKLBase):
    """A step of a pipeline: ``transform`` gives the model's output.

    Args:
        model: As in the base: a compiled model, or a function that gives one.
        warm_start: Whether a second ``fit`` goes on with the weights of the first.
        model_kwargs: Arguments of ``model``, if that is a function.
        fit_kwargs: Arguments of the model's ``fit``, such as ``epochs``.

    Source: Keras 3 ``SKLearnTransformer``.
    """

    def transform(self, X: Any) -> np.ndarray:
        """The model's output."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def _check_known(kind: str, y: np.ndarray) -> None:
    if kind == "unknown":
        raise argument_error(
            "fit", "y", f"of type {y.dtype}", "classes or numbers", "Unknown label type."
        )
