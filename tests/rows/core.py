"""Rows and argument changes of dense layers, embeddings and what passes through."""

from row import Row

TABLE = [
    Row("Dense", {"units": 3, "activation": "relu"}, compiles=True),
    Row("Dense", {"units": 3, "use_bias": False}, (5, 4)),
    Row("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "...b,bcd->...cd", "output_shape": (3, 2), "bias_axes": "cd"}),
    Row("EinsumDense", {"equation": "abc,bcd->ad", "output_shape": 3, "activation": "tanh"}),
    Row("EinsumDense", {"equation": "abc,cd->adb", "output_shape": (3, None), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"}),
    Row("Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": True}, (2, 5), integers=9),
    Row("Masking", {"mask_value": 0.5}),
    Row("Identity", {}),
]

ARGUMENTS = []

WITHOUT = {}
