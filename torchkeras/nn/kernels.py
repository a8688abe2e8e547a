"""torch's recurrent kernels as single operations of a compiled graph.

Compilers take torch's kernels apart into the operations of each time step, which makes a graph of
thousands of nodes. Here a kernel and its gradient are one node each; both run as they do outside
of a graph.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

KEYS = torch._C.DispatchKey
BELOW_AUTOGRAD = (KEYS.AutogradFunctionality, KEYS.ADInplaceOrView)
# A graph that is replayed without Python can't keep what a run leaves for its gradient.
TAGS = tuple(tag for name in ("cudagraph_unsafe",) if (tag := getattr(torch.Tag, name, None)))


def run(
    kernel: str,
    x: Tensor,
    state: tuple[Tensor, ...],
    weights: list[Tensor],
    has_bias: bool,
    both: bool,
    batch_first: bool = True,
) -> tuple[Tensor, ...]:
    """Outputs and final states of one of torch's recurrent kernels.

    Args:
        kernel: ``"lstm"``, ``"gru"``, ``"rnn_tanh"`` or ``"rnn_relu"``.
        state: Initial states, each ``(directions, b, units)``.
        weights: Of the inputs and of the state, then both biases if there are any; those of the
            backward direction last.
        both: Whether it runs in both directions.

    Shape:
        x: ``(b, t, features)``, or ``(t, b, features)`` without ``batch_first``.
        outputs: ``(b, t, directions * units)``, or with time first.
    """
    if torch.compiler.is_compiling() and not torch.compiler.is_exporting():
        x = x.transpose(0, 1) if batch_first else x
        wanted = [part.requires_grad for part in (x, *state, *weights)]
        if not torch.is_grad_enabled():
            wanted = [False] * len(wanted)
        y, *final, _ = recurrent(kernel, x, list(state), weights, has_bias, both, wanted)
        return y.transpose(0, 1) if batch_first else y, *final
    training = torch.is_grad_enabled()  # cuDNN keeps what its gradient needs only in training
    function = getattr(torch._VF, kernel)
    first = state if len(state) > 1 else state[0]
    return function(x, first, weights, has_bias, 1, 0.0, training, both, batch_first)


@torch.library.custom_op("torchkeras::recurrent", mutates_args=(), tags=TAGS)
def recurrent(
    kernel: str,
    x: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    has_bias: bool,
    both: bool,
    wanted: list[bool],
) -> list[Tensor]:
    """``run`` with time first, as one operation.

    Args:
        wanted: Of which of ``x``, ``state`` and ``weights`` the gradient may be asked for.

    Returns:
        Outputs, final states and a token, whose storage carries autograd's record of the run.
    """
    if not any(wanted):
        with torch.no_grad():
            found = run(kernel, x, tuple(state), weights, has_bias, both, batch_first=False)
        return [*_apart(found), x.new_zeros(1)]
    first = len(state) + 1
    with _recorded():
        # The compiler may write over its buffers while the record still needs them.
        leaves = [
            _leaf(part, is_wanted)
            for part, is_wanted in zip((x, *state, *weights), wanted, strict=True)
        ]
        given = leaves[0], tuple(leaves[1:first]), leaves[first:]
        found = run(kernel, *given, has_bias, both, batch_first=False)
    token = x.new_zeros(1)
    token.untyped_storage().record = found, [leaf for leaf in leaves if leaf.requires_grad]
    return [*_apart(tuple(part.detach() for part in found)), token]


@recurrent.register_fake
def _(
    kernel: str,
    x: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    has_bias: bool,
    both: bool,
    wanted: list[bool],
) -> list[Tensor]:
    units = weights[1].shape[1] * (2 if both else 1)
    final = [x.new_empty(part.shape) for part in state]
    return [x.new_empty(x.shape[0], x.shape[1], units), *final, x.new_empty(1)]


@torch.library.custom_op("torchkeras::recurrent_gradients", mutates_args=(), tags=TAGS)
def recurrent_gradients(
    found: list[Tensor],
    token: Tensor,
    weights: list[Tensor],
    gradients: list[Tensor | None],
    wanted: list[bool],
) -> list[Tensor]:
    """Gradients of what is ``wanted`` of ``recurrent``, from those of its outputs and states.

    Args:
        found: What it gave, so that it is kept until now.
    """
    outputs, leaves = token.untyped_storage().record
    pairs = [(y, g) for y, g in zip(outputs, gradients, strict=True) if g is not None]
    with _recorded():
        taken = torch.autograd.grad(
            [y for y, _ in pairs], leaves, [g for _, g in pairs], True, allow_unused=True
        )
    return _apart(
        torch.zeros_like(leaf) if gradient is None else gradient
        for leaf, gradient in zip(leaves, taken, strict=True)
    )


@recurrent_gradients.register_fake
def _(
    found: list[Tensor],
    token: Tensor,
    weights: list[Tensor],
    gradients: list[Tensor | None],
    wanted: list[bool],
) -> list[Tensor]:
    y, *final = found
    inputs = y.new_empty(y.shape[0], y.shape[1], weights[0].shape[1])
    parts = zip((inputs, *final, *weights), wanted, strict=True)
    return [y.new_empty(part.shape) for part, is_wanted in parts if is_wanted]


def _keep(ctx: object, inputs: tuple, output: list[Tensor]) -> None:
    _, _, state, weights, _, _, wanted = inputs
    ctx.states, ctx.wanted = len(state), wanted
    ctx.save_for_backward(*output, *weights)


def _differentiate(ctx: object, gradients: list[Tensor | None]) -> tuple:
    end, saved = ctx.states + 1, ctx.saved_tensors
    taken = iter(
        recurrent_gradients(
            list(saved[:end]), saved[end], list(saved[end + 1 :]), list(gradients[:end]),
            ctx.wanted,
        )
    )  # fmt: skip
    found = [next(taken) if is_wanted else None for is_wanted in ctx.wanted]
    return None, found[0], found[1:end], found[end:], None, None, None


recurrent.register_autograd(_differentiate, setup_context=_keep)


@contextmanager
def _recorded() -> Iterator[None]:
    """Let autograd record within an operation, which it sees from outside."""
    excluded = torch._C._dispatch_tls_local_exclude_set()
    for key in BELOW_AUTOGRAD:
        excluded = excluded.remove(key)
    included = torch._C._dispatch_tls_local_include_set()
    with torch._C._ForceDispatchKeyGuard(included, excluded), torch.enable_grad():
        yield


def _leaf(part: Tensor, is_wanted: bool) -> Tensor:
    part = part.detach() if isinstance(part, torch.nn.Parameter) else part.detach().clone()
    return part.contiguous().requires_grad_(is_wanted)


def _apart(tensors: Iterator[Tensor]) -> list[Tensor]:
    """Contiguous tensors, none of which shares memory with another."""
    seen, found = [], []
    for tensor in tensors:
        address = tensor.untyped_storage().data_ptr()
        tensor = tensor.contiguous()
        found.append(tensor.clone() if address and address in seen else tensor)
        seen.append(address)
    return found
