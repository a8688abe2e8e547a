"""Recurrent kernels in programs."""

import pytest
import torch
from torch import nn

from torchkeras.export.lengths import KERNELS, left_open

OPEN = torch.export.Dim.DYNAMIC


class Outputs(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)


@pytest.mark.filterwarnings("ignore:The tensor attributes")
@pytest.mark.parametrize(
    "network",
    [
        nn.LSTM(3, 4, num_layers=2, bidirectional=True),
        nn.LSTM(3, 4, proj_size=2, batch_first=True),
        nn.GRU(3, 4, batch_first=True),
        nn.RNN(3, 4, nonlinearity="relu"),
    ],
    ids=["lstm", "projected", "gru", "rnn"],
)
def test_torchs_networks_keep_their_length_open(network):
    module = Outputs(network.eval())
    with left_open(), torch.no_grad():
        program = torch.export.export(
            module, (torch.zeros(2, 5, 3),), dynamic_shapes=({0: OPEN, 1: OPEN},)
        )
    for sizes in ((1, 9, 3), (4, 2, 3)):
        x = torch.randn(sizes)
        torch.testing.assert_close(program.module()(x), module(x))


def test_torch_gets_its_functions_back():
    before = [dict(kernel.py_kernels) for kernel in KERNELS]
    with left_open():
        assert KERNELS[0].py_kernels != before[0]
    assert [dict(kernel.py_kernels) for kernel in KERNELS] == before
