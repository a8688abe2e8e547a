"""From a loss to a step."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable

Pairs: TypeAlias = list[tuple[Any, Variable]]  # gradients with their variables
Pairing: TypeAlias = Callable[[Pairs], Pairs]


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

    gradient_aggregator: Pairing | None = None
    gradient_transformers: tuple[Pairing, ...] = ()

    def _take_transformers(
        self, aggregator: Pairing | None, transformers: Sequence[Pairing] | None
    ) -> None:
        """Let these functions change the gradients of each step."""
        if aggregator is None and not transformers:
            return
        for limit in ("clipnorm", "clipvalue", "global_clipnorm"):
            if transformers and getattr(self, limit) is not None:
                raise argument_error(
                    self, limit, getattr(self, limit), "None beside gradient_transformers",
                    "One of these functions can clip.",
                )  # fmt: skip
        self.gradient_aggregator = aggregator
        self.gradient_transformers = tuple(transformers or ())
        self._hands_over = True  # steps go through apply_gradients

    def _transformed(
        self, gradients: list[Any], variables: list[Any], reduction: Callable | None, skips: bool
    ) -> list[Any]:
        """Gradients that went through the functions given to the constructor.

        Args:
            gradients, variables: Those of a step, in Keras's layout.
            reduction: What makes means over processes, which the aggregator takes the place of.
            skips: Whether neither is wanted.
        """
        if self.gradient_aggregator is None and reduction is not None:
            gradients = reduction(gradients, [variable.value for variable in variables])
        pairs = [pair for pair in zip(gradients, variables, strict=True) if pair[0] is not None]
        if self.gradient_aggregator is not None and not skips:
            pairs = self.gradient_aggregator(pairs)
        for transform in self.gradient_transformers:
            pairs = transform(pairs)
        found = {id(variable): gradient for gradient, variable in pairs}
        return [found.get(id(variable)) for variable in variables]

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
