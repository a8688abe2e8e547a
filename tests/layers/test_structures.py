import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.layers import structures


@pytest.mark.parametrize(
    ("given", "standard"),
    [
        (torch.Size([2, 3]), (2, 3)),
        ([None, 3], (None, 3)),
        ((None, 3), (None, 3)),
        ([(None, 3), (None, 2)], [(None, 3), (None, 2)]),
        ({"a": (None, 3)}, {"a": (None, 3)}),
    ],
)
def test_shapes_become_tuples(given, standard):
    assert structures.standard_shape(given) == standard


def test_shapes_of_structures_keep_their_form():
    x = torch.ones(2, 3)
    assert structures.shape_of({"a": [x, keras.Input((4,))]}) == {"a": [(2, 3), (None, 4)]}
    assert structures.tuples({"a": [[None, 3], [None, 2]]}) == {"a": [(None, 3), (None, 2)]}
    assert structures.map_shapes(len, [(1, 2), (3,)]) == [2, 1]
    symbols = structures.symbols_of_shape([(None, 3), (None, 2)], "float32")
    assert [s.shape for s in symbols] == [(None, 3), (None, 2)]


def test_tensors_and_masks_are_found():
    x = torch.ones(2, 3)
    assert structures.masks_of(x) is None
    assert not structures.carries_mask([x])
    x._keras_mask = torch.ones(2, dtype=torch.bool)
    assert structures.masks_of([x, torch.ones(1)])[0] is x._keras_mask
    assert structures.carries_mask({"a": x})
    assert structures.holds_tensors([1, (np.ones(1),)])
    assert not structures.holds_tensors([1, 2])
    assert structures.has_shape([x])
    assert not structures.has_shape([x, 3])
    assert structures.device_of([1, x]) == x.device
    assert structures.device_of([1]) is None
    assert structures.all_none((None, None))
    assert not structures.all_none((None, 0))


def test_a_list_is_taken_apart_from_its_end():
    layer = keras.layers.SimpleRNN(2, num_constants=1)
    assert structures.parts_of_list(layer, (["x", "s", "c"],), {}) == ("x", ["s"], ["c"])
    assert structures.parts_of_list(layer, (["x", "s"],), {"constants": 1}) == ("x", ["s"], [])
    with pytest.raises(ValueError, match="initial_state is .*; expected None beside states"):
        structures.parts_of_list(layer, (["x", "s", "c"], torch.ones(1, 2)), {})
