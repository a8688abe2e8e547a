"""Losses and metrics made of a model's symbolic tensors."""

from typing import Any

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.layers.asides import AddLoss, AddMetric
from torchkeras.layers.input import InputLayer
from torchkeras.layers.signature import also_named
from torchkeras.tracer import Graph, KerasTensor, any_symbolic, is_symbolic


class Asides:
    """The part of a model that computes losses and metrics at the side of its outputs.

    Each becomes a layer of the graph (``AddLoss``, ``AddMetric``), so that copies, configurations
    and files have them too.
    """

    @also_named(losses="loss")
    def add_loss(self, loss: Any, *, inputs: Any = None) -> None:
        """Add to the loss that is minimized; see ``Layer.add_loss``.

        Args:
            loss: As for a layer; for a functional model also a symbolic tensor, or several, made
                of its inputs. One that isn't a scalar counts by its sum.
            inputs: Taken for older scripts; changes nothing.

        Raises:
            ValueError: a symbolic tensor isn't made of the model's inputs, or the model isn't made
                of symbolic tensors.

        Source: tf.keras 2 ``Model.add_loss``.

        Example:
            >>> inputs = keras.Input((4,))
            >>> outputs = keras.layers.Dense(4)(inputs)
            >>> model = keras.Model(inputs, outputs)
            >>> model.add_loss(keras.ops.mean((inputs - outputs) ** 2))
            >>> model.compile("sgd")
        """
        values = nested.flatten(loss)
        symbols = [value for value in values if is_symbolic(value)]
        if len(symbols) < len(values):
            super().add_loss([value for value in values if not is_symbolic(value)])
        if symbols:
            self._check_graph("loss")
            self._take_asides([AddLoss()(symbol) for symbol in symbols])

    def add_metric(self, value: Any, name: str | None = None, **options: Any) -> None:
        """Report the mean of a value over the batches; see ``Layer.add_metric``.

        Args:
            value: As for a layer; for a functional model also a symbolic tensor made of its inputs.
            name, **options: See ``Layer.add_metric``.

        Raises:
            ValueError: there is no name, the symbolic tensor isn't made of the model's inputs, or
                the model isn't made of symbolic tensors.

        Source: tf.keras 2 ``Model.add_metric``.
        """
        if not any_symbolic(value):
            super().add_metric(value, name=name, **options)
            return
        self._check_graph("value")
        layer = AddMetric(options.pop("aggregation", None), name, **options)
        self._take_asides([layer(value)])

    def _check_graph(self, argument: str) -> None:
        if self._traced_graph is None:
            raise argument_error(
                self,
                argument,
                "a symbolic tensor",
                "a tensor, made in `call`",
                "Symbolic ones are for models made of inputs and outputs.",
            )

    def _take_asides(self, symbols: list[KerasTensor]) -> None:
        """Make these symbolic tensors in each call, too."""
        if not symbols:
            return
        state, old = self.__dict__, self._traced_graph
        graph = Graph(old.inputs, old.outputs, [*old.asides, *symbols])
        held = [self._modules[key] for key in state["_held"]]
        known = {id(module) for module in held}
        further = [
            module
            for module in graph.modules
            if id(module) not in known and not isinstance(module, InputLayer)
        ]
        state["_traced_graph"] = graph
        self._hold([*held, *further])
        self._after_build()
        state["_graph_module"] = self._make_graph_module()
