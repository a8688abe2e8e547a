"""One step of an optimizer, in the order in which it happens.

``step`` reads ``parameter.grad``; ``apply`` is handed gradients in Keras's layout. Both lead here:

    _advance                one step over some of the variables
    ├─ _overwrite           variables that take their gradient as their value
    ├─ _accumulate          sum gradients until a step is due
    ├─ clipping.clip        by norm, global norm or value
    ├─ _change              decay the weights and apply the formula, bucket by bucket
    ├─ _average             moving averages of the weights
    └─ _constrain           the variables' constraints; then the count goes up
"""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import optimizer as torch_optimizer

from torchkeras.core import keeping, scopes
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.notices import warn
from torchkeras.core.variable import Variable, as_tensor
from torchkeras.distribution import reduction_outside_fit
from torchkeras.optimizers import buckets, clipping, fused
from torchkeras.optimizers.buckets import Bucket, Linked, Rate, Rows, Slots


class Stepping:
    """The step of ``Optimizer``, whose attributes it uses."""

    update: Callable[[list[Tensor], list[Tensor], Slots, Rate, Rate], None] | None = None
    has_fused_step = False  # whether torch's kernel computes this configuration
    has_sharded_kernel = False  # whether that kernel takes DTensors

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own_step = cls.update_step is not Stepping.update_step
        # Which parts of Keras's protocol a user's class defines.
        cls._by_variable = own_step or cls.update is None
        cls._takes_rate = len(inspect.signature(cls.update_step).parameters) > 3
        cls._hands_over = (
            cls.apply is not Stepping.apply or cls.apply_gradients is not Stepping.apply_gradients
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters by the gradients in their ``grad``.

        Args:
            closure: Called first, with gradients on; its result is given back.

        Raises:
            RuntimeError: the optimizer hasn't been built.
            ValueError: no parameter has a gradient.
        """
        return _observed_step(self, closure) if _is_observed(self) else self._step(closure)

    step.hooked = True  # torch would wrap it for hooks and the profiler, wanted or not

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if not self.built:
            raise moment_error(self, "it has no variables yet", "Call build(variables) first.")
        self.step_with([variable.parameter.grad for variable in self._trainable_variables])
        return loss

    def step_with(self, gradients: Sequence[Tensor | None]) -> None:
        """Change the parameters by these gradients, which lie as the parameters do.

        They are the optimizer's from now on: it may change them in place.

        Args:
            gradients: One for each variable; None for a variable that has none.

        Raises:
            ValueError: all are None.
        """
        if torch.compiler.is_compiling():
            self.count_on_device()
        gradients = [  # those of torch's Embedding(sparse=True) are sparse
            gradient.to_dense() if gradient is not None and gradient.is_sparse else gradient
            for gradient in gradients
        ]
        if self._hands_over:
            self._hand_over(gradients)
            return
        with torch.no_grad():
            rows = None
            if any(gradient is None for gradient in gradients):
                rows, gradients = self._present(range(len(gradients)), gradients)
            self._advance(rows, gradients, owned=True)

    def _hand_over(self, gradients: list[Tensor | None]) -> None:
        """Give gradients to the ``apply_gradients`` or ``apply`` of a user's class."""
        variables = self._trainable_variables
        shown = [
            None if gradient is None else variable.layout.to_keras(gradient)
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
        self.apply_gradients(list(zip(shown, variables, strict=True)))

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
        experimental_aggregate_gradients: bool = True,
    ) -> Any:
        """``apply`` on pairs of gradient and variable.

        Args:
            grads_and_vars: The pairs.
            name: Taken for Keras 2's sake; nothing is named.
            skip_gradients_aggregation: Whether the mean over processes is left out.
            experimental_aggregate_gradients: The opposite, as earlier releases said it.

        Returns:
            The step count.

        Raises:
            ValueError: there are no pairs; see ``apply``.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise argument_error(
                self, "grads_and_vars", [], "one pair or more", "No gradients provided."
            )
        reduction = self.gradient_reduction
        if skip_gradients_aggregation or not experimental_aggregate_gradients:
            self.gradient_reduction = _as_they_are
        try:
            self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        finally:
            self.gradient_reduction = reduction
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Change variables by gradients given in Keras's layout.

        Args:
            grads: One gradient for each variable; None for a variable that has none.
            trainable_variables: The variables; None means those that the optimizer was built on.

        Raises:
            ValueError: the numbers differ, a variable is unknown, or all gradients are None.
        """
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    f'{type(self).__name__} "{self.name}": When passing `grads` without '
                    "`variables`, the optimizer must already be built on a list of variables. Call "
                    "`optimizer.build(trainable_variables)` first."
                )
            trainable_variables = self._trainable_variables
        variables = list(trainable_variables)
        if len(grads) != len(variables):
            raise argument_error(
                self,
                "grads",
                f"a list of {len(grads)}",
                f"one for each of {len(variables)} variables",
                "The gradients must match the variables one-to-one.",
            )
        if not self.built:
            self.build(variables)
            self.built = True
        if torch.compiler.is_compiling() or scopes.local.compiles_next:
            self.count_on_device()
        rows = tuple([self._row(variable) for variable in variables])
        reduction = self.gradient_reduction or reduction_outside_fit()
        with torch.no_grad():
            if self.gradient_aggregator or self.gradient_transformers:
                skips = reduction is _as_they_are
                grads, reduction = self._transformed(grads, variables, reduction, skips), None
            gradients = [
                None if grad is None else self._stored(grad, row, variable)
                for grad, row, variable in zip(grads, rows, variables, strict=True)
            ]
            if reduction is not None:
                gradients = self._reduced(reduction, rows, gradients)
            if any(gradient is None for gradient in gradients):
                rows, gradients = self._present(rows, gradients)
            if rows == tuple(range(len(self._trainable_variables))):
                rows = None
            self._advance(rows, gradients, owned=False)

    def _stored(self, gradient: Any, row: int, given: Any) -> Tensor:
        """A gradient as handed to ``apply``, in the parameter's layout, type and device."""
        variable = self._trainable_variables[row]
        parameter = variable.parameter
        gradient = as_tensor(gradient, parameter.dtype, parameter.device)
        if gradient.layout is not torch.strided:
            gradient = gradient.to_dense()
        wanted = parameter if given is parameter else variable
        if tuple(gradient.shape) != tuple(wanted.shape):
            raise argument_error(
                self,
                f"the shape of the gradient of {variable.path!r}",
                tuple(gradient.shape),
                f"{tuple(wanted.shape)}, as of the variable",
            )
        if given is parameter or variable.layout.is_identity:
            return gradient
        return variable.layout.from_keras(gradient)

    def _reduced(
        self, reduction: Any, rows: tuple[int, ...], gradients: list[Tensor | None]
    ) -> list[Tensor | None]:
        """The mean or sum over processes; one that is absent here alone counts as zero."""
        parameters = [self._trainable_variables[row].parameter for row in rows]
        return list(reduction(gradients, parameters))

    def _present(
        self, rows: Iterable[int], gradients: list[Tensor | None]
    ) -> tuple[tuple[int, ...], list[Tensor]]:
        """Rows that have a gradient, and these; the others are named in a warning, once."""
        rows = list(rows)
        present = [(r, g) for r, g in zip(rows, gradients, strict=True) if g is not None]
        if self.round.reduction is not None:  # other processes may have what is missing here
            return tuple([row for row, _ in present]), [gradient for _, gradient in present]
        if not present:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": all gradients are None; expected one or '
                "more. No gradients provided for any variable. Does the loss depend on them?"
            )
        kept = tuple([row for row, _ in present])
        if kept not in self._missing:
            self._missing.add(kept)
            variables = [self._trainable_variables[row] for row in rows if row not in set(kept)]
            absent = [variable.path for variable in variables if variable.trainable]
            if absent:
                warn(
                    f"Gradients do not exist for variables {absent} when minimizing the loss. If "
                    "using `model.compile()`, did you forget to provide a `loss` argument?"
                )
        return kept, [gradient for _, gradient in present]

    def _advance(self, rows: Rows, gradients: list[Tensor], owned: bool) -> None:
        """One step on the variables of ``rows``; ``owned`` gradients may be changed in place."""
        group = self.param_groups[0]
        found_inf = self.__dict__.get("found_inf")  # set by torch.amp.GradScaler
        if found_inf is not None:
            self.count_on_device(rate=False)
        changed, gradients = self._overwrite(rows, gradients)
        if gradients or self.round.reduction is not None:
            if self.loss_scale_factor is not None and gradients:
                gradients, owned = torch._foreach_div(gradients, self.loss_scale_factor), True
            due = True
            if self.gradient_accumulation_steps:
                changed, gradients, due = self._accumulate(changed, gradients)
                owned = True
            if due and gradients:
                gradients = clipping.clip(self, gradients, owned)
                self._change(changed, gradients)
            if self.use_ema:
                self._average()
            self._constrain(changed)
        if found_inf is None:
            group["iteration"] += 1
        else:
            group["iteration"] += (1.0 - found_inf).to(group["iteration"])

    def _overwrite(self, rows: Rows, gradients: list[Tensor]) -> tuple[Rows, list[Tensor]]:
        """Give variables that ask for it their gradient as value; what is left."""
        variables = self._trainable_variables
        if not any(variable.overwrite_with_gradient for variable in variables):
            return rows, gradients
        left = []
        for row, gradient in zip(self._listed(rows), gradients, strict=True):
            variable = variables[row]
            if not variable.overwrite_with_gradient:
                left.append((row, gradient))
                continue
            if self.gradient_accumulation_steps:
                highest = self._accumulated_gradients[row].parameter
                torch.maximum(highest, gradient, out=highest)
                if not self._is_due():
                    continue
                gradient = highest.clone()
                highest.zero_()
            variable.parameter.copy_(gradient)
        return tuple([row for row, _ in left]), [gradient for _, gradient in left]

    def _listed(self, rows: Rows) -> Sequence[int]:
        return range(len(self._trainable_variables)) if rows is None else rows

    def _is_due(self) -> bool:
        """Whether this call ends a round of gradient accumulation."""
        return (int(self.param_groups[0]["iteration"]) + 1) % self.gradient_accumulation_steps == 0

    def _accumulate(self, rows: Rows, gradients: list[Tensor]) -> tuple[Rows, list[Tensor], bool]:
        """Add to the sums; when a step is due, the rows it is for and the means of all gradients,
        with the sums set to zero."""
        every = [total.parameter for total in self._accumulated_gradients]
        place = int(self.param_groups[0]["iteration"]) % self.gradient_accumulation_steps
        self.round.add([every[row] for row in self._listed(rows)], gradients, place)
        if not self._is_due():
            return rows, gradients, False
        if self.round.reduction is not None:
            here = set(self._listed(rows))
            found = self.round.exchange(every, [row in here for row in range(len(every))])
            rows = tuple([row for row, present in enumerate(found) if present])
        means = self.round.means([every[row] for row in self._listed(rows)])
        torch._foreach_zero_(
            [
                total.parameter
                for total, variable in zip(
                    self._accumulated_gradients, self._trainable_variables, strict=True
                )
                if not variable.overwrite_with_gradient
            ]
        )
        if rows is not None and len(rows) == len(every):
            rows = None
        return rows, means, True

    def share_round(self) -> None:
        """Make sums of a round of gradient accumulation the same in all processes."""
        self.round.share([total.parameter for total in self._accumulated_gradients])

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        """Gradients clipped as the options say."""
        present = [torch.as_tensor(grad) for grad in grads if grad is not None]
        clipped = iter(clipping.clip(self, present, owned=False))
        return [None if grad is None else next(clipped) for grad in grads]

    # The change itself.

    def _change(self, rows: Rows, gradients: list[Tensor]) -> None:
        """Decay weights and apply the formula."""
        keeping.about_to_change(
            self._trainable_variables[row].parameter for row in self._listed(rows)
        )
        if self._by_variable:
            self._change_by_variable(rows, gradients)
            return
        rate, step = self._rate(), self._next_step()
        self.before_update(step)
        for bucket in self._buckets(rows):
            taken = bucket.take(gradients)
            if not self.update_fused(bucket, taken, rate, step):
                if bucket.decay:
                    buckets.shrink(bucket.weights, bucket.decay * rate)
                self.update(bucket.weights, taken, bucket.slots, rate, step)

    def _next_step(self) -> Rate:
        """Number of this step for formulas, from 1."""
        iteration = self.param_groups[0]["iteration"]
        if self.gradient_accumulation_steps:
            iteration = iteration // self.gradient_accumulation_steps
        return iteration.float() + 1.0 if isinstance(iteration, Tensor) else iteration + 1

    def _buckets(self, rows: Rows) -> list[Bucket]:
        """Buckets of these rows, made anew when their parameters have been replaced or moved."""
        listed = self._trainable_variables
        if rows is not None:
            listed = [listed[row] for row in rows]
        parameters = [variable.parameter for variable in listed]
        linked = self._linked.get(rows)
        if linked is None or not linked.fits(parameters):
            linked = self._linked[rows] = self._link(rows, parameters)
        return linked.buckets

    def _link_all(self) -> None:
        """Make the buckets of all variables now, so that a compiled step finds them."""
        if not self._by_variable:
            self._buckets(None)

    def _link(self, rows: Rows, parameters: list[Tensor]) -> Linked:
        self._refer_state()
        listed = self._listed(rows)
        own = {name for names, _ in self.slot_blocks() for name in names}
        held = [
            {name: slot for name, slot in self._slots[row].items() if name in own} for row in listed
        ]
        decays = [
            float(self.weight_decay)
            if self.weight_decay and self._use_weight_decay(self._trainable_variables[row])
            else 0.0
            for row in listed
        ]
        return Linked(parameters, buckets.group(parameters, held, decays))

    def before_update(self, step: Rate) -> None:
        """What is done once in a step, before the formula is applied to the buckets."""

    @property
    def _step_supports_amp_scaling(self) -> bool:
        """Asked by ``torch.amp.GradScaler``: whether kernels unscale gradients and skip steps."""
        return (
            self.built
            and not self._by_variable
            and fused.supports_skipping(self)
            and all(fused.fits(self, bucket) for bucket in self._buckets(None))
        )

    def update_fused(self, bucket: Bucket, gradients: list[Tensor], rate: Rate, step: Rate) -> bool:
        """Decay and update a bucket in one kernel, where there is one; else do nothing.

        Returns:
            Whether it was done.
        """
        return False

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any = None) -> None:
        """Change one variable by its gradient, both in Keras's layout.

        A user's class overrides it, and creates its slots in ``build``. It may take
        ``learning_rate`` as a third argument, or read ``self.learning_rate``.

        Raises:
            RuntimeError: the class defines neither this nor a formula.
        """
        if self.update is None:
            raise moment_error(
                self, "update_step isn't defined", "Override update_step(gradient, variable, rate)."
            )
        row = self._row(variable)
        rate = self._rate() if learning_rate is None else float(learning_rate)
        with torch.no_grad():
            (bucket,) = self._buckets((row,))
            taken = bucket.take([self._stored(gradient, row, variable)])
            self.update(bucket.weights, taken, bucket.slots, rate, self._next_step())

    def _change_by_variable(self, rows: Rows, gradients: list[Tensor]) -> None:
        variables = [self._trainable_variables[row] for row in self._listed(rows)]
        rate = self.learning_rate
        if self.decay:
            rate = torch.as_tensor(self._rate())
        self._apply_weight_decay(variables)
        for variable, gradient in zip(variables, gradients, strict=True):
            shown = variable.layout.to_keras(gradient)
            if self._takes_rate:
                self.update_step(shown, variable, rate)
            else:
                self.update_step(shown, variable)

    def _apply_weight_decay(self, variables: Sequence[Variable]) -> None:
        if not self.weight_decay:
            return
        weights = [v.parameter for v in variables if self._use_weight_decay(v)]
        if weights:
            buckets.shrink(weights, self.weight_decay * self._rate())

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leave variables out of weight decay.

        Args:
            var_list: The variables.
            var_names: Patterns; a variable is left out if one is found in its name.
        """
        self._undecayed = list(var_list or ())
        self._undecayed_names = re.compile("|".join(sorted(set(var_names)))) if var_names else None
        self._linked = {}

    def _use_weight_decay(self, variable: Variable) -> bool:
        if any(excluded is variable for excluded in self._undecayed):
            return False
        pattern = self._undecayed_names
        return pattern is None or pattern.search(variable.name) is None

    # After the change.

    def _average(self) -> None:
        """Move the averages towards the weights; the first step sets them to the weights."""
        pairs = self._averaged(self._trainable_variables)
        if not pairs:
            return
        if isinstance(self.param_groups[0]["iteration"], Tensor):
            self._average_on_device(pairs)
            return
        averages, weights = [average for average, _ in pairs], [weight for _, weight in pairs]
        steps = int(self._iterations) // (self.gradient_accumulation_steps or 1)
        torch._foreach_lerp_(averages, weights, 1.0 - (self.ema_momentum if steps else 0.0))
        if self.ema_overwrite_frequency and (steps + 1) % self.ema_overwrite_frequency == 0:
            torch._foreach_copy_(weights, averages)

    def _average_on_device(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        """``_average`` by a count that only the device knows."""
        steps = self.param_groups[0]["iteration"] // (self.gradient_accumulation_steps or 1)
        share = torch.where(steps > 0, 1.0 - self.ema_momentum, 1.0)
        for average, weight in pairs:
            average.lerp_(weight, share.to(weight.dtype))
        if self.ema_overwrite_frequency:
            due = (steps + 1) % self.ema_overwrite_frequency == 0
            for average, weight in pairs:
                weight.copy_(torch.where(due, average, weight))

    def _averaged(self, variables: Iterable[Variable]) -> list[tuple[Tensor, Tensor]]:
        """Average and weight of each variable that has an average."""
        averages = [self._model_variables_moving_average[self._row(v)] for v in variables]
        return [
            (average.parameter, variable.parameter)
            for average, variable in zip(averages, variables, strict=True)
            if average is not None
        ]

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """With ``use_ema``, put the averages in the weights' place.

        Args:
            var_list: The model's trainable variables.

        Raises:
            ValueError: they aren't those that the optimizer was built on.
        """
        if not self.use_ema:
            return
        if len(var_list) != len(self._model_variables_moving_average):
            raise argument_error(
                self,
                "var_list",
                f"a list of {len(var_list)}",
                f"the {len(self._model_variables_moving_average)} variables with averages",
                "The length of model variables doesn't match those stored in the optimizer.",
            )
        with torch.no_grad():
            for average, weight in self._averaged(var_list):
                weight.copy_(average)

    def _constrain(self, rows: Rows) -> None:
        variables = self._trainable_variables
        constrained = [variable for variable in variables if variable.constraint is not None]
        for variable in constrained:
            if rows is None or self._row(variable) in rows:
                variable.assign(variable.constraint(variable.tensor))


def _as_they_are(gradients: list[Any], parameters: list[Tensor]) -> list[Any]:
    return gradients


def _plain_step(optimizer: Stepping, closure: Callable[[], Any] | None) -> Any:
    return optimizer._step(closure)


_observed_step = torch.optim.Optimizer.profile_hook_step(_plain_step)


def _is_observed(optimizer: Any) -> bool:
    """Whether there are hooks to call around the step, or a profiler to tell of it."""
    return bool(
        optimizer._optimizer_step_pre_hooks
        or optimizer._optimizer_step_post_hooks
        or torch_optimizer._global_optimizer_pre_hooks
        or torch_optimizer._global_optimizer_post_hooks
        or torch.autograd.profiler._is_profiler_enabled
    )
