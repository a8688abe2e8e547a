"""What is given in the place of results that stand-in tensors can't have, or only slowly."""

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from torchkeras.nn import recurrent
from torchkeras.tracer.stand_ins import result_of_function, result_of_module


def test_recurrent_functions_give_results_of_their_shapes():
    module = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    x, state = torch.zeros(2, 5, 3), (torch.zeros(2, 2, 4), torch.zeros(2, 2, 4))
    args = (x, state, module._flat_weights, True, 1, 0.0, False, True, True)
    found, wanted = result_of_function(torch.lstm, args, {}), torch.lstm(*args)
    assert [part.shape for part in found] == [part.shape for part in wanted]


def test_a_sparse_tensor_stays_one_and_becomes_dense_again():
    with FakeTensorMode():
        sparse = result_of_function(Tensor.to_sparse, (torch.zeros(2, 3),), {})
        assert sparse.is_sparse
        assert sparse.shape == (2, 3)
        assert not torch.relu(sparse).to_dense().is_sparse


def test_other_functions_are_called():
    assert result_of_function(torch.add, (torch.ones(1), 2), {"alpha": 3}).tolist() == [7]


def test_modules_whose_results_are_like_their_inputs_are_not_run():
    def refuse(*args):
        raise AssertionError("was run")

    x = torch.zeros(2, 3)
    assert result_of_module(refuse, nn.Dropout(), (x,), {}).shape == x.shape
    call, dropout = nn.Module.__call__, nn.Dropout().eval()
    assert result_of_module(call, dropout, (x.to_sparse(),), {}).is_sparse


def test_loops_give_results_of_their_shapes_and_run_one_step(monkeypatch):
    x, mask = torch.zeros(2, 7, 3), torch.ones(2, 7, dtype=torch.bool)
    module, calls = recurrent.GRU(3, 4, activation=torch.relu), []
    advance = type(module).advance
    monkeypatch.setattr(
        type(module), "advance", lambda self, *args: calls.append(1) or advance(self, *args)
    )
    for given in ({}, {"mask": mask}, {"sequences": False}):
        wanted = module(x, **given)
        calls.clear()
        found = result_of_module(nn.Module.__call__, module, (x,), given)
        assert len(calls) == 1
        assert (found[0] is None) is (wanted[0] is None)
        pairs = [pair for pair in zip(found[:2], wanted[:2], strict=True) if pair[0] is not None]
        assert all(one.shape == other.shape for one, other in pairs)
        assert [part.shape for part in found[2]] == [part.shape for part in wanted[2]]
