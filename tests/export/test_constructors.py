"""Modules as the source that makes them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from torchkeras.export.constructors import Constructors
from torchkeras.export.expressions import Unwritable
from torchkeras.export.sources import Sources
from torchkeras.nn.conv import PaddedConv2d
from torchkeras.nn.geometry import Window
from torchkeras.nn.norm import BatchNorm, LayerNorm
from torchkeras.nn.pooling import PlaneMaxPool1d
from torchkeras.nn.recurrent import GRU

MODULES = [
    nn.Linear(3, 2, bias=False),
    nn.Conv2d(3, 4, (3, 2), stride=2, padding=1, groups=1),
    nn.Conv2d(3, 4, 3, stride=(2, 1), padding=(1, 0), dtype=torch.float64),
    nn.ConvTranspose1d(2, 2, 3, output_padding=1, stride=2),
    nn.Embedding(5, 3, padding_idx=0),
    nn.MaxPool2d(2),
    nn.MaxPool2d(3, stride=1),
    nn.LayerNorm((4,), eps=1e-3),
    nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(0.25)),
]
OWN = [
    PaddedConv2d(Window((3, 3), (2, 2), (1, 1), "same"), 3, 4, bias=False),
    BatchNorm(4, momentum=0.5, scale=False),
    LayerNorm((4,), (-1,), center=False),
    GRU(3, 2, activation=F.relu),
]


def written(module):
    return Constructors(Sources(set())).of_module(module).text


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_torchs_modules_read_back_as_they_are(module):
    twin = eval(written(module), {"nn": nn, "torch": torch})
    assert repr(twin) == repr(module)
    shapes = [{k: (v.shape, v.dtype) for k, v in m.state_dict().items()} for m in (module, twin)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("module", OWN, ids=lambda module: type(module).__name__)
def test_own_modules_read_back_as_they_are(module):
    names = {type(module).__name__: type(module), "Window": Window, "F": F, "torch": torch}
    twin = eval(written(module), names)
    assert repr(twin) == repr(module)
    assert [k for k, _ in twin.named_parameters()] == [k for k, _ in module.named_parameters()]


def test_short_forms_are_taken():
    assert written(nn.Conv2d(3, 8, (3, 3), padding=(1, 1))) == "nn.Conv2d(3, 8, 3, padding=1)"
    assert written(nn.MaxPool2d((2, 2))) == "nn.MaxPool2d(2)"
    assert written(PlaneMaxPool1d(2)) == "nn.MaxPool1d(2)"


def test_modules_of_others_have_no_form():
    class Other(nn.Module):
        pass

    with pytest.raises(Unwritable, match="Other, which is neither torch's nor torchkeras's"):
        written(Other())
