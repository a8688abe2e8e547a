"""What is given in the place of results that stand-in tensors can't have, or only slowly."""

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

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
