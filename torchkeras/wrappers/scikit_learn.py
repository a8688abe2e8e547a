"""tf.keras 2's estimators: ``KerasClassifier`` and ``KerasRegressor`` around a building function.

Arguments of the function and of the model's methods are parameters of the estimator, so that
``GridSearchCV`` can search over them.
"""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.losses import CategoricalCrossentropy, categorical_crossentropy
from torchkeras.models import Model
from torchkeras.wrappers.sklearn import BaseEstimator, ClassifierMixin, RegressorMixin

METHODS = ("fit", "evaluate", "predict")


class BaseWrapper(BaseEstimator):
    """Base of the estimators.

    Args:
        build_fn: A function, or an object with ``__call__``, that gives a compiled model; None for
            a subclass that has a ``__call__`` of its own.
        **sk_params: Arguments of ``build_fn`` and of the model's ``fit``, ``evaluate`` and
            ``predict``.

    Raises:
        ValueError: an argument that neither takes.

    Source: tf.keras 2 ``BaseWrapper``.
    """

    def __init__(self, build_fn: Callable[..., Model] | None = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params
        self.check_params(sk_params)

    def check_params(self, params: dict[str, Any]) -> None:
        """Raise unless each name is an argument of ``build_fn`` or of the model's methods.

        Raises:
            ValueError: a name that is none.
        """
        build = self._build()
        takes_any = any(
            parameter.kind is inspect.Parameter.VAR_KEYWORD
            for parameter in inspect.signature(build).parameters.values()
        )
        known = {"nb_epoch"}.union(_arguments(build), *map(_arguments, self._methods()))
        unknown = sorted(set(params) - known)
        if unknown and not takes_any:
            raise argument_error(
                self,
                unknown[0],
                params[unknown[0]],
                "arguments of build_fn, fit, evaluate or predict",
                f"{unknown[0]} is not a legal parameter.",
            )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """``build_fn`` and the others; ``deep`` makes no difference, since nothing is nested."""
        return {**copy.copy(self.sk_params), "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> "BaseWrapper":
        """Set parameters by name.

        Raises:
            ValueError: a name that isn't known.
        """
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.check_params(params)
        self.sk_params.update(params)
        return self

    def filter_sk_params(
        self, fn: Callable, override: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The parameters that ``fn`` takes, and ``override`` over them."""
        taken = _arguments(fn)
        chosen = {name: value for name, value in self.sk_params.items() if name in taken}
        return {**chosen, **(override or {})}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Build a model and train it.

        Args:
            x: Samples.
            y: Targets.
            **kwargs: Of the model's ``fit``; they go before the estimator's parameters.

        Returns:
            The ``History``.
        """
        build = self._build()
        self.model = build(**self.filter_sk_params(build))
        if _is_categorical(self.model.loss) and np.ndim(y) != 2:
            y = _one_hot(y)
        return self.model.fit(x, y, **self.filter_sk_params(self.model.fit, kwargs))

    def _build(self) -> Callable[..., Model]:
        if self.build_fn is not None:
            return self.build_fn
        if not callable(self):
            raise argument_error(
                self, "build_fn", None, "a function that gives a compiled model, or a __call__"
            )
        return self.__call__

    @staticmethod
    def _methods() -> list[Callable]:
        return [getattr(Model, name) for name in METHODS]

    def _fitted(self) -> Model:
        if not hasattr(self, "model"):
            raise moment_error(self, "there is no model yet", "Call fit first.")
        return self.model


class KerasClassifier(ClassifierMixin, BaseWrapper):
    """A classifier around a building function.

    Args:
        build_fn: A function that gives a compiled model; None for a subclass with a ``__call__``.
        **sk_params: Arguments of ``build_fn`` and of the model's ``fit``, ``evaluate`` and
            ``predict``.

    Source: tf.keras 2 ``keras.wrappers.scikit_learn.KerasClassifier``.
    """

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Build a model and train it.

        Args:
            x: Samples.
            y: Classes, or one-hot.
            **kwargs: Of the model's ``fit``; they go before the estimator's parameters.

        Shape:
            y: ``(samples,)``, ``(samples, 1)`` or ``(samples, classes)``.

        Returns:
            The ``History``.

        Raises:
            ValueError: another shape of ``y``.
        """
        y = np.array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            self.classes_, numbers = np.unique(y, return_inverse=True)
            y = numbers.reshape(y.shape)
        else:
            raise argument_error(self, "y", y.shape, "one or two axes", "Invalid shape for y.")
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The likeliest class of each sample; ``kwargs`` go to the model's ``predict``."""
        outputs = self._outputs(x, kwargs)
        if outputs.shape[-1] > 1:
            return self.classes_[outputs.argmax(axis=-1)]
        return self.classes_[(outputs > 0.5).astype("int32")]

    def predict_proba(self, x: Any, **kwargs: Any) -> np.ndarray:
        """A probability for each class; ``kwargs`` go to the model's ``predict``."""
        outputs = self._outputs(x, kwargs)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The share of right answers; ``kwargs`` go to the model's ``evaluate``.

        Raises:
            ValueError: the model isn't compiled with ``metrics=["accuracy"]``.
        """
        model = self._fitted()
        y = np.searchsorted(self.classes_, y)
        if _is_categorical(model.loss) and y.ndim != 2:
            y = _one_hot(y, len(self.classes_))
        kwargs = self.filter_sk_params(model.evaluate, kwargs)
        results = model.evaluate(x, y, **{**kwargs, "return_dict": True})
        for name in ("accuracy", "acc"):
            if name in results:
                return results[name]
        raise argument_error(
            self,
            "metrics",
            sorted(results),
            "accuracy among them",
            "The model is not configured to compute accuracy. Pass metrics=['accuracy'] to "
            "model.compile().",
        )

    def _outputs(self, x: Any, kwargs: dict[str, Any]) -> np.ndarray:
        model = self._fitted()
        return model.predict(x, **self.filter_sk_params(model.predict, kwargs))


class KerasRegressor(RegressorMixin, BaseWrapper):
    """A regressor around a building function.

    Args:
        build_fn: A function that gives a compiled model; None for a subclass with a ``__call__``.
        **sk_params: Arguments of ``build_fn`` and of the model's ``fit``, ``evaluate`` and
            ``predict``.

    Source: tf.keras 2 ``keras.wrappers.scikit_learn.KerasRegressor``.
    """

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """A number for each sample; ``kwargs`` go to the model's ``predict``."""
        model = self._fitted()
        outputs = model.predict(x, **self.filter_sk_params(model.predict, kwargs))
        return np.squeeze(outputs, axis=-1)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The loss, negative so that more is better; ``kwargs`` go to the model's ``evaluate``."""
        model = self._fitted()
        kwargs = self.filter_sk_params(model.evaluate, kwargs)
        return -model.evaluate(x, y, **{**kwargs, "return_dict": True})["loss"]


def _arguments(function: Callable) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self"}


def _one_hot(y: Any, count: int | None = None) -> np.ndarray:
    numbers = np.asarray(y, dtype="int64")
    return np.eye(count or numbers.max() + 1)[numbers]


def _is_categorical(loss: Any) -> bool:
    return loss in (
        "categorical_crossentropy",
        "CategoricalCrossentropy",
        categorical_crossentropy,
    ) or isinstance(loss, CategoricalCrossentropy)
