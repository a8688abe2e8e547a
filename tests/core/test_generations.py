"""Configurations of other releases are understood."""

import warnings
from typing import Any, TypedDict

import pytest
from typing_extensions import Unpack

from torchkeras.core import generations
from torchkeras.core.configurable import Configurable


class Options(TypedDict, total=False):
    name: str


class Layer(Configurable):
    def __init__(self, *, activity: Any = None, **options: Any) -> None:
        self.options = options


class LeakyReLU(Layer):
    def __init__(self, negative_slope: float = 0.3, **options: Unpack[Options]) -> None:
        super().__init__(**options)


def test_older_names_of_arguments_become_ours():
    assert generations.modernize(LeakyReLU, {"alpha": 0.1}) == {"negative_slope": 0.1}


def test_arguments_of_all_classes_above_are_accepted():
    config = {"negative_slope": 0.1, "name": "a", "activity": "l2"}
    assert generations.constructor_arguments(LeakyReLU) == set(config)
    assert generations.modernize(LeakyReLU, config) == config


def test_unknown_arguments_at_their_defaults_are_dropped_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config = {"future": None, "other": False, "quantization_config": {"a": 1}, "more": {}}
        assert generations.modernize(LeakyReLU, config) == {}


def test_unknown_arguments_that_mean_something_are_named():
    with pytest.warns(UserWarning, match=r"LeakyReLU.*'use_gate': True"):
        assert generations.modernize(LeakyReLU, {"use_gate": True}) == {}


def test_class_that_reads_its_own_configuration_gets_all_of_it():
    class Reader(LeakyReLU):
        @classmethod
        def from_config(cls, config):
            return cls()

    assert generations.modernize(Reader, {"anything": 1}) == {"anything": 1}


def test_arguments_that_no_class_used_are_dropped_in_silence():
    class SeparableConv(Layer):
        def __init__(self, filters: int, **options: Unpack[Options]) -> None:
            super().__init__(**options)

    config = {"filters": 3, "groups": 1, "kernel_initializer": {"class_name": "Zeros"}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert generations.modernize(SeparableConv, config) == {"filters": 3}
