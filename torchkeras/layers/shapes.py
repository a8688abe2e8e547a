"""Output shapes that families of layers share."""

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import Shape


class SameShape:
    """For layers whose output has the input's shape."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape."""
        return tuple(input_shape)


def broadcast(owner: object, shapes: list[Shape]) -> Shape:
    """Shape of an element-wise result of batches; those of lower rank gain axes after the batch.

    A length of None fits any other.

    Raises:
        ValueError: two lengths differ and neither is 1.
    """
    rank = max(len(shape) for shape in shapes)
    padded = [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
    return tuple(_common(owner, sizes, shapes) for sizes in zip(*padded, strict=True))


def _common(owner: object, sizes: tuple[int | None, ...], shapes: list[Shape]) -> int | None:
    known = {size for size in sizes if size not in (None, 1)}
    if len(known) > 1:
        raise argument_error(
            owner,
            "input shapes",
            [tuple(shape) for shape in shapes],
            "shapes that can be broadcast together",
            "Inputs have incompatible shapes.",
        )
    if known and None not in sizes:
        return known.pop()
    return None if None in sizes else 1
