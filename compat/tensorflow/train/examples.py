"""``tf.train.Example`` and what it is made of: named lists of bytes, floats or integers.

The messages are those of TensorFlow's protocol buffers, byte for byte.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from torchkeras_shim.text import Texts

from torchkeras.core.checks import kind_error, nearest
from torchkeras.saving import wire


class DecodeError(ValueError):
    """Bytes that are no message of this kind."""


class Message:
    """Base of the messages: named fields, written to bytes and read from them.

    A subclass lists its fields, each an attribute that can read, write and show itself.
    """

    names: tuple[str, ...] = ()  # in the order of their numbers, which begin at 1

    def __init__(self, **fields: Any) -> None:
        self.Clear()
        for name, value in fields.items():
            if name not in self.names:
                raise ValueError(
                    f"Protocol message {type(self).__name__} has no {name!r} field."
                    f"{nearest(name, self.names)}"
                )
            if value is not None:
                self._take(name, value)

    # What a subclass says.

    def Clear(self) -> None:
        """Forget all fields."""
        raise TypeError(f"{type(self).__name__} has no fields.")

    def _take(self, name: str, value: Any) -> None:
        """Take over the value of a field."""

    def _write(self) -> Iterator[bytes]:
        """The fields that are set, as bytes."""
        return iter(())

    def _read(self, number: int, value: Any) -> None:
        """Add what a field's bytes say."""

    def _lines(self) -> Iterator[str]:
        """The fields that are set, as text."""
        return iter(())

    # What protocol buffers offer.

    def SerializeToString(self, deterministic: bool = True) -> bytes:
        """The message as bytes; named parts are in the order of their names.

        ``deterministic`` changes nothing here: the bytes are always the same.
        """
        return b"".join(self._write())

    SerializePartialToString = SerializeToString

    def MergeFromString(self, serialized: Any) -> int:
        """Add what bytes say to this message, and give back how many they are.

        Raises:
            ValueError: they are no message of this kind.
        """
        data = bytes(serialized)
        try:
            for number, _, value in wire.fields(data):
                self._read(number, value)
        except (ValueError, TypeError, UnicodeDecodeError, struct.error) as error:
            raise DecodeError(
                f"Error parsing message with type 'tensorflow.{type(self).__name__}': {error}"
            ) from error
        return len(data)

    def ParseFromString(self, serialized: Any) -> int:
        """Become what bytes say, and give back how many they are."""
        self.Clear()
        return self.MergeFromString(serialized)

    @classmethod
    def FromString(cls, serialized: Any) -> Any:
        """The message that bytes say."""
        message = cls()
        message.MergeFromString(serialized)
        return message

    def CopyFrom(self, other: "Message") -> None:
        """Become a copy of ``other``."""
        self.ParseFromString(other.SerializeToString())

    def MergeFrom(self, other: "Message") -> None:
        """Add what ``other`` holds."""
        self.MergeFromString(other.SerializeToString())

    def ByteSize(self) -> int:
        """Number of bytes."""
        return len(self.SerializeToString())

    def IsInitialized(self) -> bool:
        """True: no field is required."""
        return True

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.SerializeToString() == other.SerializeToString()

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines())

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return type(self).FromString, (self.SerializeToString(),)


class _Values(list):
    """A list field, whose items are of one kind."""

    def __init__(self, owner: "_ListMessage") -> None:
        super().__init__()
        self._owner = owner

    def append(self, value: Any) -> None:
        super().append(self._owner._checked(value))
        self._owner._has_changed()

    def extend(self, values: Iterable[Any]) -> None:
        checked = self._owner._checked_all(values)
        super().extend(checked)
        self._owner._has_changed()

    def insert(self, place: int, value: Any) -> None:
        super().insert(place, self._owner._checked(value))
        self._owner._has_changed()

    def __setitem__(self, place: Any, value: Any) -> None:
        check = self._owner._checked_all if isinstance(place, slice) else self._owner._checked
        super().__setitem__(place, check(value))
        self._owner._has_changed()

    def __iadd__(self, values: Iterable[Any]) -> "_Values":
        self.extend(values)
        return self

    def MergeFrom(self, other: Iterable[Any]) -> None:
        """Add the items of another list."""
        self.extend(other)


