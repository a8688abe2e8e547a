import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.core.indexing import forwards, goes_backwards

PLACE = st.none() | st.integers(-6, 6)
PART = (
    st.integers(-2, 1)
    | st.none()
    | st.builds(slice, PLACE, PLACE, st.sampled_from([None, 1, 2, -1, -2, -3]))
)


@st.composite
def indices(draw):
    """An index into an array with three axes of two and more elements."""
    parts = draw(
        st.lists(PART, min_size=1, max_size=5).filter(lambda p: sum(x is not None for x in p) <= 3)
    )
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), Ellipsis)
    return parts[0] if len(parts) == 1 else tuple(parts)


@given(indices())
def test_slices_that_go_backwards_give_what_numpy_gives(index):
    array = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    axes, found = forwards(index, 3)
    assert torch.from_numpy(array).flip(axes)[found].tolist() == array[index].tolist()
    assert goes_backwards(index) == bool(axes)


def test_a_mask_stands_for_all_its_axes():
    array = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    mask = torch.tensor([[True, False, True], [False, True, False]])
    axes, found = forwards((mask, slice(None, None, -1)), 3)
    expected = array[mask.numpy(), ::-1]
    assert torch.from_numpy(array).flip(axes)[found].tolist() == expected.tolist()
