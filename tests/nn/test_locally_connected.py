"""Three ways to keep the kernels of all places, which compute the same."""

import pytest
import torch
from torch.nn import functional as F

from torchkeras.nn.geometry import Window
from torchkeras.nn.locally_connected import DENSE, PLACES, USED, LocallyConnected


def made(kept, padding="valid", layout="channels_last", bias=True):
    torch.manual_seed(0)
    window = Window((2, 3), (2, 1), (1, 1), padding, layout)
    return LocallyConnected(window, (5, 6), 3, 4, bias, kept)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_ways_agree(padding, layout):
    dense, used = made(DENSE, padding, layout), made(USED, padding, layout)
    with torch.no_grad():
        flat = torch.cat([dense.weight.flatten(), torch.zeros(1)])
        for index, place in zip(used.index.flatten(), dense.index.flatten(), strict=True):
            if index < used.weight.numel():
                used.weight[index] = flat[place]
    x = torch.randn(2, 5, 6, 3) if layout == "channels_last" else torch.randn(2, 3, 5, 6)
    torch.testing.assert_close(dense(x), used(x))
    if padding == "valid":
        places = made(PLACES, padding, layout)
        places.weight.data.copy_(dense.kernels())
        torch.testing.assert_close(places(x), dense(x))


def test_one_kernel_for_all_places_is_a_convolution():
    module = made(PLACES, layout="channels_first", bias=False)
    kernel = torch.randn(4, 3, 2, 3)
    module.weight.data.copy_(kernel.flatten(1).mT.expand(module.places, -1, -1))
    x = torch.randn(2, 3, 5, 6)
    torch.testing.assert_close(module(x), F.conv2d(x, kernel, stride=(2, 1)))


def test_the_used_weight_has_an_element_for_each_connection():
    assert made(USED).weight.numel() == made(PLACES).weight.numel()
    _, _, inside = made(USED, "same").connections()
    assert made(USED, "same").weight.numel() == inside.sum()


@pytest.mark.parametrize("kept", [PLACES, DENSE, USED])
def test_it_compiles_as_one_graph_and_takes_an_empty_batch(kept):
    module, x = made(kept), torch.randn(2, 5, 6, 3)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), module(x))
    assert module(x[:0]).shape == (0, 2, 4, 4)
