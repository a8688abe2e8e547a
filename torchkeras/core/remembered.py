"""Objects that may be freed while what they say is still wanted."""

import weakref
from typing import Any


class Remembered:
    """An object's attributes, and the object itself as long as somebody else holds it.

    What two objects know of each other would keep both of them until Python's collector of cycles
    runs, and with them all weights in reach. Where one of the two is little more than its
    attributes, the other one remembers it: once it is gone, ``get`` makes it again.

    Attributes that hold the other object have to stand in slots, which aren't remembered.

    Args:
        thing: An object of a class with ``__dict__`` and ``__weakref__``.

    Example:
        >>> class Note: pass
        >>> note = Note()
        >>> note.text = "kept"
        >>> remembered = Remembered(note)
        >>> remembered.get() is note
        True
        >>> del note
        >>> remembered.get().text
        'kept'
    """

    __slots__ = ("attributes", "kind", "living")

    def __init__(self, thing: Any) -> None:
        self.kind = type(thing)
        self.attributes = vars(thing)  # the dict itself: later changes are seen
        self.living = weakref.ref(thing)

    def get(self, **slots: Any) -> Any:
        """The object, or another one with its attributes and with these slots."""
        thing = self.living()
        if thing is None:
            thing = object.__new__(self.kind)
            thing.__dict__ = self.attributes
            for name, value in slots.items():
                setattr(thing, name, value)
            self.living = weakref.ref(thing)
        return thing

    def __reduce__(self) -> Any:
        return _remembering, (self.kind, self.attributes)


def _remembering(kind: type, attributes: dict[str, Any]) -> Remembered:
    """What a copy remembers: no object, until it is asked for."""
    thing = object.__new__(kind)
    thing.__dict__ = attributes
    return Remembered(thing)
