"""Numbers of bytes that print with a unit."""


class Size(int):
    """A number of bytes; 0 or None is an unknown one.

    Source: ``tfds.core.units.Size``.

    Example:
        >>> Size(3072)  # doctest: +SKIP
        3.00 KiB
    """

    def __new__(cls, value: int | None = None) -> "Size":
        return super().__new__(cls, value or 0)

    def __str__(self) -> str:
        if not self:
            return "Unknown size"
        for power, unit in ((50, "PiB"), (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
            if self >= 2**power:
                return f"{int(self) / 2**power:.2f} {unit}"
        return f"{int(self)} bytes"

    __repr__ = __str__
