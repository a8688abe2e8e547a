"""Mutated files for every reader: each is read, or refused by an error that is documented.

    python tests/security/fuzz_readers.py [--runs 10000] [--reader archive] [--plain]

Each reader is run in a process of its own. Under atheris (the extra ``fuzz``) inputs are chosen by
what they reach; with ``--plain`` by chance. A finding is an error that isn't documented, an
allocation past MEMORY, CPU_SECONDS without an end, or a crash; its input is kept.
"""

import argparse
import hashlib
import importlib.util
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).resolve().parents[1])]

from security.mutations import mutated

MEMORY = 384 * 2**20  # bytes that reading may take beyond what the process had
# HDF5 makes room for up to 4 GB that it never touches, where a header says so.
ADDRESSES = MEMORY + 2**32
CPU_SECONDS = 30.0
LONGEST = 2**17  # bytes of an input
_COMPAT = Path(__file__).resolve().parents[2] / "compat"
_INSTRUMENTED = ("torchkeras.saving", "torchkeras.core", "torchkeras.datasets", "tensorflow")


def by_chance(target, name: str, runs: int, seed: int, watch=None) -> list[str]:
    """What was wrong with mutations of honest files, each kind once.

    Args:
        target: A ``Target``.
        name: The reader.
        runs: How many mutations.
        seed: What they are drawn from.
        watch: A ``Watch``; None sets no limits.
    """
    chance = random.Random(f"{name} {seed}")
    found = Findings(target.folder / "findings" / name)
    for number in range(runs):
        content = mutated(chance.choice(target.seeds[name]), chance)
        if watch is not None:
            watch(number, content)
        wrong = target.run(name, content)
        found.add(wrong if watch is None else watch.taken(wrong), content)
    return found.told


class Findings:
    """Kinds of findings, the first input of each in a file.

    Args:
        folder: Where the files are put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self._kinds: set[str] = set()

    def add(self, wrong: str | None, content: bytes) -> None:
        """Note what was wrong with ``content``, if anything was."""
        if wrong is None:
            return
        places = re.findall(r'File "[^"]*", line \d+', wrong)
        kind = " ".join([*places[-2:], wrong.strip().rpartition("\n")[2].partition(":")[0]])
        if kind in self._kinds:
            return
        self._kinds.add(kind)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / hashlib.sha256(content).hexdigest()[:16]
        path.write_bytes(content)
        self.told.append(f"{path}\n{wrong}")
        print(f"FINDING {path}\n{wrong}", file=sys.stderr, flush=True)


class Watch:
    """Limits of memory and CPU time for each input, which is kept while it is read.

    Args:
        folder: Where the input is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "current"
        self.most = 2**62
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # it ends the process, in a library too

    def __call__(self, number: int, content: bytes) -> None:
        self.path.write_bytes(content)
        if number % 500 == 0:
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + ADDRESSES, resource.RLIM_INFINITY))
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        if number == 1:  # what the first one took, any may
            self.most = _most_memory() + MEMORY

    def taken(self, wrong: str | None) -> str | None:
        """``wrong``, or that too much memory was taken."""
        if wrong is None and _most_memory() > self.most:
            wrong = f"took {(_most_memory() - self.most + MEMORY) >> 20} MB"
            self.most = _most_memory() + MEMORY
        return wrong


