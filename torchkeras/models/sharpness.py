"""Training towards flat minima."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested, serialization
from torchkeras.data import unpack_x_y_sample_weight
from torchkeras.models.model import Model


class SharpnessAwareMinimization(Model):
    """A model trained with the gradients at the worst point near its weights.

    Each step goes from the weights ``w`` by ``rho * g / |g|`` uphill, takes the gradients there,
    and applies them at ``w``.

    Args:
        model: The model that computes.
        rho: Distance to the point at which gradients are taken, in units of the weights.
        num_batch_splits: Parts into which each batch is cut; each has a point of its own, and
            gradients are summed. None leaves batches whole.
        name: Name of the model.

    Source: tf.keras 2 ``models.experimental.SharpnessAwareMinimization``; Foret et al. 2020,
    arXiv:2010.01412.

    Example:
        >>> inner = keras.Sequential([keras.layers.Dense(1)])
        >>> model = keras.models.experimental.SharpnessAwareMinimization(inner)
        >>> model.compile("sgd", "mse")
        >>> sorted(model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0).history)
        ['loss']
    """

    def __init__(
        self,
        model: Model,
        rho: float = 0.05,
        num_batch_splits: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.model = model
        self.rho = rho
        self.num_batch_splits = num_batch_splits

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        return self.model(inputs, **kwargs)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "SharpnessAwareMinimization":
        """A model made from what ``get_config`` gave, the one inside included."""
        model = serialization.deserialize_keras_object(config["model"], custom_objects)
        return super().from_config({**config, "model": model}, custom_objects)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        variables = None
        outputs, totals = [], []
        for part in self._parts((x, y, sample_weight)):
            y_pred, loss = self._loss(*part, training=False)
            variables = variables or self.model.trainable_variables
            weights = [variable.parameter for variable in variables]
            moves = self._moves(torch.autograd.grad(loss, weights, allow_unused=True))
            kept = [weight.detach().clone() for weight in weights]
            with torch.no_grad():
                for weight, move in zip(weights, moves, strict=True):
                    weight.add_(move)
            _, loss = self._loss(*part, training=True)
            totals.append(torch.autograd.grad(loss, weights, allow_unused=True))
            with torch.no_grad():
                for weight, before in zip(weights, kept, strict=True):
                    weight.copy_(before)
            outputs.append(y_pred.detach())
        self.optimizer.apply_gradients(
            (_sum(gradients, variable), variable)
            for gradients, variable in zip(zip(*totals, strict=True), variables, strict=True)
        )
        self.compiled_metrics.update_state(y, torch.cat(outputs), sample_weight)
        return {metric.name: metric.result() for metric in self.metrics}

    def _loss(self, x: Any, y: Any, sample_weight: Any, training: bool) -> tuple[Tensor, Tensor]:
        y_pred = self(x, training=training)
        return y_pred, self.compiled_loss(y, y_pred, sample_weight)

    def _parts(self, batch: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """``batch`` in ``num_batch_splits`` parts."""
        if self.num_batch_splits is None:
            return [batch]
        return [
            nested.map_structure(lambda tensor: _part(tensor, number, self.num_batch_splits), batch)  # noqa: B023
            for number in range(self.num_batch_splits)
        ]

    def _moves(self, gradients: tuple[Tensor | None, ...]) -> list[Tensor | float]:
        """``rho * g / |g|`` of each weight; 0 of one that the loss doesn't depend on."""
        norms = [gradient.norm() for gradient in gradients if gradient is not None]
        scale = self.rho / (torch.stack(norms).norm() + 1e-12)
        return [0.0 if gradient is None else gradient * scale for gradient in gradients]


def _part(tensor: Tensor | None, number: int, count: int) -> Tensor | None:
    return None if tensor is None else tensor.tensor_split(count)[number]


def _sum(gradients: tuple[Tensor | None, ...], variable: Any) -> Tensor | None:
    """The sum, as the variable lies in Keras."""
    given = [gradient for gradient in gradients if gradient is not None]
    return variable.layout.to_keras(sum(given[1:], given[0])) if given else None
