"""Every network for images as PyTorch source."""

import ast
import importlib.util
import math

import pytest
import torch

import torchkeras as keras
from torchkeras.applications import MODULES
from torchkeras.export.ejection import eject

NAMES = [name for networks in MODULES.values() for name in networks]
# The smallest images that they take, rounded up to halves that are whole.
SIZES = {"InceptionV3": 80, "InceptionResNetV2": 80, "Xception": 80}


def network(name):
    """A small head on random weights by which values neither die out nor blow up."""
    size = SIZES.get(name, 32)
    make = getattr(keras.applications, name)
    model = make(weights=None, include_top=False, pooling="avg", input_shape=(size, size, 3))
    draw = torch.Generator().manual_seed(0)
    for weight in model.weights:
        shape, path = tuple(weight.shape), weight.path
        if len(shape) > 1:
            scale = math.sqrt(2 / math.prod(shape[:-1]))
            weight.assign(torch.randn(shape, generator=draw) * scale)
        elif "variance" in path or "gamma" in path:
            weight.assign(torch.rand(shape, generator=draw) + 0.5)
        else:
            weight.assign(torch.randn(shape, generator=draw) / 10)
    return model


def loaded(path):
    """The module in a file that was written, with its weights."""
    spec = importlib.util.spec_from_file_location(f"written_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def shadowed(text):
    """Names that a function both gives to a value of its own and calls."""
    found = set()
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
            given = {name.id for name in names if isinstance(name.ctx, ast.Store)}
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            found |= given & {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_network_computes_the_same(name, tmp_path):
    model = network(name)
    x = torch.rand(2, *model.input_shape[1:], generator=torch.Generator().manual_seed(1)) * 255
    folder = eject(model, tmp_path, inputs=x)
    try:
        text = (folder / "model.py").read_text()
        assert "import torchkeras" not in text
        assert not shadowed(text)
        # Hundreds of layers of random weights make much of what float32 rounds off.
        with torch.no_grad():
            found = loaded(folder / "model.py").double()(x.double())
            wanted = model.double()(x.double(), training=False)
        scale = wanted.std().item()
        assert scale > 0
        torch.testing.assert_close(found / scale, wanted / scale, atol=1e-8, rtol=1e-8)
    finally:
        for file in folder.glob("*.safetensors"):  # gigabytes, which pytest would keep
            file.unlink()
