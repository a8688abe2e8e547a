"""Archives, folders, shards and files of safetensors as entry points.

The thing is a function that writes one at a path; of safetensors it is the bytes.
"""

from security.entries import (
    at,
    edit,
    eject,
    inspect,
    load_model,
    load_open,
    load_weights,
    migrate,
    report,
    report_with,
    skipping,
    table,
)
from security.large_weights import of_large

import torchkeras as keras


def migrate_by_function(path, work):
    return lambda: keras.saving.migrate(path, work / "new.keras")


table(at("m.keras"), "archive", {
    "load_model .keras": load_model,
    "load_model open file": of_large(load_open),
    "load_weights .keras": of_large(load_weights),
    "KerasFileEditor .keras": edit,
    "report written .keras": report,
    "migrate": migrate_by_function,
    "inspect written .keras": inspect,
    "the command migrate of written .keras": migrate,
    "the command eject of written .keras": eject,
})  # fmt: skip
table(at("m"), "folder", {
    "load_model folder": load_model,
    "load_weights folder": load_weights,
    "report folder": report,
    "inspect written folder": inspect,
})  # fmt: skip
table(at("m.weights.json"), "shards", {"load_weights .weights.json": load_weights})
table(at("m.safetensors"), "safetensors", {
    "load_weights .safetensors": load_weights,
    "load_weights .safetensors with skip_mismatch": skipping,
    "report .safetensors": report_with,
    "inspect .safetensors": inspect,
})  # fmt: skip
