"""Every source file has its test file, and the papers keep their size."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"

# Source folders, and where in tests/ their mirror stands.
MIRRORS = {"torchkeras": "", "compat": "compat"}
# Files that hold names only, or are tested through the one beside them.
WITHOUT_TEST = {"torchkeras/core/typing.py", "torchkeras/__main__.py"}


def source_files() -> list[tuple[str, str]]:
    """``(source, test)`` pairs, both relative to the root."""
    pairs = []
    for folder, mirror in MIRRORS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT / folder)
            if path.name == "__init__.py":
                continue
            test = Path("tests", mirror, *relative.parts[:-1], f"test_{relative.name}")
            pairs.append((path.relative_to(ROOT).as_posix(), test.as_posix()))
    return pairs


@pytest.mark.parametrize("source, test", source_files())
def test_each_source_file_has_a_test_file(source, test):
    if source in WITHOUT_TEST:
        pytest.skip("holds no behaviour of its own")
    assert (ROOT / test).is_file(), f"{source} is without {test}"


def test_no_test_folder_is_a_package():
    assert not list(TESTS.rglob("__init__.py"))


def test_the_readme_stays_under_150_lines():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def test_no_source_file_outgrows_a_sitting():
    long = {
        path.relative_to(ROOT).as_posix(): count
        for folder in MIRRORS
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py"  # a table of contents is as long as what it lists
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert not long, f"split these: {long}"
