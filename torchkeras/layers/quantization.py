"""What quantization asks of every layer, whether or not it can be quantized."""

from typing import Any

import torch

from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.quantizers.configurations import resolve


class LayerQuantization:
    """The part of ``Layer`` that knows of quantization; ``Quantizable`` layers override it."""

    _quantization_modes: tuple[str, ...] = ()

    def check_quantizable(self, mode: str) -> None:
        """Raise a ValueError unless the layer is built, and not quantized yet."""
        if not self.built:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": Cannot quantize a layer that isn\'t yet '
                "built. Call build(input_shape), or the layer on some data."
            )
        if self.__dict__.get("_is_quantized"):
            raise ValueError(
                f'{type(self).__name__} "{self.name}": is already quantized with '
                f"dtype_policy={self.dtype_policy.name!r}. Received: mode={mode}. Make it anew to "
                "quantize it otherwise."
            )
        if mode == "int8" and self.compute_dtype == "float16":
            raise argument_error(
                self, "mode", mode, "another one than int8, which doesn't work well with float16",
                "Consider the dtype policy 'mixed_bfloat16'.",
            )  # fmt: skip

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Round the weights to few bits; ``Dense``, ``EinsumDense`` and embeddings can be.

        Args:
            mode: ``"int8"``, ``"int4"``, ``"float8"``, ``"gptq"`` or ``"awq"``.
            type_check: Whether to refuse subclasses of layers that can be quantized.
            config: A ``QuantizationConfig``, instead of ``mode``.

        Raises:
            ValueError: the layer isn't built, or the mode isn't known.
            NotImplementedError: layers of this class can't be quantized.
        """
        self.check_quantizable(resolve(mode, config).mode)
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `quantize` method implemented. Give it "
            "layers that have one, such as Dense, or write the method."
        )

    def quantized_build(self, input_shape: Any, mode: str, config: Any = None) -> None:
        """Make the weights in ``mode``; ``Dense``, ``EinsumDense`` and embeddings can.

        Raises:
            NotImplementedError: layers of this class can't be quantized.
        """
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `quantized_build` method implemented."
        )

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """``call`` of a quantized layer, whose modules know what the weights are held in."""
        return self.call(*args, **kwargs)


def policy_with(policy: Any, dtype: torch.dtype) -> Any:
    """``policy`` in another number type: of a quantized one, the one that it comes from."""
    mode, separator, _ = policy.name.partition("_from_")
    return f"{mode}{separator}{standardize_dtype(dtype)}" if separator else dtype
