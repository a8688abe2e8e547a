import pytest
from torchkeras_shim.composite import Composite, over_values


class Pair(Composite):
    def __init__(self, values):
        self.flat_values = values

    def with_flat_values(self, new_values):
        return Pair(new_values)


def test_functions_of_elements_go_inside():
    doubled = over_values(lambda x, times=2: x * times)
    assert doubled(3) == 6
    assert doubled(Pair(3)).flat_values == 6
    assert doubled(Pair(3), times=5).flat_values == 15


def test_a_kind_says_how_it_takes_other_values():
    with pytest.raises(TypeError, match="with_flat_values"):
        Composite().with_flat_values(1)
