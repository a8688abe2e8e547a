"""Runs of an optimizer beside real Keras's."""

import keras
import numpy as np
import pytest
import torch

import torchkeras

SHAPES = {"dense_kernel": (4, 3), "bias": (3,), "scale": ()}


@pytest.fixture
def gradients():
    """20 steps of gradients by name of the variable, of sizes from 0.01 to 10."""
    generator = np.random.default_rng(3)
    return [
        {
            name: (generator.normal(size=shape) * 10.0 ** generator.uniform(-2, 1)).astype(
                "float32"
            )
            for name, shape in SHAPES.items()
        }
        for _ in range(20)
    ]


@pytest.fixture
def trajectory(gradients):
    """A function: values after each step of all variables, joined, as one array per step."""

    def run(optimizer, package, dtype="float32", by_step=False):
        generator = np.random.default_rng(5)
        variables = [
            package.Variable(generator.normal(size=shape), dtype=dtype, name=name)
            for name, shape in SHAPES.items()
        ]
        optimizer.build(variables)
        path = []
        for step in gradients:
            values = [torch.tensor(step[name]).to(getattr(torch, dtype)) for name in SHAPES]
            if by_step:
                for variable, value in zip(variables, values, strict=True):
                    variable.parameter.grad = value
                optimizer.step()
            else:
                optimizer.apply(values, variables)
            path.append(np.concatenate([np.ravel(read(v)) for v in variables]))
        return np.stack(path)

    return run


@pytest.fixture
def distance(trajectory):
    """A function: how far 20 steps lead away from real Keras's, relative to the weights.

    Args:
        name: Class of the optimizer.
        schedule: Name and arguments of a schedule, in place of a rate.
        options: Arguments of the optimizer.
    """

    def measure(name, schedule=None, **options):
        def make(package):
            rate = {}
            if schedule is not None:
                kind, *arguments = schedule
                rate["learning_rate"] = getattr(package.optimizers.schedules, kind)(*arguments)
            return getattr(package.optimizers, name)(**rate, **options)

        expected = trajectory(make(keras), keras)
        paths = [trajectory(make(torchkeras), torchkeras, by_step=way) for way in (False, True)]
        return max(float((abs(p - expected) / (1.0 + abs(expected))).max()) for p in paths)

    return measure


@pytest.fixture
def weights():
    """A function: variables of these values, and their gradients' parameters."""

    def make(*values):
        return [
            torchkeras.Variable(value, dtype="float32", name=f"w{i}")
            for i, value in enumerate(values)
        ]

    return make


def read(variable):
    """Values of a variable of either package."""
    value = variable.value if not hasattr(variable, "tensor") else variable.tensor
    return value.detach().float().numpy()
