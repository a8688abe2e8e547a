"""Recurrent kernels as single nodes of a compiled graph."""

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend, EagerAndRecordGraphs

from torchkeras.nn import kernels, recurrent

KINDS = [recurrent.SimpleRNN, recurrent.LSTM, recurrent.GRU]
X = torch.randn(4, 7, 5, generator=torch.Generator().manual_seed(0))
MASK = torch.arange(7) < torch.tensor([[7], [3], [5], [0]])


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def modules(kind):
    torch.manual_seed(1)
    return torch.nn.ModuleList([kind(5, 3), kind(5, 3)])


def one_way(pair, x, mask):
    outputs, last, final = pair[0]((x * 2).sin(), None, mask)
    return outputs.relu().sum() + last.sin().sum() + sum((part**2).sum() for part in final)


def both_ways(pair, x, mask):
    outputs, last, final = recurrent.run_both(*pair, (x * 2).sin(), None, mask)
    return outputs.relu().sum() + last.sin().sum() + sum((part**2).sum() for part in final)


def values(function, pair, x, mask):
    """The value and its gradients."""
    x = x.clone().requires_grad_()
    value = function(pair, x, mask)
    used = pair if function.__name__ == "both_ways" else pair[0]
    return [value, *torch.autograd.grad(value, [x, *used.parameters()])]


def compare(backend, kind, function, mask, **options):
    pair = modules(kind)
    compiled = torch.compile(function, backend=backend, fullgraph=True, **options)
    compiled.__name__ = function.__name__
    for x, m in ((X, mask), (X[:3], None if mask is None else mask[:3])):
        found, true = values(compiled, pair, x, m), values(function, pair, x, m)
        torch.testing.assert_close(found, true, rtol=1e-5, atol=1e-5)
        with torch.no_grad():
            torch.testing.assert_close(compiled(pair, x, m), function(pair, x, m))


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("function", [one_way, both_ways])
@pytest.mark.parametrize("kind", KINDS)
def test_compiled_kernels_give_the_same_values_and_gradients(kind, function, mask):
    if mask is not None and function is both_ways and kind is recurrent.SimpleRNN:
        pytest.skip("a SimpleRNN takes masks in one direction at a time")
    compare("aot_eager", kind, function, mask)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method`:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_code_generator_leaves_what_gradients_need(kind):
    compare("inductor", kind, one_way, None)


def test_the_graph_does_not_grow_with_the_steps():
    sizes = []
    for steps in (3, 30):
        recorder = EagerAndRecordGraphs()
        torch.compiler.reset()
        pair = modules(recurrent.LSTM)
        torch.compile(one_way, backend=recorder, fullgraph=True)(
            pair, X[:, :1].repeat(1, steps, 1), None
        )
        (graph,) = recorder.graphs
        sizes.append(len(graph.graph.nodes))
    assert sizes[0] == sizes[1] < 60


def test_another_length_of_the_batch_is_compiled_once():
    counter = CompileCounterWithBackend("aot_eager")
    pair = modules(recurrent.GRU)
    compiled = torch.compile(one_way, backend=counter, fullgraph=True)
    for size in (4, 3, 2, 4):
        compiled(pair, X[:size], None)
    assert counter.frame_count == 2


def test_half_precision_keeps_its_type():
    pair = modules(recurrent.LSTM)
    compiled = torch.compile(lambda x: pair[0](x)[0], backend="aot_eager", fullgraph=True)
    y = compiled(X.bfloat16())
    assert y.dtype is torch.bfloat16
    y.sum().backward()
    assert pair[0].weight_ih.grad.dtype is torch.float32


@pytest.mark.parametrize("wanted", [True, False])
def test_the_operation_is_what_its_declaration_says(wanted):
    module = modules(recurrent.LSTM)[0]
    weights = [part.detach().requires_grad_(wanted) for part in module._weights(X)]
    state = [torch.zeros(1, 4, 3), torch.zeros(1, 4, 3)]
    x = X.transpose(0, 1).contiguous()
    flags = [part.requires_grad for part in (x, *state, *weights)]
    torch.library.opcheck(
        kernels.recurrent,
        ("lstm", x, state, weights, True, False, flags),
        test_utils=("test_schema", "test_faketensor", "test_aot_dispatch_dynamic"),
    )


def test_exported_programs_hold_torchs_own_kernel():
    class Last(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = recurrent.LSTM(5, 3)

        def forward(self, x):
            return self.inner(x)[1]

    module = Last()
    sizes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(module, (X,), dynamic_shapes=sizes)
    assert "torchkeras" not in str(program.graph)
    torch.testing.assert_close(program.module()(X[:2]), module(X[:2]))