def _most_memory() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def by_coverage(target, name: str, runs: int, seed: int, corpus: Path) -> None:
    """Run inputs that atheris chooses; the process ends with it."""
    import atheris

    watch, found = Watch(target.folder), Findings(target.folder / "findings" / name)
    count = 0

    def once(content: bytes) -> None:
        nonlocal count
        watch(count, content)
        count += 1
        found.add(watch.taken(target.run(name, content)), content)

    def change(content: bytes, longest: int, number: int) -> bytes:
        chance = random.Random(number)
        seeds = target.seeds[name]
        is_fresh = not content or chance.random() < 0.05
        return mutated(chance.choice(seeds) if is_fresh else content, chance)[:longest]

    corpus.mkdir(parents=True, exist_ok=True)
    for content in target.seeds[name]:
        (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    options = [f"-runs={runs}", f"-seed={seed or 1}", f"-max_len={LONGEST}", "-len_control=0"]
    options += ["-rss_limit_mb=0", "-timeout=100000", "-detect_leaks=0", "-reload=0"]
    options += [f"-artifact_prefix={target.folder}/", "-print_final_stats=0", "-verbosity=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once, custom_mutator=change)
    atheris.Fuzz()


def run_here(options: argparse.Namespace) -> int:
    """Run one reader in this process."""
    folder, name = Path(options.folder), options.reader[0]
    if not options.plain:
        import atheris

        with atheris.instrument_imports(include=list(_INSTRUMENTED)):
            _import_for(name)
    _import_for(name)
    from security.fuzz_targets import Target

    target = Target(folder, [name], options.more)
    if not options.plain:
        corpus = (options.corpus or folder / "corpus") / name
        by_coverage(target, name, options.runs, options.seed, corpus)
    start = time.process_time()
    found = by_chance(target, name, options.runs, options.seed, Watch(folder))
    seconds = time.process_time() - start
    print(f"#{options.runs} DONE in {seconds:.0f} s of CPU time", file=sys.stderr)
    return 1 if found else 0


def _import_for(name: str) -> None:
    import torchkeras.datasets  # noqa: F401

    if name in ("records", "lines", "restoring"):
        if str(_COMPAT) not in sys.path:
            sys.path.insert(0, str(_COMPAT))
        import tensorflow  # noqa: F401


def run_apart(name: str, options: argparse.Namespace, keep: Path) -> tuple[int, list[str]]:
    """Run one reader in a process of its own: how many executions, and the findings."""
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        command = [sys.executable, __file__, "--folder", folder, "--reader", name]
        command += ["--runs", str(options.runs), "--seed", str(options.seed)]
        command += ["--plain"] * options.plain
        command += [f"--{key}={getattr(options, key)}" for key in ("more", "corpus")
                    if getattr(options, key)]  # fmt: skip
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        done, end, told = 0, [], []
        for line in process.stderr:
            if found := re.match(r"#(\d+)\s", line):
                done = int(found[1])
            elif not line.startswith(("INFO", "WARNING")):
                end = [*end[-40:], line]
            if line.startswith("FINDING "):
                told.append(line.split()[1])
        status = process.wait()
        keep.mkdir(parents=True, exist_ok=True)
        findings = []
        for path in map(Path, told):
            kept = keep / f"{name}-{path.name}"
            kept.write_bytes(path.read_bytes())
            findings.append(str(kept))
        if status not in (0, 1) or (status and not told):
            kept = keep / f"{name}-end"
            if Path(folder, "current").exists():
                shutil.copy(Path(folder, "current"), kept)
            why = signal.Signals(-status).name if status < 0 else status
            findings.append(f"{kept}: ended by {why}\n{''.join(end)}")
        elif findings:
            findings.append("".join(end))
    return done, findings


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000, help="executions of each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", action="append", help="one of them; all if there is none")
    parser.add_argument("--plain", action="store_true", help="by chance, without atheris")
    parser.add_argument("--more", type=Path, help="folder of more honest files")
    parser.add_argument("--corpus", type=Path, help="folder that keeps what reached something new")
    findings = Path("build/fuzz/findings")
    parser.add_argument("--keep", type=Path, default=findings, help="folder that keeps findings")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.plain = options.plain or importlib.util.find_spec("atheris") is None
    if options.folder:
        return run_here(options)
    sys.path.insert(0, str(_COMPAT.parent))
    wrong = 0
    for name in options.reader or READERS:
        start = time.monotonic()
        done, findings = run_apart(name, options, options.keep)
        way = "by chance" if options.plain else "by coverage"
        seconds = time.monotonic() - start
        print(f"{name}: {done} executions {way}, {len(findings)} findings, {seconds:.0f} s",
              flush=True)  # fmt: skip
        wrong += len(findings)
        print("\n".join(findings), end="\n" if findings else "")
    return 1 if wrong else 0


READERS = (
    "archive", "weights", "whole", "json", "safetensors", "report", "editor", "shards", "npz",
    "pickle", "idx", "state", "table", "checkpoint", "saved_model", "records", "lines", "restoring",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
