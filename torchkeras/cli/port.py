"""``port``: scripts and notebooks rewritten for torchkeras, as far as that is mechanical."""

import argparse
import difflib
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchkeras.cli.findings import findings_of, read_all, too_deep
from torchkeras.cli.models import tell
from torchkeras.cli.notebooks import Cell, code_parts, read_notebook
from torchkeras.cli.plans import Left, Plan, asked_for, plan_of
from torchkeras.cli.sources import Source, files_under
from torchkeras.cli.support import ask
from torchkeras.cli.uses import Use
from torchkeras.saving.files import replacing, replacing_within

_MARK = "pass  # magic of line "


@dataclass(frozen=True)
class Ported:
    """A source and what becomes of it.

    Args:
        source: The script or notebook.
        texts: The new text, or the new texts of a notebook's cells.
        left: What stays as it is.
    """

    source: Source
    texts: tuple[str, ...]
    left: tuple[Left, ...]

    @property
    def old_texts(self) -> tuple[str, ...]:
        """The texts as they were."""
        cells = self.source.cells
        return tuple("\n".join(c.lines) for c in cells) if cells else (self.source.text,)

    def is_changed(self) -> bool:
        """Whether anything is rewritten."""
        return self.texts != self.old_texts

    def content(self) -> bytes:
        """The new file."""
        file = self.source.file
        if not self.source.cells:
            old = file.read_bytes()
            text = self.texts[0].replace("\n", "\r\n") if b"\r\n" in old else self.texts[0]
            return text.encode(_encoding(old))
        notebook = read_notebook(file)
        for part, text in zip(code_parts(notebook) or (), self.texts, strict=True):
            name = "source" if "source" in part else "input"
            is_list = isinstance(part.get(name), list)
            part[name] = text.splitlines(keepends=True) if is_list else text
        return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()

    def diff(self) -> Iterator[str]:
        """Lines of a unified diff."""
        several = bool(self.source.cells)
        for number, (old, new) in enumerate(zip(self.old_texts, self.texts, strict=True), 1):
            name = f"{self.source.file}{f':cell {number}' if several else ''}"
            lines = difflib.unified_diff(
                old.splitlines(), new.splitlines(), name, f"{name} (ported)", lineterm=""
            )
            yield from lines


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "port",
        help="rewrite tf.keras scripts for torchkeras",
        description="Rewrite imports of tensorflow and keras, and functions that keras.ops or "
        "torch has too, and list what is left to do. Without an option the changes are only "
        "shown. The exit status is 0 if nothing is left, 1 if something is, and 2 for a path that "
        "isn't there or can't be written.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="script, notebook or folder")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--in-place", action="store_true", help="replace the files")
    where.add_argument("--output", metavar="DIR", help="write new files into this folder")
    where.add_argument("--diff", action="store_true", help="show the changes (as without options)")
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Port what the command line names; the exit status."""
    if importlib.util.find_spec("libcst") is None:
        print("port needs libcst: pip install torchkeras-compat[port].", file=sys.stderr)
        return 2
    try:
        files = list(files_under(options.paths))
    except FileNotFoundError as error:
        print(f"port: {error}", file=sys.stderr)
        return 2
    results, errors = port(files)
    try:
        if options.output is not None:
            _write_into(Path(options.output), options.paths, results)
        elif options.in_place:
            for result in results:
                if result.is_changed():
                    _write(result.source.file, result.content())
    except OSError as error:
        tell("port", error, None)
        return 2
    if options.output is None and not options.in_place:
        for result in results:
            for line in result.diff():
                print(line)
    return _report(results, errors)


def port(files: Sequence[Path]) -> tuple[list[Ported], list[str]]:
    """What becomes of scripts and notebooks, and a sentence on each that can't be read."""
    read, errors = read_all(files)
    answers = ask(path for _, uses in read for path in asked_for(uses))
    results = []
    for source, uses in read:
        try:
            results.append(_ported(source, uses, answers))
        except RecursionError:
            errors.append(str(too_deep(source.file)))
    return results, errors


def _ported(source: Source, uses: Sequence[Use], answers: dict[str, dict[str, Any]]) -> Ported:
    rewrite = importlib.import_module("torchkeras.cli.rewriting").rewrite
    plan = plan_of(source, uses, answers)
    firsts = [1]
    for cell in source.cells:
        firsts.append(firsts[-1] + len(cell.lines))
    masked = [_masked(cell) for cell in source.cells] or [source.text]
    texts = rewrite(masked, firsts[: len(masked)], plan)
    if source.cells:
        pairs = zip(source.cells, texts, strict=True)
        texts = [_unmasked(cell, text) for cell, text in pairs]
    left = [*plan.left, *_of_arguments(source, uses, answers, plan)]
    left.sort(key=lambda item: (item.place.cell or 0, item.place.line, item.place.column))
    return Ported(source, tuple(texts), tuple(left))


def _of_arguments(
    source: Source, uses: Sequence[Use], answers: dict[str, dict[str, Any]], plan: Plan
) -> Iterator[Left]:
    """Calls with arguments that torchkeras doesn't take, but for those that stay anyway."""
    told = {(item.place.cell, item.place.line, item.name) for item in plan.left}
    for found in findings_of(source, uses, answers):
        place = found.place
        if found.stands_in_the_way and (place.cell, place.line, found.name) not in told:
            problem = found.problem.replace(found.name, "It", 1)
            yield Left(place, found.name, f"{problem}. {found.hint}")


def _masked(cell: Cell) -> str:
    """The cell as Python, with a mark in the place of each magic."""
    return cell.python(lambda magic: f"{magic.depth}{_MARK}{magic.line}")


def _unmasked(cell: Cell, text: str) -> str:
    for magic in cell.magics:
        text = text.replace(f"{magic.depth}{_MARK}{magic.line}\n", f"{magic.text}\n")
        if text.endswith(f"{_MARK}{magic.line}"):
            text = text.removesuffix(f"{magic.depth}{_MARK}{magic.line}") + magic.text
    return text


def _targets(paths: Sequence[str], results: Sequence[Ported], folder: Path) -> list[Path]:
    """Where results go: files of a folder keep their places in it, others their names."""
    targets = []
    for result in results:
        file = result.source.file
        root = next((Path(p) for p in paths if Path(p).is_dir() and file.is_relative_to(p)), None)
        targets.append(folder / (file.relative_to(root) if root else file.name))
    return targets


def _write_into(folder: Path, paths: Sequence[str], results: Sequence[Ported]) -> None:
    """Write new files into a folder: all of them, or none.

    Raises:
        FileExistsError: one is there already.
        OSError: they can't be written.
    """
    targets = _targets(paths, results, folder)
    for target in targets:
        if target.exists():
            raise FileExistsError(f"{target} exists; give another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing_within(folder) as written:
        for result, target in zip(results, _targets(paths, results, written), strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(result.content())


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or nothing; an old one keeps its mode."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _encoding(data: bytes) -> str:
    """The encoding that a script's first lines name."""
    lines = iter(data.splitlines(keepends=True))
    tokenize = importlib.import_module("tokenize")
    return tokenize.detect_encoding(lambda: next(lines, b""))[0]


def _report(results: Sequence[Ported], errors: Sequence[str]) -> int:
    """Say what is left to do; the exit status."""
    left = [item for result in results for item in result.left]
    for error in errors:
        print(error)
    for item in left:
        print(item)
    changed = sum(result.is_changed() for result in results)
    print(f"{changed} of {len(results)} files rewritten; {len(left)} places left to do.")
    return 1 if left or errors else 0
