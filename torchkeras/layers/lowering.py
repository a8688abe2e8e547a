"""From a layer to plain torch."""

from typing import Any

from torch import nn

from torchkeras.core import nested
from torchkeras.core.checks import moment_error
from torchkeras.layers.structures import symbols_of_shape
from torchkeras.tracer.lower import lower
from torchkeras.tracer.symbolic import operation_name


class LayerLowering:
    """The part of ``Layer`` that leaves Keras behind."""

    def to_torch(self, *examples: Any) -> nn.Module:
        """The layer or model as a module of torch functions and torch modules alone.

        It computes the same numbers, in training (``module.train()``) and otherwise
        (``module.eval()``, its mode at first), and has the very weights of the layer: train one,
        and the other has learnt. ``copy.deepcopy`` parts them. Its ``code`` is readable source.
        Random numbers come from torch's generator, also where the layer has a seed.

        Args:
            *examples: Tensors like those it is called with, batch first; needed if the layer was
                called with several arguments, or with sizes that it doesn't remember.

        Raises:
            RuntimeError: the layer isn't built, so that it has no weights yet.
            ValueError: what it computes depends on values of its input, as shapes found in data
                do; or texts go into it.

        Example:
            >>> x = keras.Input((4,), name="x")
            >>> model = keras.Model(x, keras.layers.Dense(2, "relu")(x))
            >>> print(model.to_torch().code)
            def forward(self, x):
                dense_linear = self.dense.linear(x)
                relu = torch.relu(dense_linear)
                return relu
        """
        if not self.built:
            raise moment_error(self, "isn't built", "Call it on data, or call build(input_shape).")
        check_no_texts(self, examples)
        lowered = lower(self, *(examples or self._remembered_inputs()), is_layer=_is_layer)
        return lowered.eval()

    def _remembered_inputs(self) -> tuple[Any, ...]:
        """Symbolic inputs of the shapes it was built for."""
        shapes = self._build_arguments
        if not shapes:
            raise moment_error(
                self,
                "doesn't remember the shape of its input",
                "Give to_torch tensors like those it is called with.",
            )
        return tuple(symbols_of_shape(shape, self.compute_dtype) for shape in shapes.values())


def check_no_texts(model: Any, examples: Any) -> None:
    """Raise a ValueError if texts go into a model, or are among what it is to be called with."""
    symbols = nested.flatten(getattr(model, "inputs", None) or [])
    given = [*symbols, *nested.flatten(examples)]
    if not any(_holds_texts(leaf) for leaf in given):
        return
    takers: list[Any] = []
    for module in model.modules():
        if _takes_texts(module) and not any(module in set(taker.modules()) for taker in takers):
            takers.append(module)
    named = " and ".join(f'{type(taker).__name__} "{taker.name}"' for taker in takers)
    others = [operation_name(s.call.operation) for s in symbols if not _holds_texts(s) and s.call]
    parts = [f'model.get_layer("{name}").output' for name in [t.name for t in takers] + others]
    behind = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    raise ValueError(
        f'{type(model).__name__} "{model.name}" takes texts, which torch has no tensors for'
        f"{f': they go into {named}' if named else ''}. Take the part behind: "
        f"keras.Model({behind}, model.output); and apply the layer itself, or its vocabulary "
        "(layer.get_vocabulary()), in the code that feeds it."
    )


def _holds_texts(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return dtype == "string" or getattr(dtype, "kind", "") in ("O", "S", "U")


def _takes_texts(module: nn.Module) -> bool:
    if not isinstance(module, LayerLowering) or not hasattr(module, "call"):
        return False
    return getattr(module, "vocabulary_dtype", None) == "string" or (
        hasattr(module, "get_vocabulary") and not hasattr(module, "vocabulary_dtype")
    )


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, LayerLowering)
