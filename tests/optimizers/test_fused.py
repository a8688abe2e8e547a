import copy

import numpy as np
import pytest
import torch
from torch.distributed.fsdp import fully_shard

import torchkeras as keras
from torchkeras.optimizers import fused

MAKERS = {
    "adam": lambda: keras.optimizers.Adam(0.05, amsgrad=True),
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1),
    "sgd": lambda: keras.optimizers.SGD(0.05, weight_decay=0.1),
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "scheduled sgd": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(0.05, 30), momentum=0.9
    ),
    "schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 30)),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_kernels_and_formulas_agree(kind, trajectory, monkeypatch):
    fused = trajectory(MAKERS[kind](), keras, by_step=True)
    monkeypatch.setattr("torchkeras.optimizers.fused.fits", lambda *_: False)
    assert np.allclose(fused, trajectory(MAKERS[kind](), keras), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", [*MAKERS, "clipped", "rmsprop"])
def test_steps_that_a_grad_scaler_skips_leave_no_trace(kind, weights):
    makers = {
        **MAKERS,
        "clipped": lambda: keras.optimizers.Adam(0.05, clipnorm=1.0),
        "rmsprop": lambda: keras.optimizers.RMSprop(0.05),
    }
    results = []
    for overflow in (False, True):
        (weight,) = weights([1.0, -2.0])
        optimizer = makers[kind]()
        optimizer.build([weight])
        scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=1000)
        for step in range(6):
            if step == 3 and not overflow:
                continue
            optimizer.zero_grad()
            loss = (weight.value**2).sum() * (torch.inf if step == 3 else 1.0)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        assert int(optimizer.iterations) == 5
        results.append(weight.numpy())
    assert np.allclose(*results, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
def test_other_number_types_have_kernels_too(dtype, trajectory):
    single = trajectory(keras.optimizers.Adam(0.05, epsilon=1e-3), keras)
    path = trajectory(keras.optimizers.Adam(0.05, epsilon=1e-3), keras, dtype=dtype)
    # 20 steps each round by half a unit in the last place of values up to 2.
    tolerance = {"float64": 1e-5, "bfloat16": 0.15, "float16": 0.02}[dtype]
    assert abs(path - single).max() < tolerance


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", MAKERS)
def test_cuda_kernels_agree_with_those_of_the_cpu(kind):
    paths = []
    for device in ("cpu", "cuda"):
        module = torch.nn.Linear(3, 2)
        with torch.no_grad():
            module.weight.fill_(0.5)
            module.bias.fill_(0.25)
        module.to(device)
        optimizer = MAKERS[kind]()
        optimizer.build(module.parameters())
        for step in range(20):
            optimizer.zero_grad()
            (module(torch.ones(4, 3, device=device) * (step + 1)) ** 2).mean().backward()
            optimizer.step()
        paths.append(torch.cat([p.detach().cpu().ravel() for p in module.parameters()]))
    assert torch.allclose(*paths, rtol=1e-4, atol=1e-5)


@pytest.fixture
def one_process():
    torch.distributed.init_process_group(
        "gloo", rank=0, world_size=1, store=torch.distributed.HashStore()
    )
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.3}, {"global_clipnorm": 0.3}])
@pytest.mark.parametrize("name", ["AdamW", "SGD", "RMSprop", "Lamb"])
def test_sharded_parameters_are_updated_as_whole_ones(name, options):
    whole = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Linear(8, 3))
    sharded = copy.deepcopy(whole)
    fully_shard(sharded)
    for module in (whole, sharded):
        optimizer = getattr(keras.optimizers, name)(0.05, **options)
        optimizer.build(module.parameters())
        for step in range(3):
            optimizer.zero_grad()
            module(torch.full((4, 6), 0.1 * step)).square().mean().backward()
            optimizer.step()
    for parameter, expected in zip(sharded.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(parameter.full_tensor(), expected, rtol=1e-6, atol=1e-7)
    assert optimizer.variables[-1].numpy().ndim == 1 or name == "SGD"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_large_parameters_are_updated_part_by_part_as_whole_ones(monkeypatch, dtype):
    torch.manual_seed(0)
    start = [torch.randn(size, dtype=dtype) for size in (5, 3, 9, 1, 7)]
    ends = []
    for room in (8, 10**6):  # 5 + 3, 9, 1 + 7, or all at once
        monkeypatch.setattr(fused, "_CACHED", room)
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
        parameters = [torch.nn.Parameter(tensor.clone()) for tensor in start]
        optimizer.build(parameters)
        (bucket,) = optimizer._buckets(None)
        assert len(fused.parts(bucket)) == (3 if room == 8 else 1)
        for _ in range(3):
            for parameter in parameters:
                parameter.grad = torch.cos(parameter.detach())
            optimizer.step()
        ends.append(torch.cat([parameter.detach() for parameter in parameters]))
    assert torch.equal(*ends)
