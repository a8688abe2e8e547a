"""What is done with modules of torch, done with those that models are written and lowered as."""

import copy
import importlib.util
import io
import pickle
import sys

import pytest
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from torchkeras import Input, Model, Sequential, layers
from torchkeras.export.ejection import eject


def captions():
    """A model of an image and of words, some of them masked."""
    image, words = Input((8, 8, 3), name="image"), Input((6,), dtype="int32", name="words")
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(image)
    part = Sequential(
        [Input((4, 4, 4)), layers.Conv2D(4, 1, activation="gelu"), layers.Dropout(0.2)], name="part"
    )
    x = layers.BatchNormalization(name="norm")(part(part(x)))
    x = layers.GlobalAveragePooling2D()(x)
    y = layers.Embedding(9, 4, mask_zero=True, name="table")(words)
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(y)
    y = layers.LayerNormalization(name="even")(layers.MultiHeadAttention(2, 3, name="heads")(y, y))
    y = layers.GRU(3, name="last")(y)
    return Model([image, words], layers.Dense(2, name="out")(layers.concatenate([x, y])))


@pytest.fixture(scope="module", params=["written", "lowered"])
def module(request, tmp_path_factory):
    model = captions()
    if request.param == "lowered":
        yield model.to_torch()
        return
    folder = eject(model, tmp_path_factory.mktemp("out"))
    spec = importlib.util.spec_from_file_location("written_captions", folder / "model.py")
    sys.modules["written_captions"] = room = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(room)
    yield room.load()
    del sys.modules["written_captions"]


def inputs(dtype=torch.float32, device="cpu"):
    torch.manual_seed(0)
    words = torch.tensor([[1, 2, 0, 0, 0, 0], [3, 0, 4, 5, 6, 0], [1, 2, 3, 4, 5, 6]])
    return torch.randn(3, 8, 8, 3).to(device, dtype), words.int().to(device)


def agree(found, module, tolerance=1e-5):
    torch.testing.assert_close(
        found.float(), module(*inputs()), atol=tolerance, rtol=tolerance, check_device=False
    )


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float16, 0.01), (torch.bfloat16, 0.05), (torch.float64, 1e-5)]
)
def test_it_may_be_cast(module, dtype, tolerance):
    found = copy.deepcopy(module).to(dtype)(*inputs(dtype))
    assert found.dtype is dtype
    agree(found, module, tolerance)


def test_it_may_be_moved(module):
    found = copy.deepcopy(module).to("meta")(*inputs(device="meta"))
    assert found.shape == (3, 2)


def test_it_may_be_copied_pickled_and_saved(module):
    agree(copy.deepcopy(module)(*inputs()), module)
    agree(pickle.loads(pickle.dumps(module))(*inputs()), module)
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    agree(torch.load(file, weights_only=False)(*inputs()), module)


def test_its_state_goes_out_and_in(module):
    other = copy.deepcopy(module)
    for weight in other.parameters():
        torch.nn.init.zeros_(weight)
    other.load_state_dict(module.state_dict())
    agree(other(*inputs()), module)


def test_autocast_goes_through_it(module):
    with torch.autocast("cpu", torch.bfloat16):
        found = module(*inputs())
    agree(found, module, 0.05)


def test_it_compiles_to_one_graph(module):
    agree(torch.compile(module, fullgraph=True, backend="eager")(*inputs()), module)


def step(module):
    """The loss of a step of training, which reaches every weight."""
    module.train()
    optimizer = torch.optim.Adam(module.parameters())
    loss = module(*inputs()).square().sum()
    loss.backward()
    assert all(weight.grad is not None for weight in module.parameters())
    optimizer.step()
    return loss


def test_it_trains(module):
    trained = copy.deepcopy(module)
    step(trained)
    statistics = [name for name, _ in trained.named_buffers() if name.endswith("running_mean")]
    assert len(statistics) == 1
    assert (trained.get_buffer(*statistics) != module.get_buffer(*statistics)).all()
    assert (trained.eval()(*inputs()) != module(*inputs())).any()


def test_it_trains_among_several_processes(module, tmp_path):
    distributed.init_process_group(
        "gloo", rank=0, world_size=1, store=distributed.FileStore(str(tmp_path / "store"), 1)
    )
    try:
        step(DistributedDataParallel(copy.deepcopy(module)))
    finally:
        distributed.destroy_process_group()