class _ListMessage(Message):
    """A message whose only field is a list of values."""

    names = ("value",)
    _feature: "Feature | None" = None

    def Clear(self) -> None:
        self.value = _Values(self)

    def _take(self, name: str, value: Any) -> None:
        if not isinstance(value, Iterable):
            raise TypeError("must assign iterable")
        self.value.extend(value)

    def _has_changed(self) -> None:
        """Tell the feature that this list is the one it has."""
        if self._feature is not None:
            self._feature._choose(self)

    def _checked(self, value: Any) -> Any:
        return value

    def _checked_all(self, values: Iterable[Any]) -> list[Any]:
        return [self._checked(value) for value in values]

    def _lines(self) -> Iterator[str]:
        return (f"value: {self._shown(value)}" for value in self.value)

    @staticmethod
    def _shown(value: Any) -> str:
        return str(value)


class BytesList(_ListMessage):
    """A list of bytes, one field ``value``."""

    def _checked(self, value: Any) -> bytes:
        if isinstance(value, Texts) and not value.ndim:
            value = value.numpy()
        if not isinstance(value, bytes):
            raise TypeError(f"expected bytes, {type(value).__name__} found")
        return bytes(value)

    def _write(self) -> Iterator[bytes]:
        return (wire.write_field(1, value) for value in self.value)

    def _read(self, number: int, value: Any) -> None:
        if number == 1:
            self.value.append(value)

    @staticmethod
    def _shown(value: bytes) -> str:
        return f'"{"".join(map(_shown_octet, value))}"'


class FloatList(_ListMessage):
    """A list of float32, one field ``value``."""

    def _checked(self, value: Any) -> float:
        return self._checked_all([value])[0]

    def _checked_all(self, values: Iterable[Any]) -> list[float]:
        values = [float(value) if np.ndim(value) == 0 else value for value in values]
        for value in values:
            if not isinstance(value, float):
                raise kind_error("FloatList", "value", value, "one number")
        return np.asarray(values, dtype=np.float32).astype(float).tolist()

    def _write(self) -> Iterator[bytes]:
        if self.value:
            yield wire.write_field(1, np.asarray(self.value, dtype="<f4").tobytes())

    def _read(self, number: int, value: Any) -> None:
        if number == 1:
            list.extend(self.value, np.frombuffer(value, "<f4").astype(float).tolist())

    @staticmethod
    def _shown(value: float) -> str:
        text = f"{value:.6g}"
        return text if np.float32(float(text)) == np.float32(value) else f"{value:.9g}"


class Int64List(_ListMessage):
    """A list of integers of 64 bits, one field ``value``."""

    def _checked(self, value: Any) -> int:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError("Field tensorflow.Int64List.value: Expected an int, got a boolean.")
        if not hasattr(value, "__index__"):
            raise TypeError(f"{type(value).__name__!r} object cannot be interpreted as an integer")
        number = value.__index__()
        if not -(2**63) <= number < 2**63:
            raise ValueError(f"Value out of range: {number}")
        return number

    def _write(self) -> Iterator[bytes]:
        if self.value:
            yield wire.write_field(1, wire.write_varints(self.value))

    def _read(self, number: int, value: Any) -> None:
        if number == 1:
            numbers = (
                [wire.signed(value)] if isinstance(value, int) else wire.varints(value).tolist()
            )
            list.extend(self.value, numbers)


LISTS = {"bytes_list": BytesList, "float_list": FloatList, "int64_list": Int64List}


