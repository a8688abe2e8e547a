"""Arguments that came with later releases of Keras 3, which earlier ones refuse in files."""

from typing import Any

# At their defaults, which are the same in all classes, they say nothing: files are without them.
_DEFAULTS = {
    "antialias": False, "flash_attention": None, "from_sorted_ids": False,
    "gptq_unpacked_column_size": None, "ignore_class": None, "input_axes": None,
    "lora_alpha": None, "oov_method": "floormod", "optional": False, "output_axes": None,
    "output_padding": None, "quantization_config": None, "renorm": False, "renorm_clipping": None,
    "renorm_momentum": 0.99, "salt": None, "seed": None, "sliding_window": None, "use_gate": False,
}  # fmt: skip


def without_later_arguments(config: Any) -> Any:
    """``config`` without such arguments of Keras's own classes that have their defaults.

    Example:
        >>> without_later_arguments(
        ...     {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2,
        ...      "quantization_config": None}}
        ... )
        {'module': 'keras.layers', 'class_name': 'Dense', 'config': {'units': 2}}
    """
    if isinstance(config, (list, tuple)):
        return [without_later_arguments(part) for part in config]
    if not isinstance(config, dict):
        return config
    found = {key: without_later_arguments(value) for key, value in config.items()}
    if _is_of_keras(found) and isinstance(found.get("config"), dict):
        found["config"] = {k: v for k, v in found["config"].items() if not _is_left_out(k, v)}
    return found


def _is_of_keras(entry: dict[str, Any]) -> bool:
    return str(entry.get("module")).partition(".")[0] == "keras"


def _is_left_out(name: str, value: Any) -> bool:
    return name in _DEFAULTS and type(value) is type(_DEFAULTS[name]) and value == _DEFAULTS[name]
