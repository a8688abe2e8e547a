"""Scripts and notebooks that ``check`` and ``port`` read: they never run, whatever they say.

Each attack gives a function that writes files into a folder.
"""

import json
import os

from security.attacks import attacks_of, spoiled
from security.sandbox import MODULE

sources = attacks_of("source", ("*",))(spoiled)


_SCRIPTS = {
    "runs code when it is imported": f"import {MODULE}\nimport tensorflow as tf\ntf.add(1, 2)\n",
    "runs code in decorators and defaults": (
        f"import tensorflow as tf\n@__import__('{MODULE}').payload\n"
        f"def f(x=__import__('{MODULE}')): tf.nothing(x)\n"
    ),
    "runs code in types": f"import tensorflow as tf\nx: __import__('{MODULE}') = tf.zeros(1)\n",
    "runs code in f-strings": (
        f"import tensorflow as tf\ntf.print(f'{{__import__(\"{MODULE}\")}}')\n"
    ),
    "has deep parentheses": "import tensorflow\nx = " + "(" * 50_000 + ")" * 50_000,
    "has deep lists": "import tensorflow\nx = " + "[" * 90 + "]" * 90,
    "has many minuses": "import tensorflow\nx = " + "-" * 100_000 + "1",
    "has a long chain of attributes": "import tensorflow as tf\nx = tf" + ".a" * 20_000,
    "has a long chain of calls": "import tensorflow as tf\nx = tf" + ".a()" * 20_000,
    "has a chain of attributes": "import tensorflow as tf\nx = tf" + ".a" * 900,
    "has a long sum": "import tensorflow as tf\nx = tf.a" + "+tf.a" * 20_000,
    "has deep blocks": "import tensorflow as tf\n"
    + "".join(f"{' ' * depth}if tf.a:\n" for depth in range(95))
    + " " * 95
    + "pass\n",
    "has deep lambdas": "import tensorflow as tf\nx = " + "lambda: " * 5000 + "tf.a",
    "has an endless else": "import tensorflow as tf\nif tf.a: pass\n" + "elif tf.b: pass\n" * 3000,
    "is one long line": "import tensorflow as tf; " + "tf.a; " * 800,
    "has a null byte": "import tensorflow as tf\0\ntf.a\n",
    "names a coding that runs code": f"# coding: {MODULE}\nimport tensorflow\n",
    "names a coding that isn't one": "# coding: ../../x\nimport tensorflow\n",
    "is compressed by its coding": "# coding: zlib\nimport tensorflow\n",
    "is in base 64 by its coding": "# coding: base64\nimport tensorflow\n",
    "has names that lead elsewhere": (
        f"import tensorflow as tf, keras.{MODULE}, tensorflow.{MODULE}.x\n"
        f"from keras import {MODULE}\ntf.{MODULE}.payload()\nfrom tensorflow.. import x\n"
    ),
    "has names that a terminal obeys": "import tensorflow as tf\ntf.a('\x1b]0;x\x07', \x9b=1)\n",
    "has texts that a terminal obeys": (
        "import tensorflow as tf\ntf.add('\x1b[2J', nothing='\x1b')\n"
    ),
    "has numbers without end": "import tensorflow as tf\ntf.add(" + "9" * 100_000 + ")\n",
    "is empty": "",
    "is not text": "\udcff\udcfe\x80",
}  # fmt: skip
for _told, _text in _SCRIPTS.items():

    @sources(f"a script that {_told}")
    def script(folder, place, text=_text):
        (folder / "script.py").write_bytes(text.encode("utf-8", "surrogateescape"))

    if not _told.startswith(("names", "is ")):

        @sources(f"a notebook whose cell {_told}")
        def cell(folder, place, text=_text):
            cells = [{"cell_type": "code", "source": text.splitlines(keepends=True)}]
            (folder / "n.ipynb").write_text(json.dumps({"cells": cells}))


_NOTEBOOKS = {
    "is nested without end": '{"cells": ' + "[" * 100_000,
    "is nested": '{"cells": ' + "[" * 5000 + "]" * 5000 + "}",
    "is a list": "[]",
    "has cells that are numbers": '{"cells": [1, 2, null]}',
    "has sources that are numbers": '{"cells": [{"cell_type": "code", "source": 3}]}',
    "has lines that are lists": '{"cells": [{"cell_type": "code", "source": [["a"], 1]}]}',
    "has sheets that are numbers": '{"worksheets": [1]}',
    "has sheets of numbers": '{"worksheets": [{"cells": 3}]}',
    "has a number without end": '{"cells": [], "n": ' + "9" * 100_000 + "}",
    "is empty": "",
}
for _told, _text in _NOTEBOOKS.items():

    @sources(f"a notebook that {_told}")
    def notebook(folder, place, text=_text):
        (folder / "n.ipynb").write_text(text)


@sources("a notebook whose magics run commands")
def magics(folder, place):
    text = f"!echo ran > {place.target}\n%run -i x.py\nimport tensorflow as tf\ntf.a\n"
    cells = [
        {"cell_type": "code", "source": text},
        {"cell_type": "code", "source": f"%%bash\necho ran > {place.target}\n"},
        {"cell_type": "code", "source": "%load_ext " + MODULE},
    ]
    (folder / "n.ipynb").write_text(json.dumps({"cells": cells}))


@sources("a folder of scripts with a pipe")
def pipe(folder, place):
    os.mkfifo(folder / "script.py")
    os.mkfifo(folder / "n.ipynb")


@sources("a folder of scripts with links that lead in a circle")
def circle(folder, place):
    (folder / "script.py").symlink_to("script.py")
    (folder / "again").symlink_to(folder)


@sources("a script whose name leads elsewhere")
def named(folder, place):
    (folder / "..\\..\\x.py").write_text("import tensorflow as tf\ntf.zeros(1)\n")
    (folder / "a\nb\x1b[2J.py").write_text("import tensorflow as tf\ntf.nothing(1)\n")


@sources("scripts beside modules that bear the names of others")
def shadows(folder, place):
    for name in ("libcst", "torch", "tensorflow", "keras", "ast", "sitecustomize", "IPython"):
        (folder / f"{name}.py").write_text(f"import {MODULE}\n")
    (folder / "script.py").write_text("import tensorflow as tf\ntf.zeros(1)\n")
