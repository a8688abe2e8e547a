"""Layers whose weight can be rounded to few bits: told so, built so, saved and loaded so."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic, is_builtin
from torchkeras.core.policies import DTypePolicyMap, get_policy
from torchkeras.core.stored import put
from torchkeras.core.typing import Shape
from torchkeras.core.variable import Variable
from torchkeras.layers.lora import LowRank
from torchkeras.layers.schemes import Calibrated, Scheme, blank, block_size_of
from torchkeras.quantizers import QuantizationConfig
from torchkeras.quantizers.configurations import resolve


class Quantizable(LowRank):
    """Mixed into layers whose weight (``adapted``) can be quantized.

    Args:
        lora_rank, lora_alpha: See ``LowRank``.
        quantization_config: How the layer is quantized if its dtype policy says that it is; a
            ``QuantizationConfig``. None follows the policy alone.
    """

    schemes: ClassVar[dict[str, Scheme]] = {}
    _is_quantized = False
    _quantization_modes: tuple[str, ...] = ()
    inputs_quantizer: Any = None
    is_gptq_calibrated = False
    is_awq_calibrated = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._quantization_modes = tuple(cls.schemes)

    def keep_quantization(self, config: Any) -> None:
        """Check and keep ``quantization_config``.

        Raises:
            ValueError: it is of another kind.
        """
        if isinstance(config, dict):
            config = serialization.deserialize_keras_object(config)
        if config is not None and not isinstance(config, QuantizationConfig):
            raise argument_error(
                self, "quantization_config", config, "None or a QuantizationConfig",
                "Try Int8QuantizationConfig().",
            )  # fmt: skip
        self.quantization_config = config

    # What a layer tells the schemes.

    def adapted_variable(self) -> Variable:
        """The variable that holds the weight, in whatever form."""
        return self._adapted_weight()

    def adapted_shape(self) -> Shape:
        """Shape of the weight when it is in floats."""
        return self._float_shape

    def policy_in_force(self) -> Any:
        """The policy, found by path if there is a map of them."""
        return self._dtype_policy

    # Quantizing.

    def build_parts(self) -> None:
        """At the end of ``build``: quantize as the policy says, and make low-rank matrices."""
        self.__dict__["_float_shape"] = self.adapted_variable().shape
        if self.quantization_mode is not None:
            self.quantized_build(
                self._float_shape, self.quantization_mode, self.quantization_config
            )
        self.build_lora()

    def quantized_build(self, shape: Shape, mode: str, config: Any = None) -> None:
        """Hold a weight of ``mode`` in place of the float one, not yet filled.

        Args:
            shape: Shape of the float weight.
            mode: The mode, without numbers.
            config: Its configuration; None follows the dtype policy.

        Raises:
            ValueError: the layer has another shape.
            NotImplementedError: the layer has no such mode.
        """
        scheme = self._scheme(mode)
        if tuple(shape) != tuple(self.adapted_shape()):
            raise argument_error(self, "shape", tuple(shape), f"{tuple(self.adapted_shape())}")
        weight = self.adapted_variable().tensor.detach()
        scheme.install(self, config, blank(scheme.values(self, weight, config)))
        self._is_quantized = True

    def _scheme(self, mode: str | None) -> Scheme:
        if mode not in self.schemes:
            raise NotImplementedError(
                f'{type(self).__name__} "{self.name}": Invalid quantization mode. Expected one of '
                f"{tuple(self.schemes)}. Received: quantization_mode={mode}"
            )
        return self.schemes[mode]

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Round the weight to few bits, and compute with it from now on.

        Args:
            mode: ``"int8"``, ``"int4"``, ``"float8"``, ``"gptq"`` or ``"awq"``; None is that of
                ``config``.
            type_check: Whether to refuse subclasses, whose ``call`` may compute something else.
            config: A ``QuantizationConfig``; None is the mode's default.

        Raises:
            ValueError: the layer isn't built or is quantized already, or mode and config don't fit.
            NotImplementedError: the layer has no such mode, or is of a user's subclass.
        """
        config = resolve(mode, config)
        self.check_quantizable(config.mode)
        if type_check and not is_builtin(type(self)):
            super().quantize(mode, type_check, config)
        scheme = self._scheme(config.mode)
        if self.quantization_mode == "int4":  # told by the policy, which knows the blocks
            config.block_size = block_size_of(self, None)
        self.quantization_config = config
        weight = self.adapted_variable().tensor.detach()
        scheme.install(self, config, scheme.values(self, weight, config))
        self._is_quantized = True
        if self.quantization_mode is None:
            word = scheme.word(self, config)
            self._take_policy(get_policy(f"{word}_from_{self.policy_in_force().name}"))

    def _take_policy(self, policy: Any) -> None:
        policies = self._policy_map
        if isinstance(policies, DTypePolicyMap):
            if self.path in policies:
                del policies[self.path]
            policies[self.path] = policy
            policy = policies
        self._set_policy(policy)

    def _set_policy(self, dtype: Any) -> None:
        super()._set_policy(dtype)
        mode = self.quantization_mode
        if mode is None or not self.built or self._is_quantized:
            return
        if isinstance(self.schemes.get(mode), Calibrated):
            raise argument_error(
                self, "dtype_policy", self.policy_in_force().name,
                "a mode that needs no data to look at",
                f"Please use the `.quantize('{mode}', config=...)` method.",
            )  # fmt: skip
        self.quantize(mode)

    # Low rank beside a quantized weight.

    def _make_lora(self, rank: int, alpha: float | None, a: Any, b: Any) -> None:
        if self.quantization_mode in ("float8", "gptq", "awq"):
            raise argument_error(
                self, "quantization mode", self.quantization_mode, "None, 'int8' or 'int4'",
                f"lora is not currently supported with {self.quantization_mode} quantization.",
            )  # fmt: skip
        super()._make_lora(rank, alpha, a, b)

    def adapt(self, x: Tensor) -> Tensor:
        if not self._is_quantized:
            return super().adapt(x)
        module = getattr(self, self.adapted_module)
        form = module.form
        delta = form.stored(self.lora_delta()).to(x.dtype)
        return module(x) + form.leave(form.multiply(form.enter(x), delta))

    def merged(self) -> Tensor:
        """The weight in floats with the low-rank product added, in Keras's layout."""
        if not self._is_quantized:
            return super().merged()
        return self._float_weight() + self.lora_delta()

    def _float_weight(self) -> Tensor:
        module = getattr(self, self.adapted_module)
        weight = module.float_weight().to(torch.float32)
        layout = self.adapted_variable().layout
        if weight.shape == self.adapted_variable().parameter.shape:
            weight = layout.to_keras(weight)
        elif weight.ndim == 2 and hasattr(module, "form"):
            weight = weight.t()
        return weight.reshape(self.adapted_shape())

    def shown_weight(self) -> Any:
        """What the attribute shows: the variable, unpacked levels, or what low rank makes of it."""
        if self.lora_enabled:
            return self.merged().to(self._compute_dtype)
        module = getattr(self, self.adapted_module)
        if hasattr(module, "levels") and getattr(module, "weight", None) is None:
            levels = module.levels()
            return levels if self._is_calibrated() else levels.reshape(self.adapted_shape())
        return self.adapted_variable()

    def _is_calibrated(self) -> bool:
        return self.is_gptq_calibrated or self.is_awq_calibrated

    # Files.

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """Names of the variables of each mode, in the order of files; None is unquantized."""
        plain = [self.adapted] if self.adapted == "embeddings" else [self.adapted, "bias"]
        return {None: plain, **{mode: list(s.variables) for mode, s in self.schemes.items()}}

    def _variables_in_file(self) -> list[tuple[str, Variable]]:
        """The variables that files have, by attribute, in their order."""
        names = self.variable_serialization_spec[self.quantization_mode]
        found = [(name, self.__dict__.get(name)) for name in names]
        first = [(name, variable) for name, variable in found if variable is not None]
        known = {id(variable) for _, variable in first}
        rest = [v for v in self._lasting_variables() if id(v) not in known]
        return first + [(v.name, v) for v in rest]

    def save_own_variables(self, store: Any) -> None:
        """Put the variables into ``store``, in the order of their mode."""
        if not self._is_quantized:
            super().save_own_variables(store)
            return
        values = {}
        if self.lora_enabled:
            scheme = self._scheme(self.quantization_mode)
            values = scheme.values(self, self.merged().detach(), self._plain_config())
        for number, (name, variable) in enumerate(self._variables_in_file()):
            merged = values.get(name)
            if merged is not None:
                store[str(number)] = merged.cpu().numpy()
            else:
                put(store, str(number), variable)

    def _plain_config(self) -> Any:
        """A configuration of this mode with its own quantizers and the blocks in use."""
        config = resolve(self.quantization_mode, None)
        if hasattr(config, "block_size"):
            config.block_size = block_size_of(self, None)
        return config

    def load_own_variables(self, store: Any) -> None:
        """Take the variables from ``store``; low-rank matrices begin at 0 again.

        Raises:
            ValueError: the numbers of variables differ.
        """
        plan = scopes.local.plan
        is_fresh = plan is None or plan.is_fresh  # else an error must leave the layer as it was
        if not self._is_quantized and is_fresh and self._holds_int8(store):
            # Keras forgets the policies of layers within layers: their files tell.
            self.quantize("int8", type_check=False)
        if not self._is_quantized:
            super().load_own_variables(store)
            return
        variables = self._variables_in_file()
        is_calibrated = self.quantization_mode in ("gptq", "awq")  # a saved one has seen its data
        if is_calibrated:
            plain = self.__dict__.get(self.adapted)
            variables = [pair for pair in variables if pair[1] is not plain]
        if len(store.keys()) != len(variables):
            raise ValueError(
                f'Layer "{self.name}" expected {len(variables)} variables, but received '
                f"{len(store.keys())} variables during loading. Expected: "
                f"{[v.name for _, v in variables]}"
            )
        for number, (_, variable) in enumerate(variables):
            variable.assign(store[str(number)])
        self._forget_lora()
        if is_calibrated:
            scopes.once_read(self.finish_calibration)

    def _holds_int8(self, store: Any) -> bool:
        if not self.built or "int8" not in self.schemes or "0" not in store:
            return False
        return str(store["0"].dtype).endswith("int8") and (
            tuple(store["0"].shape) == tuple(self.adapted_shape())
        )

    def finish_calibration(self) -> None:
        """From now on compute with the levels, not with the float weight."""
        mode = self.quantization_mode
        if not self._is_calibrated():
            self._scheme(mode).finish(self)
        setattr(self, f"is_{mode}_calibrated", True)

    def _lasting_variables(self) -> list[Variable]:
        return super()._lasting_variables() if self.lora_enabled else self._own_variables()

    @generic
    def get_config(self) -> dict[str, Any]:
        """The configuration; what has to do with few bits only if it is used."""
        config = super().get_config()
        if self.quantization_config is None:
            config.pop("quantization_config", None)
        return config
