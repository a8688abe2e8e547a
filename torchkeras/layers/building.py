"""How a layer makes its weights: when it is first called, when it is told to, or from a file."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from torchkeras.core import scopes
from torchkeras.layers.calls import LayerCalls
from torchkeras.layers.signature import argument_names
from torchkeras.layers.structures import (
    device_of,
    has_shape,
    shape_of,
    standard_shape,
    symbols_of_shape,
    tuples,
)
from torchkeras.tracer.shapes import without_fakes


class LayerBuilding:
    """The part of ``Layer`` that makes weights for the shapes of inputs."""

    # When the default ``build`` builds the layers inside: "now"; "later", by a call; "if possible".
    _builds_inside = "now"

    def build(self, input_shape: Any = None) -> None:
        """Make the weights. Subclasses with weights override it.

        The default builds the layers inside by a run of ``call`` on tensors without values, unless
        a call is about to do so.
        """
        has_parts = type(self).call is not LayerCalls.call and self._layers
        if input_shape is not None and has_parts and self._builds_inside != "later":
            self._build_inside_by_run(input_shape)
        self.built = True

    def _build_inside_by_run(self, input_shape: Any) -> None:
        """Run ``call`` on floats without values or, where it takes none, on whole numbers."""
        refusals = []
        for dtype in (self.compute_dtype, "int64"):
            try:
                with self._open_name_scope():
                    self._infer_outputs((symbols_of_shape(input_shape, dtype),), {}, None)
                return
            except Exception as error:  # noqa: BLE001 - whatever a user's call raises
                refusals.append(error)
        if self._builds_inside == "now":
            raise refusals[0]

    @contextlib.contextmanager
    def _building_inside(self, when: str) -> Iterator[None]:
        self.__dict__["_builds_inside"] = when
        try:
            yield
        finally:
            del self.__dict__["_builds_inside"]

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build as ``get_build_config`` remembers; if that is not enough, a call does the rest."""
        with self._building_inside("if possible"):
            if "input_shape" in config and config["input_shape"] is not None:
                self.build(tuples(config["input_shape"]))
            elif "shapes_dict" in config:
                self.build(**{key: tuples(shape) for key, shape in config["shapes_dict"].items()})

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes the layer was built with."""
        shapes = self._build_arguments
        if not shapes:
            return None
        if len(shapes) == 1 and not next(iter(shapes)).endswith("_shape"):
            return {"input_shape": next(iter(shapes.values()))}
        if tuple(shapes) == ("input_shape",):
            return {"input_shape": shapes["input_shape"]}
        return {"shapes_dict": dict(shapes)}

    def _open_name_scope(self) -> Any:
        """Names of this layer's variables begin with its own, once."""
        return scopes.name_scope(self._name, caller=self)

    def _build_for(self, args: tuple, kwargs: dict) -> None:
        """Build for the shapes of these arguments of ``call``."""
        if self.built:
            return
        bound = self._call_signature.bind(args, kwargs)
        first = args[0] if args else (next(iter(bound.values())) if bound else None)
        if self._chosen_device is None:
            self.__dict__["_chosen_device"] = device_of(args)
        if not self._has_build:
            self.built = True
            self.__dict__["_build_arguments"] = {"input_shape": shape_of(first)}
            self._after_build()
            return
        with self._building_inside("later"):
            self._build_for_shapes(first, bound)

    def _build_for_shapes(self, first: Any, bound: dict[str, Any]) -> None:
        """Call ``build`` with the shapes that it asks for."""
        names = argument_names(type(self).build)
        if len(names) > 1 or (names and names[0] != "input_shape" and names[0].endswith("_shape")):
            shapes = {f"{k}_shape": shape_of(v) for k, v in bound.items() if has_shape(v)}
            if names[0] in shapes or all(name in shapes for name in names):
                self.build(**{k: v for k, v in shapes.items() if k in names})
            else:
                self.build(shape_of(first))
        else:
            self.build(shape_of(first)) if names else self.build()

    def _after_build(self) -> None:
        state = self.__dict__
        state["built"] = True
        if not self._trainable:
            self.trainable = False
        if self._initial_weights is not None:
            initial, state["_initial_weights"] = self._initial_weights, None
            self.set_weights(initial)
        self._settle_call()


def recorded_build(build: Callable) -> Callable:
    """``build`` that remembers its shapes, names weights after the layer and makes real ones."""
    names = argument_names(build)

    @functools.wraps(build)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._building:  # a subclass's build calling its parent's
            build(self, *args, **kwargs)
            return
        args = tuple(standard_shape(arg) for arg in args)
        kwargs = {key: standard_shape(value) for key, value in kwargs.items()}
        state = self.__dict__
        state["_building"] = True
        try:
            with (
                without_fakes(),
                torch.inference_mode(False),
                torch.enable_grad(),
                self._open_name_scope(),
            ):
                state["_path"] = scopes.current_path()
                if self._policy_map is not None:  # known by path, which is known now
                    self._set_policy(self._policy_map)
                build(self, *args, **kwargs)
        finally:
            state["_building"] = False
        shapes = {**dict(zip(names, args, strict=False)), **kwargs}
        state["_build_arguments"] = {
            key: value for key, value in shapes.items() if value is not None
        }
        self._after_build()

    return wrapped
