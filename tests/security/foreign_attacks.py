"""Files of other kinds, given where a model or weights belong: they are refused, never opened.

An attack of kind ``"foreign"`` gives a suffix and the bytes; one of kind ``"text"`` a name or text
that something is called, and whatever shows or writes it must take it for text.
"""

import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
from security.attacks import attack
from security.config_attacks import Reducer, bytecode, layer, pickled
from security.sandbox import MODULE


def foreign(name, *suffixes):
    """Enter an attack for each suffix: the function gives the bytes."""

    def enter(function):
        for suffix in suffixes:
            attack(f"{name} called x{suffix}", "foreign")(
                lambda place, suffix=suffix: (suffix, function(place))
            )
        return function

    return enter


def packed(**members):
    """A zip archive of these."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


@foreign(
    "CVE-2025-49655 a pickle",
    ".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".ckpt", ".keras", ".h5", ".hdf5",
    ".weights.h5", ".safetensors", ".weights.json", "",
)  # fmt: skip
def by_pickle(place):
    return pickled(place)


@foreign("CVE-2024-3660 a pickle of the first protocol", ".pkl", ".keras", "")
def by_old_pickle(place):
    return pickle.dumps(Reducer(f"echo ran > {place.target}"), protocol=0)


# An archive of torch: what torch.load would unpickle, without weights_only or past it.
@foreign(
    "CVE-2025-32434 an archive of torch with a pickle",
    ".pt", ".pth", ".pt2", ".ckpt", ".keras", ".safetensors", ".zip", "",
)  # fmt: skip
def torch_archive(place):
    return packed(x__data__pkl=pickled(place), **{"x/data.pkl": pickled(place), "x/version": "3\n"})


@foreign("CVE-2026-24747 an archive of torch with a pickle that spoils memory", ".pt", ".keras")
def torch_memory(place):
    opcodes = b"\x80\x02]q\x00(K\x01K\x02e(K\x01K\x02uK\x00." + b"\x8a\xff" + bytes(255)
    return packed(**{"archive/data.pkl": opcodes, "archive/version": "3\n", "archive/data/0": ""})


@foreign("CVE-2025-32434 an archive of torch.export with code", ".pt2", ".keras")
def exported(place):
    model = {"graph_module": {"graph": {"nodes": [{"target": f"{MODULE}.payload"}]}}}
    return packed(**{
        "archive_format": "pt2", "models/model.json": json.dumps(model),
        "data/weights/model.pt": pickled(place), "extra/x": pickled(place),
        "data/aotinductor/model/x.so": b"\x7fELF" + bytes(60), "archive_version": "0",
    })  # fmt: skip


@foreign("CVE-2025-32434 TorchScript with code", ".pt", ".ts", ".keras")
def torch_script(place):
    code = f"import {MODULE}\ndef forward(self, x):\n  return {MODULE}.payload(x)\n"
    return packed(**{
        "x/code/__torch__.py": code, "x/constants.pkl": pickled(place), "x/data.pkl": pickled(place)
    })  # fmt: skip


@foreign("CVE-2021-37678 YAML", ".yaml", ".yml", ".json", ".keras", "")
def yaml(place):
    return f"!!python/object/apply:os.system ['echo ran > {place.target}']\n".encode()


@foreign("CVE-2021-37678 YAML of a model", ".yaml", ".keras")
def yaml_model(place):
    return (
        b"class_name: Sequential\nconfig:\n- class_name: Lambda\n  config:\n    function: "
        b"!!python/object/new:exec [import " + MODULE.encode() + b"]\n"
    )


@foreign("CVE-2024-3660 JSON with bytecode", ".json", ".keras", ".weights.json")
def json_model(place):
    code, _ = bytecode(place)
    inner = {"class_name": "__lambda__", "config": {"code": code}}
    return json.dumps(layer("Lambda", function=inner)).encode()


@foreign("keras#23252 an array of objects", ".npy", ".keras", ".h5")
def array(place):
    file = io.BytesIO()
    np.save(file, np.array([Reducer(f"echo ran > {place.target}")], dtype=object))
    return file.getvalue()


@foreign("keras#23252 arrays of objects", ".npz", ".keras", ".weights.npz")
def arrays(place):
    file = io.BytesIO()
    np.savez(file, x=np.array([Reducer(f"echo ran > {place.target}")], dtype=object))
    return file.getvalue()


@foreign("CVE-2024-55459 a tar that leads elsewhere", ".tar", ".tar.gz", ".keras")
def tar(place):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo("../../outside/written.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"ran"))
    return file.getvalue()


@foreign("a script", ".py", ".sh", ".keras", ".ipynb", "")
def script(place):
    return f"#!/bin/sh\nimport {MODULE}\n".encode()


@foreign("a program with data elsewhere", ".onnx", ".pb", ".tflite", ".mlmodel", ".gguf", ".keras")
def program(place):
    return b"\x08\x07\x12\x0eexternal_data: " + str(place.secret).encode() + bytes(64)


@foreign("a page", ".html", ".keras", ".h5")
def page(place):
    return b"<!doctype html><script>x</script>" * 20


# --- Names

# What a text may become part of if only its letters are left, so that it may not be MODULE.
BAIT = "antigravity"
_TEXTS = {
    "leads upwards": "../../../outside/written",
    "is absolute": "/tmp/torchkeras-hostile-text",
    "leads upwards with backslashes": "..\\..\\written",
    "is two lines": f"a\nimport {BAIT}\nb",
    "ends a docstring": f'a"""\nimport {BAIT}\nb = """',
    "ends a docstring of apostrophes": f"a'''\nimport {BAIT}\nb = '''",
    "ends a text": f'a", __import__("{BAIT}"), "',
    "ends a text of apostrophes": f"a', __import__('{BAIT}'), '",
    "ends a text by a backslash": "a\\",
    "ends a call": f"a)\nimport {BAIT}\n(",
    "is a format": f"{{__import__('{BAIT}')}} {{0.__class__}} %s %(x)s ${{x}} {{{{}}}}",
    "is obeyed by a terminal": "a\x1b[2J\x1b]0;owned\x07\x9b1m\r\u202eb",
    "is markup": "<svg onload=alert(1)><script>alert(1)<img src=x onerror=alert(1)>",
    "ends markup": "</svg><script>alert(1)</script>",
    "ends a box of Graphviz": 'a"]; b [image="secret.txt" shapefile="secret.txt"]; c ["',
    "ends a box of Graphviz in HTML": 'a<b>b</td></tr></table>>]; b [label=<<img src="x">>]; c [',
    "is a text of Graphviz": '"a" image="secret.txt" b="c"',
    "is a box of Graphviz": '<<img src="secret.txt">>',
    "is an image in a box": 'a<img src="secret.txt">&lt;&#0;&',
    "is a record of Graphviz": "a|<b>{c}|\\N\\G",
    "is a message of protobuf": 'a"\n}\nembeddings {\n  metadata_path: "secret.txt"\n',
    "is a formula of a table": '=cmd|" /C calc"!A0,\n1',
    "is a comment": f"a # type: ignore\r\nimport {BAIT}\x0cimport {BAIT}\x1eb",
    "is a line of Unicode": f"a\u2028import {BAIT}\u2029\x85import {BAIT}",
    "is a word of Python": "class",
    "is a method of modules": "forward",
    "is dunder": "__class__",
    "is self": "self",
    "is a builtin": "print",
    "is torch": "torch",
    "is in other letters": "\uff46\uff4f\uff52\uff57\uff41\uff52\uff44",
    "is half of a pair": "a\udc80",
    "has a null byte": "a\0b",
    "is spaces": "   ",
    "is very long": "x" * 5000,
}
for _told, _text in _TEXTS.items():
    attack(f"CVE-2026-12479 a text that {_told}", "text", ("*",))(lambda place, text=_text: text)
