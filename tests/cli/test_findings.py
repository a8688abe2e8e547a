from pathlib import Path

from torchkeras.cli.findings import findings_of, paths_of, read_uses
from torchkeras.cli.sources import Source

THERE = {
    "name": "tf.cast", "is_there": True, "is_known": True, "arguments": ["x", "dtype"],
    "positional": 2, "hint": "", "missing": None,
}  # fmt: skip
MISSING = {**THERE, "is_there": False, "missing": "tf.cast", "hint": "Do without."}


def findings(text, answer):
    source = Source(Path("a.py"), text)
    uses = read_uses(source)
    asked = dict.fromkeys(paths_of(uses), answer)
    return list(findings_of(source, uses, {**asked, "tensorflow": {**THERE, "arguments": None}}))


def test_a_name_and_its_arguments_are_there():
    found = findings("import tensorflow as tf\ntf.cast(1, dtype=2)", THERE)[1]
    assert found.is_supported
    assert found.arguments == ("dtype",)
    assert found.as_dict()["line"] == 2


def test_wrong_arguments_are_placed_one_by_one():
    found = findings("import tensorflow as tf\ntf.cast(1, 2, 3,\n  to=4)", THERE)[1:]
    assert [(str(f.place), f.problem) for f in found] == [
        ("a.py:3:3", "tf.cast has no argument 'to'"),
        ("a.py:2:1", "tf.cast is given 3 positional arguments; it takes 2"),
    ]
    assert found[0].hint == "It takes x, dtype."


def test_a_missing_name_stands_in_the_way_unless_the_file_provides_for_it():
    plain = findings("import tensorflow as tf\ntf.cast", MISSING)[1]
    assert (plain.problem, plain.hint) == ("tf.cast isn't there", "Do without.")
    assert plain.stands_in_the_way
    text = "import tensorflow as tf\ntry:\n  tf.cast\nexcept AttributeError:\n  pass"
    assert not findings(text, MISSING)[1].stands_in_the_way


def test_what_cannot_be_told_is_left_out():
    assert len(findings("import tensorflow as tf\ntf.cast", {**THERE, "is_known": False})) == 1


def test_a_guess_that_is_not_there_is_left_out():
    text = "from os import *\nfrom tensorflow import *\ncast"
    assert [f.name for f in findings(text, MISSING)] == ["tf.cast"]


def test_attributes_that_the_file_assigns_are_its_own():
    text = "import tensorflow as tf\ntf.cast = 1\nprint(tf.cast)"
    assert [f.problem for f in findings(text, MISSING)] == [""]
