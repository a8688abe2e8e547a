"""A dict of settings that can be read as attributes and frozen."""

import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from torchkeras.core.checks import nearest


class Config:
    """Named values, as attributes or by key, that ``freeze`` keeps from being changed.

    Args:
        **kwargs: The first names and values.

    Raises:
        AttributeError: a name that isn't there is read as an attribute.
        ValueError: something is changed while it is frozen.

    Source: Keras 3 ``utils.Config``.

    Example:
        >>> config = Config(learning_rate=0.1)
        >>> config.seed = 3
        >>> config["seed"], config.learning_rate, list(config)
        (3, 0.1, ['learning_rate', 'seed'])
    """

    def __init__(self, **kwargs: Any) -> None:
        self.__dict__.update(_config=kwargs, _frozen=False)

    @property
    def frozen(self) -> bool:
        """Whether changes are errors."""
        return self._frozen

    def freeze(self) -> None:
        """Make changes errors."""
        self.__dict__["_frozen"] = True

    def unfreeze(self) -> None:
        """Allow changes again."""
        self.__dict__["_frozen"] = False

    def _open(self) -> dict[str, Any]:
        """The values, to be changed."""
        if self._frozen:
            raise ValueError(
                "Config: Cannot mutate attribute(s) because the config is frozen. Call unfreeze()."
            )
        return self._config

    def as_dict(self) -> dict[str, Any]:
        """A dict of the values."""
        return dict(self._config)

    def to_json(self) -> str:
        """The values as JSON."""
        return json.dumps(self._config)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._config.keys()

    def values(self) -> ValuesView[Any]:
        """The values."""
        return self._config.values()

    def items(self) -> ItemsView[str, Any]:
        """Pairs of name and value."""
        return self._config.items()

    def pop(self, *args: Any) -> Any:
        """Take a value out; the second argument is the default."""
        return self._open().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add values as ``dict.update`` does."""
        self._open().update(*args, **kwargs)

    def get(self, keyname: str, value: Any = None) -> Any:
        """The value of a name, or ``value``."""
        return self._config.get(keyname, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            object.__setattr__(self, name, value)
        else:
            self._open()[name] = value

    def __getattr__(self, name: str) -> Any:
        config = self.__dict__.get("_config", {})
        if name in config:
            return config[name]
        raise AttributeError(f"Unknown attribute: '{name}'.{nearest(name, config)}")

    def __setitem__(self, name: str, value: Any) -> None:
        self._open()[name] = value

    def __getitem__(self, name: str) -> Any:
        return self._config[name]

    def __delitem__(self, name: str) -> None:
        del self._open()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
