"""What ``quantize`` is told: which mode, and which quantizers or calibration data."""

from typing import Any

from torchkeras.core.checks import argument_error, moment_error, nearest
from torchkeras.core.configurable import Configurable, constructor_arguments
from torchkeras.quantizers.quantizers import AbsMaxQuantizer, Quantizer, get


class QuantizationConfig(Configurable):
    """Base of the configurations, one of which belongs to each ``mode``.

    Args:
        weight_quantizer: Quantizer of the weights; None is the mode's own.
        activation_quantizer: Quantizer of the activations; None leaves them as they are.
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None) -> None:
        self.weight_quantizer = get(weight_quantizer)
        self.activation_quantizer = get(activation_quantizer)

    @property
    def mode(self) -> str:
        """Name of the mode, such as ``"int8"``; a subclass has one.

        Raises:
            RuntimeError: the class has none.
        """
        raise moment_error(
            type(self).__name__,
            "it has no mode",
            "Use Int8QuantizationConfig, or give your subclass a property mode.",
        )

    @staticmethod
    def weight_quantizer_or_default(
        config: "QuantizationConfig | None", default: Quantizer | None
    ) -> Quantizer | None:
        """``config``'s quantizer of the weights, or ``default`` if it has none."""
        own = None if config is None else config.weight_quantizer
        return default if own is None else own

    @staticmethod
    def activation_quantizer_or_default(
        config: "QuantizationConfig | None", default: Quantizer | None
    ) -> Quantizer | None:
        """``config``'s quantizer of the activations, even if that is none; without one, default."""
        return default if config is None else config.activation_quantizer


class Int8QuantizationConfig(QuantizationConfig):
    """Weights and activations in int8.

    Args:
        weight_quantizer: Quantizer of the weights, to int8.
        activation_quantizer: ``"default"`` is ``AbsMaxQuantizer()``; None leaves activations.

    Raises:
        ValueError: the quantizer of the weights gives another type.
    """

    mode = "int8"

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default") -> None:
        if activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        _check_output_dtype(self)


