import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.core.layout import Permuted
from torchkeras.optimizers import slots


def test_slots_share_the_layout_of_their_reference():
    reference = keras.Variable(np.ones((2, 3)), dtype="float32", layout=Permuted((1, 0)))
    values = np.arange(6.0).reshape(2, 3)
    for initializer in (values, lambda shape, dtype: torch.tensor(values, dtype=torch.float32)):
        slot = slots.new_slot(reference, initializer, "m")
        assert tuple(slot.parameter.shape) == (3, 2)
        assert np.array_equal(slot.numpy(), values)
        assert not slot.trainable


@pytest.mark.parametrize("initializer, expected", [("ones", 1.0), (0.5, 0.5), ("zeros", 0.0)])
def test_slots_take_names_and_numbers(initializer, expected):
    slot = slots.new_slot(keras.Variable([3.0]), initializer, "m")
    assert slot.numpy().tolist() == [expected]


def test_new_variables_count_in_int64():
    variable = slots.new_variable((), "zeros", "int", "none", None, "count")
    assert (variable.dtype, variable.shape) == ("int64", ())


def test_plain_parameters_get_a_handle():
    parameter = torch.nn.Parameter(torch.ones(2))
    assert slots.as_variable(parameter).parameter is parameter
    assert slots.as_variable(torch.zeros(1)).numpy().tolist() == [0.0]
    with pytest.raises(TypeError, match="a Variable or a torch parameter"):
        slots.as_variable("kernel")
