"""From a loss to a step."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.variable import Variable


class Minimizing:
    """What ``Optimizer`` does with losses."""

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate: multiplied by ``loss_scale_factor``, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def compute_gradients(
        self, loss: Any, var_list: Any, tape: Any = None, grad_loss: Any = None
    ) -> list[tuple[Tensor | None, Variable]]:
        """Gradients of a loss with their variables.

        Args:
            loss: A tensor, or a callable that computes it.
            var_list: The variables, or a callable that gives them.
            tape: The gradient tape that recorded a loss which is a tensor; None differentiates
                torch's own graph.
            grad_loss: What gradients start from at the loss; None is 1.
        """
        if callable(loss) and not isinstance(loss, (Tensor, Variable)):
            with torch.enable_grad():
                loss = loss()
            tape = None
        variables = list(var_list() if callable(var_list) else var_list)
        if tape is not None:
            options = {} if grad_loss is None else {"output_gradients": grad_loss}
            gradients = tape.gradient(loss, variables, **options)
        else:
            gradients = torch.autograd.grad(loss, variables, grad_loss, allow_unused=True)
        return list(zip(gradients, variables, strict=True))

    def aggregate_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]]
    ) -> list[tuple[Tensor | None, Variable]]:
        """Pairs with gradients that are means over the processes (Keras 2)."""
        pairs = list(grads_and_vars)
        if self.gradient_reduction is None:
            return pairs
        variables = [variable for _, variable in pairs]
        means = self.gradient_reduction(
            [gradient for gradient, _ in pairs], [variable.value for variable in variables]
        )
        return list(zip(means, variables, strict=True))

    def minimize(
        self,
        loss: Any,
        var_list: Any,
        tape: Any = None,
        *,
        grad_loss: Any = None,
        name: str | None = None,
    ) -> Any:
        """``compute_gradients``, then ``apply_gradients``; the step count is given back.

        Args:
            loss, var_list, tape, grad_loss: See ``compute_gradients``.
            name: Accepted for older scripts: it named operations of TensorFlow's graph.
        """
        pairs = self.compute_gradients(loss, var_list, tape, grad_loss)
        return self.apply_gradients(pairs)
