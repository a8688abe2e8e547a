"""``check``: which names of TensorFlow and Keras scripts use, and whether they are supported."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torchkeras.cli.findings import Finding, findings_of, paths_of, read_all
from torchkeras.cli.sources import files_under
from torchkeras.cli.support import ask
from torchkeras.cli.tables import show_table


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "check",
        help="say which tf and keras names scripts use, and whether they are supported",
        description="Read scripts and notebooks, without running them, and say which names and "
        "arguments of tensorflow and keras they use and whether torchkeras has them. The exit "
        "status is 0 if it has all of them, 1 if not, and 2 for a path that isn't there.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="script, notebook or folder")
    parser.add_argument("--json", action="store_true", help="print the whole result as JSON")
    parser.add_argument(
        "--all", action="store_true", help="list every place, not only where something is missing"
    )
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Check what the command line names; the exit status."""
    try:
        files = list(files_under(options.paths))
    except FileNotFoundError as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    findings, errors = check(files)
    if options.json:
        print(json.dumps(as_dict(files, findings, errors), indent=2))
    else:
        show(files, findings, errors, everywhere=options.all)
    return 1 if errors or any(f.stands_in_the_way for f in findings) else 0


def check(files: Sequence[Path]) -> tuple[list[Finding], list[str]]:
    """What scripts and notebooks use, and a sentence on each file that can't be read."""
    read, errors = read_all(files)
    answers = ask(path for _, uses in read for path in paths_of(uses))
    return [f for source, uses in read for f in findings_of(source, uses, answers)], errors


def as_dict(
    files: Sequence[Path], findings: Sequence[Finding], errors: Sequence[str]
) -> dict[str, Any]:
    """The whole result, for JSON."""
    return {
        "files": [str(file) for file in files],
        "errors": list(errors),
        "uses": [finding.as_dict() for finding in findings],
        "summary": {
            "names": len({f.name for f in findings}),
            "uses": len(findings),
            "unsupported": sum(not f.is_supported for f in findings),
            "in_the_way": sum(f.stands_in_the_way for f in findings),
            "errors": len(errors),
        },
    }


def show(
    files: Sequence[Path], findings: Sequence[Finding], errors: Sequence[str], everywhere: bool
) -> None:
    """Print problems by place, then a table of all names, then a sentence."""
    for error in errors:
        print(error)
    for finding in findings:
        if finding.problem:
            note = " (the file provides for it)" if finding.is_guarded else ""
            print(f"{finding.place}: {finding.problem}{note}. {finding.hint}".rstrip())
        elif everywhere:
            given = f" ({', '.join(finding.arguments)})" if finding.arguments else ""
            print(f"{finding.place}: {finding.name}{given}")
    if findings:
        print()
        show_table(("name", "uses", "arguments", "supported"), _rows(findings))
    print(_conclusion(files, findings, errors))


def _rows(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    by_name: dict[str, list[Finding]] = {}
    for finding in findings:
        by_name.setdefault(finding.name, []).append(finding)
    rows = []
    for name, uses in sorted(by_name.items(), key=lambda item: (-len(item[1]), item[0])):
        arguments = sorted({argument for use in uses for argument in use.arguments})
        supported = "yes" if all(use.is_supported for use in uses) else "no"
        if supported == "no" and any(use.is_supported for use in uses):
            supported = "in part"
        rows.append((name, str(len(uses)), ", ".join(arguments), supported))
    return rows


def _conclusion(files: Sequence[Path], findings: Sequence[Finding], errors: Sequence[str]) -> str:
    names = len({f.name for f in findings})
    text = f"{_count(len(files), 'file')}, {_count(names, 'name')}, {_count(len(findings), 'use')}"
    wrong = [f for f in findings if f.stands_in_the_way]
    if not wrong and not errors:
        return f"{text}: all supported."
    by_name = _count(len({f.name for f in wrong}), "name")
    missing = f"{_count(len(wrong), 'use')} not supported ({by_name})"
    unread = f"; {_count(len(errors), 'file')} can't be read" if errors else ""
    return f"{text}: {missing}{unread}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