class Feature(Message):
    """One list: of bytes, floats or integers.

    Args:
        bytes_list, float_list, int64_list: The list; of several, the last one is kept.
    """

    names = tuple(LISTS)

    def Clear(self) -> None:
        self._chosen: str | None = None
        self._lists: dict[str, _ListMessage] = {}

    def _take(self, name: str, value: Any) -> None:
        if not isinstance(value, LISTS[name]):
            raise kind_error("Feature", name, value, f"a {LISTS[name].__name__}")
        own = getattr(self, name)
        own.CopyFrom(value)
        self._choose(own)

    def _list(self, name: str) -> Any:
        """The list of a name, which counts as set once something is put in it."""
        if name not in self._lists:
            self._lists[name] = LISTS[name]()
            self._lists[name]._feature = self
        return self._lists[name]

    bytes_list: BytesList = property(lambda self: self._list("bytes_list"))  # type: ignore[assignment]
    float_list: FloatList = property(lambda self: self._list("float_list"))  # type: ignore[assignment]
    int64_list: Int64List = property(lambda self: self._list("int64_list"))  # type: ignore[assignment]

    def _choose(self, chosen: _ListMessage) -> None:
        """Keep one list and forget the others."""
        name = next(name for name, kind in LISTS.items() if type(chosen) is kind)
        if self._chosen != name:
            self._chosen, self._lists = name, {name: chosen}

    def WhichOneof(self, oneof_group: str) -> str | None:
        """Name of the list that is set, of the group ``"kind"``."""
        if oneof_group != "kind":
            raise ValueError(f"Protocol message has no oneof {oneof_group!r} field.")
        return self._chosen

    def HasField(self, field_name: str) -> bool:
        """Whether this list is the one that is set."""
        if field_name not in self.names:
            raise ValueError(f"Protocol message Feature has no field {field_name!r}.")
        return self._chosen == field_name

    def _write(self) -> Iterator[bytes]:
        if self._chosen is not None:
            number = self.names.index(self._chosen) + 1
            yield wire.write_field(number, self._lists[self._chosen].SerializeToString())

    def _read(self, number: int, value: Any) -> None:
        if 1 <= number <= len(self.names):
            own = self._list(self.names[number - 1])
            own.MergeFromString(value)
            self._choose(own)

    def _lines(self) -> Iterator[str]:
        if self._chosen is not None:
            yield from _block(self._chosen, self._lists[self._chosen])


class _Named(Mapping):
    """A field of messages by name; asking for a name makes an empty one."""

    def __init__(self, kind: type[Message]) -> None:
        self._kind = kind
        self._parts: dict[str, Any] = {}

    def __getitem__(self, name: Any) -> Any:
        name = name.decode() if isinstance(name, bytes) else name
        if not isinstance(name, str):
            raise kind_error(self._kind.__name__, "name", name, "a string")
        if name not in self._parts:
            self._parts[name] = self._kind()
        return self._parts[name]

    get_or_create = __getitem__

    def __setitem__(self, name: str, value: Any) -> None:
        raise ValueError(
            f"A {self._kind.__name__} can't be assigned by name; use CopyFrom on the one there is."
        )

    def __delitem__(self, name: str) -> None:
        del self._parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def get(self, name: str, default: Any = None) -> Any:
        """The message of this name, or ``default``."""
        return self._parts.get(name, default)

    def __repr__(self) -> str:
        return repr(self._parts)


class _NamedMessage(Message):
    """A message whose only field holds messages by name."""

    part: type[Message] = Message

    def Clear(self) -> None:
        setattr(self, self.names[0], _Named(self.part))

    @property
    def _named(self) -> _Named:
        return getattr(self, self.names[0])

    def _take(self, name: str, value: Any) -> None:
        for key, message in value.items():
            if not isinstance(message, self.part):
                raise kind_error(type(self).__name__, key, message, f"a {self.part.__name__}")
            self._named[key].CopyFrom(message)

    def _write(self) -> Iterator[bytes]:
        for name in sorted(self._named, key=_place):
            value = self._named[name].SerializeToString()
            yield wire.write_field(
                1, wire.write_field(1, name.encode()) + wire.write_field(2, value)
            )

    def _read(self, number: int, value: Any) -> None:
        if number == 1:
            name, content = named_entry(value)
            self._named[name].ParseFromString(content)

    def _lines(self) -> Iterator[str]:
        for name in sorted(self._named):
            yield f"{self.names[0]} {{"
            yield f"  key: {BytesList._shown(name.encode())}"
            yield from (f"  {line}" for line in _block("value", self._named[name]))
            yield "}"


class Features(_NamedMessage):
    """Features by name, one field ``feature``."""

    names = ("feature",)
    part = Feature


