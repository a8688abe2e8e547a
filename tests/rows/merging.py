"""Rows and argument changes of layers that merge inputs."""

from row import Row

TABLE = [
    Row("Add", {}, [(2, 3, 4), (2, 3, 1), (2, 4)]),
    Row("Subtract", {}, [(2, 4), (2, 4)]),
    Row("Multiply", {}, [(2, 4), (2, 4), (2, 1)]),
    Row("Average", {}, [(2, 4), (2, 4), (2, 4)]),
    Row("Maximum", {}, [(2, 4), (2, 4)]),
    Row("Minimum", {}, [(2, 4), (2, 4)]),
    Row("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4)]),
    Row("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3, 4), (2, 4, 5)]),
    Row("Dot", {"axes": 1}, [(2, 4), (2, 4)]),
]

ARGUMENTS = []

WITHOUT = {}
