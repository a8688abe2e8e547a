"""A linear model and a deep one, trained together."""

from typing import Any

from torch import Tensor

from torchkeras import activations, optimizers
from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import ActivationLike
from torchkeras.models import Model


class WideDeepModel(Model):
    """``activation(linear_model(inputs) + dnn_model(inputs))``.

    ``compile`` takes one optimizer for both, or a list of two: of the linear and the deep model.

    Args:
        linear_model: The wide part, such as a ``LinearModel``.
        dnn_model: The deep part.
        activation: Name or callable; None leaves the sum as it is.
        **options: Options of ``Model``.

    Shape:
        inputs: What both models take; or a list or tuple of two: one for each.
        output: As of the models, which must be alike.

    Source: tf.keras 2 ``experimental.WideDeepModel``.

    Example:
        >>> wide, deep = keras.experimental.LinearModel(), keras.Sequential([keras.layers.Dense(1)])
        >>> model = keras.experimental.WideDeepModel(wide, deep)
        >>> model.compile(["sgd", "adam"], "mse")
        >>> model((torch.ones(2, 3), torch.ones(2, 5))).shape
        torch.Size([2, 1])
    """

    def __init__(
        self,
        linear_model: Model,
        dnn_model: Model,
        activation: ActivationLike = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.linear_model = linear_model
        self.dnn_model = dnn_model
        self.activation = activations.get(activation)

    def call(self, inputs: Any, training: bool | None = None) -> Tensor:
        has_two = isinstance(inputs, (list, tuple)) and len(inputs) == 2
        wide, deep = inputs if has_two else (inputs, inputs)
        return nested.map_structure(
            lambda a, b: self.activation(a + b),
            self.linear_model(wide),
            self.dnn_model(deep, training=training),
        )

    def compile(self, optimizer: Any = "rmsprop", *args: Any, **options: Any) -> None:
        """See ``Model.compile``.

        Args:
            optimizer: One, or a list of two: of the linear and the deep model.
            *args, **options: As for ``Model``.

        Raises:
            ValueError: the list isn't of two.
        """
        if isinstance(optimizer, (list, tuple)):
            if len(optimizer) != 2:
                raise argument_error(self, "optimizer", optimizer, "one optimizer or two")
            of_linear, of_deep = (optimizers.get(each) for each in optimizer)
            optimizer = optimizers.MultiOptimizer(_OfPart(self, of_linear, of_deep))
        super().compile(optimizer, *args, **options)

    def get_compile_config(self) -> Any:
        """See ``Model.get_compile_config``; two optimizers are written as a list."""
        config = super().get_compile_config()
        chosen = getattr(self.optimizer, "_optimizer_map", None)
        if config is not None and isinstance(chosen, _OfPart):
            pair = [chosen.of_linear, chosen.default_optimizer]
            config["optimizer"] = [optimizers.serialize(each) for each in pair]
        return config

    def compile_from_config(self, config: Any) -> None:
        """See ``Model.compile_from_config``."""
        self.compile(**serialization.deserialize_value(dict(config)))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WideDeepModel":
        """A model made from what ``get_config`` gave, the two inside included."""
        parts = ("linear_model", "dnn_model")
        made = {part: serialization.deserialize_keras_object(config[part]) for part in parts}
        return super().from_config({**config, **made})


class _OfPart(optimizers.OptimizerMap):
    """The optimizer of a variable by the model that it belongs to."""

    def __init__(self, model: WideDeepModel, of_linear: Any, of_deep: Any) -> None:
        super().__init__(of_deep)
        self.model = model
        self.of_linear = of_linear

    def __call__(self, variable: Any) -> Any:
        linear = self.model.linear_model.trainable_variables
        is_linear = any(variable is each for each in linear)
        return self.of_linear if is_linear else self.default_optimizer

    def get_config(self) -> dict[str, Any]:
        return {}  # told by the model
