"""Any torch module as a layer."""

import base64
import io
import pickle
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.lazy import LazyModuleMixin
from typing_extensions import Unpack

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.stored import Stored
from torchkeras.core.typing import Shape
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer, LayerOptions


class TorchModuleWrapper(Layer):
    """Calls a torch module, whose parameters are the layer's weights.

    Layers and models take torch modules as they are, too: as attributes, and (within ``call``)
    without a wrapper. This one gives a module a name, and a place in functional models and files.
    While ``trainable`` is False, its batch normalizations keep their statistics, as Keras's do.

    Args:
        module: The module; a lazy one has to be initialized.
        name: Name; None makes one up.
        output_shape: Shape of the output, batch included; None finds it by a run without values.

    Shape:
        inputs: what the module takes.
        output: what the module gives.

    Raises:
        TypeError: ``module`` is no torch module.
        ValueError: it is a lazy module without parameters, or comes from a file (see
            ``from_config``).

    Source: Keras 3 ``TorchModuleWrapper``.

    Example:
        >>> layer = keras.layers.TorchModuleWrapper(torch.nn.Linear(4, 2))
        >>> layer(torch.zeros(3, 4)).shape, len(layer.trainable_weights)
        (torch.Size([3, 2]), 2)
    """

    def __init__(
        self,
        module: nn.Module,
        name: str | None = None,
        output_shape: Shape | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(name=name, **options)
        if not isinstance(module, nn.Module):
            raise kind_error(self, "module", module, "a torch.nn.Module")
        if any(_is_unfinished(part) for part in module.modules()):
            raise argument_error(
                self,
                "module",
                module,
                "one with parameters",
                "LazyModules are not supported unless they are already initialized: call it once.",
            )
        self.module = module
        self._holds_still = False  # whether the last call was one in training of a frozen layer
        self.given_shape = None if output_shape is None else tuple(output_shape)
        self.built = True

    @property
    def output_shape(self) -> Any:
        """The shape given, else that of the layer's one symbolic call."""
        return super().output_shape if self.given_shape is None else self.given_shape

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """The module's parameters."""
        return self.module.parameters(recurse)

    def _variables_of_members(self) -> list[Variable]:
        """The parameters alone: buffers are no weights in Keras."""
        return [v for v in super()._variables_of_members() if isinstance(v.parameter, nn.Parameter)]

    def call(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        if training is not None:
            self._set_mode(training)
        return self.module(*args, **kwargs)

    def _set_mode(self, training: bool) -> None:
        if self.module.training != training or self._holds_still:
            self.module.train(training)
        self._holds_still = training and not self.trainable
        if self._holds_still:
            for part in self.module.modules():
                if isinstance(part, _BatchNorm):
                    part.eval()

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.given_shape is None:
            return Layer.compute_output_shape(self, input_shape)
        return self.given_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self.given_shape is not None:
            return self._spec_by_rule(args, kwargs)
        return self._spec_by_run(args, kwargs, kwargs.pop("training", None))

    def save_own_variables(self, store: Any) -> None:
        """Put the module's state, buffers included, into ``store`` under torch's names."""
        for name, value in self.module.state_dict().items():
            store[name] = value

    def load_own_variables(self, store: Any) -> None:
        """Take the module's state from ``store``.

        Raises:
            ValueError: names or shapes differ.
        """
        given = {name: store[name] for name in store.keys()}  # noqa: SIM118 - no mapping in Keras
        values = {n: v.read() if isinstance(v, Stored) else v for n, v in given.items()}
        state = {name: torch.as_tensor(value) for name, value in values.items()}
        shapes = {name: tuple(value.shape) for name, value in self.module.state_dict().items()}
        if shapes != {name: tuple(value.shape) for name, value in state.items()}:
            different = sorted(shapes.keys() ^ state.keys())[:5]
            raise ValueError(
                f'{type(self).__name__} "{self.name}": Missing key(s), unexpected ones or other '
                f"shapes in the file {different or ''}. Load the file of this very module."
            )
        scopes.once_read(lambda: self._take(state))

    def _take(self, state: dict[str, torch.Tensor]) -> None:
        try:
            self.module.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(f'{type(self).__name__} "{self.name}": {error}') from error

    def get_config(self) -> dict[str, Any]:
        """The configuration; the module is pickled, as Keras does, or None if it can't be."""
        pickled = _pickled(self.module)
        return {
            **super().get_config(),
            "module": None if pickled is None else base64.b64encode(pickled).decode("ascii"),
            "output_shape": self.given_shape,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None
    ) -> "TorchModuleWrapper":
        """A layer made from what ``get_config`` gave.

        A pickled module can run any code when it is read, so it is refused unless the caller says
        that its author is trusted.

        Args:
            config: The configuration.
            custom_objects: Modules by the name of their layer, taken instead of pickled ones.
            safe_mode: False reads a pickled module; None does what the loading function was told.

        Raises:
            ValueError: the module is pickled, or couldn't be, and nothing else is given.
        """
        config = dict(config)
        with serialization.CustomObjectScope(custom_objects or {}):
            given = serialization.get_registered_object(config.get("name"))
        if isinstance(given, nn.Module):
            config["module"] = given
        elif isinstance(config.get("module"), str):
            if serialization.in_safe_mode() if safe_mode is None else safe_mode:
                raise ValueError(
                    f'{cls.__name__} "{config.get("name")}": its torch.nn.Module is pickled, which '
                    "carries a potential risk of arbitrary code execution; it is disallowed by "
                    "default. Give the module itself as custom_objects="
                    f"{{{config.get('name')!r}: module}}, or pass safe_mode=False if you trust the "
                    "author of the file."
                )
            data = base64.b64decode(config["module"].encode("ascii"))
            config["module"] = torch.load(io.BytesIO(data), weights_only=False)
        elif config.get("module") is None:
            raise ValueError(
                f'{cls.__name__} "{config.get("name")}": its torch.nn.Module couldn\'t be pickled. '
                f"Give the module itself as custom_objects={{{config.get('name')!r}: module}}."
            )
        return cls(**config)


def _pickled(module: nn.Module) -> bytes | None:
    """A module in bytes; None if it is of a class within a function, parametrized or the like."""
    file = io.BytesIO()
    try:
        torch.save(module, file)
    except (AttributeError, TypeError, RuntimeError, pickle.PicklingError):
        return None
    return file.getvalue()


def _is_unfinished(module: nn.Module) -> bool:
    """Whether a lazy module has no parameters yet."""
    return isinstance(module, LazyModuleMixin) and module.has_uninitialized_params()
