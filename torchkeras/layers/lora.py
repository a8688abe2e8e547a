"""Fine-tuning a layer by a product of two small matrices added to its frozen kernel."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.stored import put
from torchkeras.core.typing import InitializerLike
from torchkeras.core.variable import Variable


def adapted_weight(name: str) -> property:
    """A property that shows the weight ``name``; with low rank, the tensor with the product added.

    Raises:
        AttributeError: the layer isn't built.
    """

    def show(self: "LowRank") -> Any:
        if not self.built and name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no {name} yet: build it first.")
        return self.shown_weight()

    return property(show, doc=f"The {name}; with low rank, the tensor with the product added.")


class LowRank:
    """Mixed into layers with a kernel: ``kernel + lora_alpha / lora_rank * a @ b``.

    Args:
        lora_rank: Columns of ``a`` and rows of ``b``, 1 or more; None leaves the layer as it is.
        lora_alpha: Weight of the product, over the rank; None takes the rank.

    Weights:
        lora_kernel_a: the kernel's shape with ``lora_rank`` at the end; lora_kernel_b:
            ``(lora_rank, the kernel's last length)``. Files have their product in the kernel.

    Source: Hu et al. 2021; Keras 3 ``enable_lora``.
    """

    adapted = "kernel"  # the weight that is frozen and added to
    adapted_module = "linear"  # the torch module that has it as its weight
    lora_enabled = False

    def keep_lora(self, rank: int | None, alpha: float | None) -> None:
        """Check and keep the arguments.

        Raises:
            ValueError: one is out of range.
        """
        if rank is not None and (not isinstance(rank, int) or rank < 1):
            raise argument_error(self, "lora_rank", rank, "None or an integer, 1 or more")
        self.lora_rank = rank
        self.lora_alpha = rank if alpha is None else alpha

    def build_lora(self) -> None:
        """At the end of ``build``: make the two matrices if a rank was given."""
        if self.lora_rank is not None:
            self._make_lora(self.lora_rank, self.lora_alpha, "he_uniform", "zeros")

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: InitializerLike = "he_uniform",
        b_initializer: InitializerLike = "zeros",
    ) -> None:
        """Freeze the kernel and train two matrices of this rank instead.

        Args:
            rank: Columns of ``a`` and rows of ``b``, 1 or more.
            lora_alpha: Weight of their product, over the rank; None takes the rank.
            a_initializer, b_initializer: How they begin.

        Raises:
            ValueError: the layer isn't built, has a constraint on its kernel, or did so before.
        """
        if not self.built:
            raise ValueError(
                str(moment_error(self, "Cannot enable lora on a layer that isn't yet built"))
            )
        self._make_lora(rank, lora_alpha, a_initializer, b_initializer)

    def _make_lora(self, rank: int, alpha: float | None, a: Any, b: Any) -> None:
        if getattr(self, f"{self.adapted}_constraint") is not None:
            raise argument_error(
                self,
                f"{self.adapted}_constraint",
                getattr(self, f"{self.adapted}_constraint"),
                "None",
                "Lora is incompatible with kernel constraints.",
            )
        if self.lora_enabled:
            raise ValueError(
                str(moment_error(self, "lora is already enabled", "It can be done once per layer."))
            )
        regularizer = getattr(self, f"{self.adapted}_regularizer")
        lengths = self.adapted_shape()
        for part, shape, initializer in (
            ("a", (*lengths[:-1], rank), a),
            ("b", (rank, lengths[-1]), b),
        ):
            name = f"lora_{self.adapted}_{part}"
            weight = self.add_weight(
                name=name,
                shape=shape,
                initializer=initializer,
                dtype="float32",
                regularizer=regularizer,
            )
            setattr(self, name, weight)
        self._adapted_weight().trainable = False
        self.lora_rank = rank
        self.lora_alpha = rank if alpha is None else alpha
        self.lora_enabled = True

    def _adapted_weight(self) -> Variable:
        return self.__dict__[self.adapted]

    def adapted_shape(self) -> tuple[int, ...]:
        """Shape of the weight that is added to."""
        return self._adapted_weight().shape

    def shown_weight(self) -> Any:
        """What the weight's attribute gives: the variable, or what low rank makes of it."""
        return self.merged() if self.lora_enabled else self._adapted_weight()

    def lora_delta(self) -> Tensor:
        """What is added to the kernel, in Keras's layout."""
        a = getattr(self, f"lora_{self.adapted}_a").value
        b = getattr(self, f"lora_{self.adapted}_b").value
        return torch.matmul(a, b) * (self.lora_alpha / self.lora_rank)

    def adapt(self, x: Tensor) -> Tensor:
        """``x`` through the torch module, with the product added to its weight."""
        module: nn.Module = getattr(self, self.adapted_module)
        delta = self._adapted_weight().layout.from_keras(self.lora_delta())
        weight = module.weight + delta.to(module.weight.dtype)
        return functional_call(module, {"weight": weight}, (x,))

    def merged(self) -> Tensor:
        """The kernel with the product added, in Keras's layout."""
        kernel = self._adapted_weight().tensor
        return kernel + self.lora_delta().to(kernel.dtype) if self.lora_enabled else kernel

    def save_own_variables(self, store: Any) -> None:
        """Put the weights into ``store``, the product added to the kernel."""
        if not self.lora_enabled:
            super().save_own_variables(store)
            return
        kernel = self._adapted_weight()
        for number, variable in enumerate(self._lasting_variables()):
            if variable is kernel:
                store[str(number)] = self.merged().detach().cpu().numpy()
            else:
                put(store, str(number), variable)

    def load_own_variables(self, store: Any) -> None:
        """Take the weights from ``store``; the product begins at 0 again."""
        if not self.lora_enabled:
            super().load_own_variables(store)
            return
        for number, variable in enumerate(self._lasting_variables()):
            variable.assign(store[str(number)])
        self._forget_lora()

    def _forget_lora(self) -> None:
        for part in "ab" if self.lora_enabled else "":
            weight = getattr(self, f"lora_{self.adapted}_{part}")
            weight.assign(torch.zeros_like(weight.tensor))

    def _lasting_variables(self) -> list[Variable]:
        small = [getattr(self, f"lora_{self.adapted}_{part}") for part in "ab"]
        return [v for v in self._own_variables() if not any(v is weight for weight in small)]

    @generic
    def get_config(self) -> dict[str, Any]:
        """The configuration; what has to do with low rank only if it is used."""
        config = super().get_config()
        if self.lora_rank is None:
            config.pop("lora_rank", None)
            config.pop("lora_alpha", None)
        return config
