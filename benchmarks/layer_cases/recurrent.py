"""Recurrent layers and wrappers over time."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from layer_cases import Case

SEQUENCE = (32, 100, 128)
SERIES = (32, 50, 8)

torch.manual_seed(0)
LENGTHS = torch.randint(30, 101, (32,))
PADDED = torch.arange(100) < LENGTHS.unsqueeze(1)
HOLES = torch.rand(32, 100) > 0.3


def last_of(kind: str, features: int, units: int, **options: Any) -> Callable[..., Any]:
    """torch's own module, whose last output is taken."""

    def plain(layer: Any) -> Callable[[Tensor], Tensor]:
        module = getattr(nn, kind)(features, units, batch_first=True, **options)
        return lambda x: module(x)[0][:, -1]

    return plain


def all_of(kind: str, features: int, units: int, **options: Any) -> Callable[..., Any]:
    """torch's own module, whose outputs at all steps are taken."""

    def plain(layer: Any) -> Callable[[Tensor], Tensor]:
        module = getattr(nn, kind)(features, units, batch_first=True, **options)
        return lambda x: module(x)[0]

    return plain


def last_valid_of(kind: str, features: int, units: int) -> Callable[..., Any]:
    """torch's own module, whose outputs are gathered at the last valid steps."""

    def plain(layer: Any) -> Callable[[Tensor], Tensor]:
        module = getattr(nn, kind)(features, units, batch_first=True)
        places = (LENGTHS - 1).reshape(-1, 1, 1).expand(-1, 1, units)
        return lambda x: module(x)[0].gather(1, places).squeeze(1)

    return plain


def ends_of(kind: str, features: int, units: int) -> Callable[..., Any]:
    """torch's own module in both directions, whose two last outputs are taken."""

    def plain(layer: Any) -> Callable[[Tensor], Tensor]:
        module = getattr(nn, kind)(features, units, batch_first=True, bidirectional=True)

        def run(x: Tensor) -> Tensor:
            y = module(x)[0]
            return torch.cat([y[:, -1, :units], y[:, 0, units:]], -1)

        return run

    return plain


def looped(cell: Callable[[], nn.Module], units: int) -> Callable[..., Any]:
    """A loop over the steps, with one of torch's cells."""

    def plain(layer: Any) -> Callable[[Tensor], Tensor]:
        module = cell()

        def run(x: Tensor) -> Tensor:
            state = x.new_zeros(x.shape[0], units)
            for x_t in x.unbind(1):
                state = module(x_t, state)
            return state

        return run

    return plain


def two_layers(layer: Any) -> Callable[[Tensor], Tensor]:
    module = nn.LSTM(128, 128, num_layers=2, batch_first=True)
    return lambda x: module(x)[0][:, -1]


def affine(layer: Any) -> Callable[[Tensor], Tensor]:
    return nn.Linear(128, 64)


ALL = {"return_sequences": True}
CASES = [
    Case("LSTM", {"units": 128}, SEQUENCE, last_of("LSTM", 128, 128)),
    Case("LSTM", {"units": 128, **ALL}, SEQUENCE, all_of("LSTM", 128, 128), note="all steps"),
    Case(
        "LSTM", {"units": 128}, SEQUENCE, last_valid_of("LSTM", 128, 128),
        note="padded", options=lambda: {"mask": PADDED},
    ),
    Case(
        "LSTM", {"units": 128, **ALL}, SEQUENCE, all_of("LSTM", 128, 128),
        note="all steps, padded; torch without mask", options=lambda: {"mask": PADDED},
    ),
    Case(
        "LSTM", {"units": 128}, SEQUENCE, last_of("LSTM", 128, 128),
        note="any mask; torch without mask", options=lambda: {"mask": HOLES},
    ),
    Case("GRU", {"units": 128}, SEQUENCE, last_of("GRU", 128, 128)),
    Case(
        "GRU", {"units": 128}, SEQUENCE, last_of("GRU", 128, 128),
        note="any mask; torch without mask", options=lambda: {"mask": HOLES},
    ),
    Case("SimpleRNN", {"units": 128}, SEQUENCE, last_of("RNN", 128, 128)),
    Case(
        "SimpleRNN", {"units": 32, "activation": "sigmoid"}, SERIES,
        looped(lambda: SigmoidCell(8, 32), 32), note="sigmoid, step by step",
    ),
    Case("RNN", {"cell": lambda package: [package.layers.LSTMCell(128) for _ in range(2)]},
         SEQUENCE, two_layers, note="two LSTM cells"),
    Case("Bidirectional", {"layer": lambda package: package.layers.GRU(32)}, SERIES,
         ends_of("GRU", 8, 32), note="GRU"),
    Case("Bidirectional", {"layer": lambda package: package.layers.LSTM(64, **ALL)},
         (32, 100, 64), all_of("LSTM", 64, 64, bidirectional=True), note="LSTM, all steps"),
    Case("TimeDistributed", {"layer": lambda package: package.layers.Dense(64)}, SEQUENCE, affine,
         note="Dense"),
]  # fmt: skip


class SigmoidCell(nn.Module):
    """One step of a fully connected network, as one writes it by hand."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.of_input, self.of_state = nn.Linear(features, units), nn.Linear(units, units, False)

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        return torch.sigmoid(self.of_input(x) + self.of_state(state))
