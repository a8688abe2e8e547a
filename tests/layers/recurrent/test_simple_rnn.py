"""What is special about the fully connected network."""

import pytest

from torchkeras import layers


@pytest.mark.parametrize(
    ("activation", "fused"), [("tanh", True), ("relu", True), ("linear", False)]
)
def test_tanh_and_relu_run_fused(activation, fused):
    layer = layers.SimpleRNN(3, activation=activation)
    layer.build((None, 5, 4))
    assert layer.cell.recurrence.is_fused is fused


def test_units_have_to_be_positive():
    with pytest.raises(ValueError, match="units is -1; expected an integer, 1 or more"):
        layers.SimpleRNN(-1)