class Int4QuantizationConfig(QuantizationConfig):
    """Weights in int4, two in a byte.

    Args:
        weight_quantizer: Quantizer of the weights, to int8 within (-8, 7).
        activation_quantizer: ``"default"`` and None leave the activations as they are.
        block_size: Inputs that share a scale, 1 or more; None or -1: one scale per output.

    Raises:
        ValueError: the quantizer of the weights has other levels, ``block_size`` is out of range,
            or there are both blocks and quantizers.
    """

    mode = "int4"

    def __init__(
        self,
        weight_quantizer: Any = None,
        activation_quantizer: Any = "default",
        block_size: int | None = 128,
    ) -> None:
        if activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        if block_size is not None and block_size != -1 and block_size <= 0:
            raise argument_error(self, "block_size", block_size, "None, -1 or a positive integer")
        self.block_size = block_size
        has_own = self.weight_quantizer is not None or self.activation_quantizer is not None
        if has_own and block_size not in (None, -1):
            raise argument_error(
                self,
                "block_size",
                block_size,
                "None or -1 beside custom quantizers",
                "Blocks are quantized in one way only.",
            )
        if self.weight_quantizer is not None and self.weight_quantizer.value_range != (-8, 7):
            raise argument_error(
                self,
                "weight_quantizer",
                f"one with value_range={self.weight_quantizer.value_range}",
                "one with value_range=(-8, 7)",
            )
        _check_output_dtype(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Int4QuantizationConfig":
        """One from what ``get_config`` gave; older ones without ``block_size`` have no blocks."""
        return cls(**{"block_size": None, **config})


class Float8QuantizationConfig(QuantizationConfig):
    """Training with float8 products; the quantizers are fixed."""

    mode = "float8"

    def __init__(self) -> None:
        super().__init__(None, None)


class _Calibrated(QuantizationConfig):
    """A configuration with data to run through the model once; they aren't written down."""

    def _check_counts(self, **counts: int) -> None:
        for argument, value in counts.items():
            if value <= 0:
                raise argument_error(self, argument, value, "a positive integer")

    def _check_group_size(self, group_size: int) -> None:
        if group_size < -1 or group_size == 0:
            raise argument_error(
                self, "group_size", group_size, "-1 (one group) or a positive integer"
            )

    def get_config(self) -> dict[str, Any]:
        config = {name: getattr(self, name) for name in constructor_arguments(type(self))}
        return {**config, "dataset": None, "tokenizer": None}

    def dtype_policy_string(self) -> str:
        """Mode, bits and group size as dtype policies write them, such as ``"gptq/4/128"``."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"


class GPTQConfig(_Calibrated):
    """Weights rounded one after the other, each time mending the error in those left.

    Args:
        dataset: Calibration samples: strings, or tokens as numbers.
        tokenizer: Callable from a string to tokens.
        weight_bits: 2, 3, 4 or 8.
        num_samples: Samples used, 1 or more.
        per_channel: Whether outputs have scales of their own.
        sequence_length: Tokens per sample, 1 or more.
        hessian_damping: Fraction of the Hessian's mean diagonal added to it, in [0, 1].
        group_size: Inputs that share a scale, 1 or more; -1: all.
        symmetric: Whether the range is symmetric about 0.
        activation_order: Whether inputs of the largest activations are rounded first.
        quantization_layer_structure: ``{"pre_block_layers": [...], "sequential_blocks": [...]}``;
            None asks the model's ``get_quantization_layer_structure``.

    Raises:
        ValueError: an argument is out of its range.

    Example:
        >>> keras.quantizers.GPTQConfig(None, None, group_size=64).dtype_policy_string()
        'gptq/4/64'
    """

    mode = "gptq"

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if weight_bits not in (2, 3, 4, 8):
            raise argument_error(self, "weight_bits", weight_bits, "2, 3, 4 or 8")
        if not 0 <= hessian_damping <= 1:
            raise argument_error(self, "hessian_damping", hessian_damping, "a fraction in [0, 1]")
        self._check_counts(num_samples=num_samples, sequence_length=sequence_length)
        self._check_group_size(group_size)
        self.dataset = dataset
        self.tokenizer = tokenizer
        self.weight_bits = weight_bits
        self.num_samples = num_samples
        self.per_channel = per_channel
        self.sequence_length = sequence_length
        self.hessian_damping = hessian_damping
        self.group_size = group_size
        self.symmetric = symmetric
        self.activation_order = activation_order
        self.quantization_layer_structure = quantization_layer_structure


class AWQConfig(_Calibrated):
    """Weights rounded after inputs of large activations were scaled up.

    Args:
        dataset: Calibration samples: strings, or tokens as numbers.
        tokenizer: Callable from a string to tokens.
        weight_bits: 4.
        num_samples: Samples used, 1 or more.
        sequence_length: Tokens per sample, 1 or more.
        group_size: Inputs that share a scale, 1 or more; -1: all.
        num_grid_points: Scalings that are tried, 1 or more.
        quantization_layer_structure: As in ``GPTQConfig``.

    Raises:
        ValueError: an argument is out of its range.
    """

    mode = "awq"

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if weight_bits != 4:
            raise argument_error(self, "weight_bits", weight_bits, "4", "AWQ has no other width.")
        self._check_counts(
            num_samples=num_samples,
            sequence_length=sequence_length,
            num_grid_points=num_grid_points,
        )
        self._check_group_size(group_size)
        self.dataset = dataset
        self.tokenizer = tokenizer
        self.weight_bits = weight_bits
        self.num_samples = num_samples
        self.sequence_length = sequence_length
        self.group_size = group_size
        self.num_grid_points = num_grid_points
        self.quantization_layer_structure = quantization_layer_structure


def _check_output_dtype(config: QuantizationConfig) -> None:
    quantizer = config.weight_quantizer
    if quantizer is not None and quantizer.output_dtype != "int8":
        raise argument_error(
            config,
            "weight_quantizer",
            f"one with output_dtype={quantizer.output_dtype!r}",
            "one with output_dtype='int8'",
        )


_DEFAULTS = {
    "int8": Int8QuantizationConfig,
    "int4": Int4QuantizationConfig,
    "float8": Float8QuantizationConfig,
}
_NEEDING_DATA = {"gptq": GPTQConfig, "awq": AWQConfig}


def resolve(mode: Any, config: Any) -> QuantizationConfig:
    """The configuration that ``quantize(mode, config=config)`` means.

    Raises:
        ValueError: an unknown mode, a configuration of another kind or for another mode, or none
            where data is needed.
    """
    if isinstance(config, str):
        mode, config = config, None
    _check_mode(mode)
    if config is None:
        if mode is None:
            raise ValueError("quantize: You must provide either `mode` or `config` to `quantize`.")
        if mode in _NEEDING_DATA:
            name = _NEEDING_DATA[mode].__name__
            raise ValueError(
                f"quantize: mode is {mode!r}; For {mode.upper()}, you must pass `{name}` in the "
                "`config` argument."
            )
        return _DEFAULTS[mode]()
    if not isinstance(config, QuantizationConfig):
        raise argument_error(
            "quantize", "config", config, "an instance of `QuantizationConfig`",
            "Try Int8QuantizationConfig().",
        )  # fmt: skip
    if mode is not None and config.mode != mode:
        raise ValueError(
            f"quantize: Contradictory arguments: mode={mode!r} but config.mode={config.mode!r}. "
            "Give one of them."
        )
    _check_mode(config.mode)
    needed = _NEEDING_DATA.get(config.mode)
    if needed is not None and not isinstance(config, needed):
        raise argument_error("quantize", "config", config, f"of type `{needed.__name__}`")
    return config


def _check_mode(mode: Any) -> None:
    modes = (*_DEFAULTS, *_NEEDING_DATA)
    if mode is not None and mode not in modes:
        raise argument_error(
            "quantize", "mode", mode, f"one of {modes}",
            f"Invalid quantization mode. {nearest(str(mode), modes)}".rstrip(),
        )  # fmt: skip