class _Parts(list):
    """A list field of messages."""

    def __init__(self, kind: type[Message]) -> None:
        super().__init__()
        self._kind = kind

    def add(self, **fields: Any) -> Any:
        """Append a new message, and give it back."""
        message = self._kind(**fields)
        super().append(message)
        return message

    def append(self, message: Any) -> None:
        if not isinstance(message, self._kind):
            raise kind_error(self._kind.__name__, "item", message, f"a {self._kind.__name__}")
        copy = self._kind()
        copy.CopyFrom(message)
        super().append(copy)

    def extend(self, messages: Iterable[Any]) -> None:
        for message in messages:
            self.append(message)


class FeatureList(Message):
    """Features one after another, one field ``feature``."""

    names = ("feature",)

    def Clear(self) -> None:
        self.feature = _Parts(Feature)

    def _take(self, name: str, value: Any) -> None:
        self.feature.extend(value)

    def _write(self) -> Iterator[bytes]:
        return (wire.write_field(1, part.SerializeToString()) for part in self.feature)

    def _read(self, number: int, value: Any) -> None:
        if number == 1:
            list.append(self.feature, Feature.FromString(value))

    def _lines(self) -> Iterator[str]:
        for part in self.feature:
            yield from _block("feature", part)


class FeatureLists(_NamedMessage):
    """Lists of features by name, one field ``feature_list``."""

    names = ("feature_list",)
    part = FeatureList


class _Record(Message):
    """A message of some messages."""

    parts: dict[str, type[Message]] = {}

    def Clear(self) -> None:
        self._messages = {name: kind() for name, kind in self.parts.items()}

    def _take(self, name: str, value: Any) -> None:
        kind = self.parts[name]
        if not isinstance(value, kind):
            raise kind_error(type(self).__name__, name, value, f"a {kind.__name__}")
        self._messages[name].CopyFrom(value)

    def HasField(self, field_name: str) -> bool:
        """Whether something is in a field."""
        return bool(self._messages[field_name].ByteSize())

    def _write(self) -> Iterator[bytes]:
        for number, message in enumerate(self._messages.values(), start=1):
            if content := message.SerializeToString():
                yield wire.write_field(number, content)

    def _read(self, number: int, value: Any) -> None:
        if 1 <= number <= len(self.names):
            self._messages[self.names[number - 1]].MergeFromString(value)

    def _lines(self) -> Iterator[str]:
        for name, message in self._messages.items():
            if message.ByteSize():
                yield from _block(name, message)


class Example(_Record):
    """One sample: its features by name.

    Args:
        features: The features.

    Source: ``tf.train.Example``.

    Example:
        >>> age = Feature(int64_list=Int64List(value=[42]))
        >>> Example(features=Features(feature={"age": age})).SerializeToString().hex()
        '0a0e0a0c0a0361676512051a030a012a'
    """

    names = ("features",)
    parts = {"features": Features}
    features: Features = property(lambda self: self._messages["features"])  # type: ignore[assignment]


class SequenceExample(_Record):
    """One sample that is a sequence: features of the whole, and lists of features by step.

    Args:
        context: Features of the whole.
        feature_lists: Lists by name, one feature for each step.

    Source: ``tf.train.SequenceExample``.
    """

    names = ("context", "feature_lists")
    parts = {"context": Features, "feature_lists": FeatureLists}
    context: Features = property(lambda self: self._messages["context"])  # type: ignore[assignment]
    feature_lists: FeatureLists = property(  # type: ignore[assignment]
        lambda self: self._messages["feature_lists"]
    )


def named_entry(data: bytes) -> tuple[str, bytes]:
    """Name and content of an entry of messages by name."""
    name, content = b"", b""
    for number, _, value in wire.fields(data):
        if number == 1:
            name = value
        elif number == 2:
            content = value
    return name.decode(), content


def _block(name: str, message: Message) -> Iterator[str]:
    yield f"{name} {{"
    yield from (f"  {line}" for line in message._lines())
    yield "}"


def _place(name: str) -> tuple[int, ...]:
    """Where a name stands among others: in Google's library a beginning of another is behind it."""
    return (*name.encode(), 256)


_ESCAPES = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}


def _shown_octet(octet: int) -> str:
    if octet in _ESCAPES:
        return _ESCAPES[octet]
    return chr(octet) if 32 <= octet < 127 else f"\\{octet:03o}"
