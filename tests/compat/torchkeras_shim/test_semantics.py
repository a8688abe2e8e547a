import threading

import numpy as np
import torch
from torch import nn
from torchkeras_shim import semantics
from torchkeras_shim.shapes import TensorShape

import torchkeras
from torchkeras.core.settings import settings


def test_gradients_are_off_here_and_in_threads_started_here():
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.is_grad_enabled()))
    thread.start()
    thread.join()
    assert not torch.is_grad_enabled()
    assert found == [False]
    with torch.enable_grad():
        thread = threading.Thread(target=lambda: found.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert found == [False, True]


def test_tensors_turn_into_arrays_with_or_without_gradients():
    x = torch.ones(2, requires_grad=True)
    assert x.numpy().tolist() == [1.0, 1.0]
    assert np.asarray(x).tolist() == [1.0, 1.0]
    assert np.add(x, 1).tolist() == [2.0, 2.0]
    assert isinstance(torch.tensor(1.5).numpy(), np.float32)
    assert torch.ones(2, dtype=torch.bfloat16).numpy().dtype == np.float32


def test_shapes_know_tensorflows_words():
    x = torch.zeros(2, 3)
    assert isinstance(x.shape, TensorShape)
    assert x.shape.as_list() == x.get_shape().as_list() == [2, 3]
    assert x.shape.rank == 2
    assert x.shape == [2, 3] == x.shape
    assert x.size() == torch.Size([2, 3])
    assert torch.zeros(x.shape).shape == x.shape
    assert torch.Size([2, 3]).as_list() == [2, 3]


def test_shapes_of_symbols_and_variables_know_them_too():
    symbol = torchkeras.Input((3, 4))
    assert symbol.shape.as_list() == symbol.get_shape().as_list() == [None, 3, 4]
    assert symbol[0].shape.num_elements() == 12
    assert torchkeras.layers.Dense(2)(symbol).shape == (None, 3, 2)
    symbol.set_shape((5, 3, 4))
    variable = torchkeras.Variable(np.zeros((2, 3)))
    assert variable.shape.as_list() == [2, 3]
    assert variable.get_shape().rank == 2


def test_dtypes_know_tensorflows_words():
    assert torch.zeros(1).dtype.name == "float32"
    assert torch.int32.max == 2**31 - 1
    assert torch.float64.as_numpy_dtype is np.float64


def test_installing_twice_changes_nothing():
    before = torch.Tensor.shape, torch.Tensor.numpy, threading.Thread.start
    semantics.install()
    assert before == (torch.Tensor.shape, torch.Tensor.numpy, threading.Thread.start)


def test_crossentropies_take_the_logits_of_any_activation():
    assert settings.any_logits


def test_torch_compiles_all_the_same():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    x = torch.ones(2, 3)
    assert torch.equal(compiled(x), model(x))
    described = torch.compile(
        lambda t: t.reshape(t.shape[0], -1) * t.shape.rank, fullgraph=True, backend="eager"
    )
    assert described(x).shape == (2, 3)


def test_fit_turns_gradients_on_for_itself():
    model = torchkeras.Sequential([torchkeras.layers.Input((2,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()[0].copy()
    model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
    assert not np.array_equal(before, model.get_weights()[0])
    assert not torch.is_grad_enabled()
    assert not model(np.ones((1, 2))).requires_grad


def test_types_equal_their_names_and_numpys_types():
    dtype = torch.ones(1).dtype
    assert dtype == "float32"
    assert dtype == "float"
    assert dtype == np.float32
    assert np.dtype("float32") == np.dtype(dtype.name)
    assert dtype == float  # noqa: E721
    assert dtype != "float64"
    assert dtype != np.int32
    assert dtype != torch.float64
    assert dtype is not None
    assert dtype in ("int32", "float32")
    assert {dtype: 1}[torch.float32] == 1
    assert torch.bool == bool  # noqa: E721
    assert torchkeras.Input((1,)).dtype == torch.float32


def test_devices_answer_what_scripts_ask_of_their_texts():
    device = torch.ones(1).device
    assert device.endswith("CPU:0")
    assert not device.endswith("GPU:0")
    assert torch.device("cuda:1").endswith("GPU:1")


def test_references_are_keys():
    x, same = torch.ones(2), torch.ones(2)
    assert {x.ref(): 1}[x.ref()] == 1
    assert x.ref() != same.ref()
    assert x.ref().deref() is x
    variable = torchkeras.Variable(1.0)
    assert variable.ref() == variable.ref()


def test_one_number_of_a_variable_is_a_number_of_numpy():
    optimizer = torchkeras.optimizers.SGD(0.5)
    assert f"{optimizer.learning_rate.numpy():.3f}" == "0.500"
