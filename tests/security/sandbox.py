"""A process in which hostile files are opened under audit hooks and limits.

A server imports the package once and forks a child for a handful of attacks. For each the child
makes the hostile thing, then arms itself and hands the thing to one entry point after the other;
what it opened, imported, ran or unpickled meanwhile is told, and so is how each entry point ended.
A child that dies of an attack is followed by another for the rest.
"""

import ast
import contextlib
import functools
import gc
import json
import math
import os
import pickle
import re
import resource
import shutil
import signal
import site
import stat
import sys
import sysconfig
import tempfile
import time
import traceback
import warnings
from pathlib import Path

MEMORY = 2**30  # bytes of address space that an attack may add
FILE = 2**26  # longest file that may be written
CPU_SECONDS = 20  # of all entry points of one attack together
WALL_SECONDS = 60  # a child that waits for ever is ended after that

# Where the folders of attacks lie: in memory if there is such a place, since disks are slower.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

SECRET = "the canary's secret"
MODULE = "torchkeras_canary"
BAITS = {MODULE, "antigravity", "this", "webbrowser"}  # modules that attacks want imported

# What a loader says of a hostile or damaged file.
DOCUMENTED = (ValueError, TypeError, FileNotFoundError, pickle.UnpicklingError)
# Where the caller itself makes a layer, torch's word is enough that it is too large.
MADE_BY_THE_CALLER = ("from_config of the class", "clone_model", "a constructor's argument")
TORCHS_WORDS = re.compile("can't allocate memory|too large|overflow|not enough memory|recursion")


class Place:
    """Folders of one attack: a sandbox to work in, and outside of it what must stay untouched."""

    def __init__(self, root):
        self.root = Path(root)
        self.inside = self.root / "inside"
        self.outside = self.root / "outside"
        for folder in (self.inside, self.outside, self.inside / "tmp", self.outside / MODULE):
            folder.mkdir(parents=True)
        self.secret = self.outside / "secret.txt"
        self.secret.write_text("\n".join([SECRET, *map(str, range(40))]))
        self.target = self.outside / "written.txt"
        (self.outside / MODULE / "__init__.py").write_text(
            f"open({str(self.target)!r}, 'w').write('ran')\n"
            "def payload(*a, **k): return a[0] if a else None\n"
            "class Payload:\n"
            "    def __init__(self, *a, **k): pass\n"
            "    @classmethod\n"
            "    def from_config(cls, config): return cls()\n"
        )

    def listing(self):
        """What is outside: when each file was changed, and how long it is."""
        found, folders = {}, [str(self.outside)]
        while folders:
            for item in os.scandir(folders.pop()):
                if item.is_dir(follow_symlinks=False):
                    folders.append(item.path)
                told = item.stat(follow_symlinks=False)
                of_file = () if stat.S_ISDIR(told.st_mode) else (told.st_mtime_ns, told.st_size)
                found[item.path] = told.st_mode, *of_file
        return found


class Guard:
    """Tells of everything that reading a file has no business to do.

    Hooks can't be removed, so one stays for the rest of the process and is armed and disarmed.
    """

    FORBIDDEN = (
        "socket.",
        "subprocess.",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "os.spawn",
        "pickle.find_class",
        "ctypes.dlopen",
        "ctypes.call_function",
        "urllib.Request",
        "http.",
        "ftplib.",
        "webbrowser.",
        "shutil.unpack_archive",
        "os.chown",
    )

    def __init__(self):
        self.armed = False
        self.found = []
        self.inside = ""
        self.folders = {}  # where folders really are, while no name becomes another's
        paths = sysconfig.get_paths()
        libraries = {paths["stdlib"], paths["purelib"], paths["platlib"], *site.getsitepackages()}
        libraries |= {entry for entry in sys.path if entry}
        self.libraries = tuple(os.path.realpath(path) for path in sorted(libraries))
        self.harmless = {"socket.gethostname"}  # events that there is nothing to check of
        self.checks = {
            "open": self.check_open,
            "import": self.check_import,
            "compile": self.check_compile,
            "marshal.loads": self.check_marshal,
            "os.symlink": self.check_link,
            "os.link": self.check_link,
        }
        for event in ("os.remove", "os.rmdir", "os.mkdir", "os.rename", "os.truncate"):
            self.checks[event] = functools.partial(self.check_change, event)
        sys.addaudithook(self.hook)

    def arm(self, place):
        self.inside = os.path.realpath(place.inside)
        self.folders.clear()
        self.found = []
        self.armed = True

    def disarm(self):
        self.armed = False
        return self.found

    def hook(self, event, arguments):
        if event in self.harmless or not self.armed:  # there are a million of them
            return
        if event in self.checks:
            self.checks[event](*arguments)
        elif event.startswith(self.FORBIDDEN):
            self.refuse(f"{event} {str(arguments)[:120]}")
        else:
            self.harmless.add(event)

    def check_import(self, name, *_):
        if name.partition(".")[0] in BAITS:
            self.refuse(f"import {name}")

    def check_compile(self, source, _):
        is_hostile = MODULE in str(source) or SECRET in str(source)
        if is_hostile and sys._getframe(2).f_code is not ast.parse.__code__:  # which takes it apart
            self.refuse(f"compile {str(source)[:80]}")

    def check_marshal(self, *_):
        if not sys._getframe(2).f_code.co_filename.startswith("<frozen importlib"):
            self.refuse("marshal.loads")

    def check_change(self, event, *arguments):
        for path in arguments[: 2 if event == "os.rename" else 1]:
            # What isn't absolute is below an open folder.
            if isinstance(path, (str, bytes)) and os.path.isabs(path) and not self.is_inside(path):
                self.refuse(f"{event} {path!r}")
        if event != "os.mkdir":
            self.folders.clear()  # what happens now may change where they are

    def check_link(self, source, path, *_):
        source, path = os.fsdecode(source), os.fsdecode(path)
        ends = path, os.path.join(os.path.dirname(path), source)
        if not all(map(self.is_inside, ends)):
            self.refuse(f"a link {ends}")
        self.folders.clear()

    def check_open(self, path, mode, flags):
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        real = self.real(path)
        if self.holds(real):
            return
        writes = bool(set(mode or "") & set("wax+")) or bool(
            (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if not writes and (real.startswith(self.libraries) or real in ("/dev/null", os.sep)):
            return  # code of a library that is imported late
        if not writes and real.startswith(("/proc/", "/sys/")):
            return
        self.refuse(f"open {real} {mode} {flags}")

    def is_inside(self, path):
        return self.holds(self.real(path))

    def real(self, path):
        """What ``os.path.realpath`` says, which looks at all folders of a path each time."""
        folder, _, name = os.fsdecode(path).rpartition(os.sep)
        if not folder.startswith(os.sep) or name in ("", ".", "..") or f"{os.sep}.." in folder:
            return os.path.realpath(os.fsdecode(path))
        if folder not in self.folders:
            self.folders[folder] = os.path.realpath(folder)
        whole = os.path.join(self.folders[folder], name)
        return os.path.realpath(whole) if os.path.islink(whole) else whole

    def holds(self, real):
        return real == self.inside or real.startswith(self.inside + os.sep)

    def refuse(self, what):
        self.found.append(what)
        raise PermissionError(f"the sandbox forbids: {what}")


def limit():
    """Bound the memory, files and time of this process, counted from now."""
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    seconds = math.ceil(time.process_time()) + CPU_SECONDS
    # Only the lower of each pair: the next attack gets limits of its own.
    for kind, most in (
        (resource.RLIMIT_AS, used + MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.alarm(WALL_SECONDS)


def attempt(guard, place, name, entry, thing):
    """How one entry point ended.

    Returns:
        ``{"entry", "outcome", "message", "found", "leaked"}``: the outcome is ``"refused"`` (a
        documented error), ``"taken"`` (none), ``"left out"`` or the name of another error.
    """
    work = place.inside / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    result = {"entry": name, "outcome": "taken", "message": "", "found": [], "leaked": []}
    call = entry(thing, work)  # makes the files
    if call is None:
        return {**result, "outcome": "left out"}
    known = BAITS & sys.modules.keys()
    value = None
    before = place.listing()
    guard.arm(place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = call()
    except DOCUMENTED as error:
        result.update(outcome="refused", message=str(error))
    except RuntimeError as error:
        is_torchs = name in MADE_BY_THE_CALLER and TORCHS_WORDS.search(str(error))
        result.update(outcome="refused" if is_torchs else "RuntimeError", message=told(error))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        result.update(outcome=type(error).__name__, message=told(error))
    result["found"] = guard.disarm()
    if SECRET in result["message"] or (value is not None and SECRET in told_of(value)):
        result["leaked"].append("the secret was read")
    if place.listing() != before:
        result["leaked"].append("something outside has changed")
    if new := (BAITS & sys.modules.keys()) - known:
        result["leaked"].append(f"imported {sorted(new)}")
    return result


def told(error):
    """An error with the end of its traceback."""
    return f"{error}\n" + "".join(traceback.format_exception(error)[-4:])[-1500:]


def told_of(value):
    """Everything that a loaded thing gives away."""
    texts = [repr(value)[:10000]]
    for owner in [value, *getattr(value, "layers", ())]:
        for method in ("get_vocabulary", "get_weights", "get_config"):
            with contextlib.suppress(Exception):
                found = getattr(owner, method)()
                texts.append(repr(found)[:10000])
                texts += [array.tobytes().decode("latin1") for array in found]
    return "".join(texts)


def run_attack(guard, attack, entries, send, folder):
    """Make the attack's hostile thing below a folder and hand it to each entry point."""
    with tempfile.TemporaryDirectory(dir=folder) as root:
        place = Place(root)
        os.environ["TMPDIR"] = tempfile.tempdir = str(place.inside / "tmp")
        os.environ["KERAS_HOME"] = str(place.inside / "keras")
        sys.path.append(str(place.outside))
        os.chdir(place.inside)
        limit()
        thing = None
        for name, entry in entries.items():
            if not isinstance(thing, bytes):  # what may have been changed is made anew
                thing = attack.make(place)
            send(attack.name, attempt(guard, place, name, entry, thing))
        os.chdir("/")
        sys.path.remove(str(place.outside))
        tempfile.tempdir = None


def in_children(guard, attacks, entries_of):
    """Results of attacks by name and entry point, from children that may die of them."""
    results = {attack.name: {} for attack in attacks}
    left = {attack.name: (attack, dict(entries_of(attack))) for attack in attacks}
    left = {name: pair for name, pair in left.items() if pair[1]}
    while left:
        status = in_child(guard, left, results)
        if left:  # the next one ended the child
            attack, entries = next(iter(left.values()))
            entry = next(iter(entries))
            results[attack.name][entry] = {
                "entry": entry,
                "outcome": f"died (signal {status & 0x7F})",
                "message": "",
                "found": [],
                "leaked": [],
            }
            done(left, attack.name, entry)
    return results


def done(left, name, entry):
    """Strike an entry point off those that are left."""
    entries = left[name][1]
    entries.pop(entry)
    if not entries:
        left.pop(name)


def in_child(guard, left, results):
    """Enter the results of a child for what is left, which they are struck off; how it ended."""
    folder = tempfile.mkdtemp(dir=IN_MEMORY)  # removed here, however the child ends
    with tempfile.TemporaryFile(dir=IN_MEMORY) as told:  # nobody waits for it, as for a pipe
        child = os.fork()
        if child == 0:
            try:
                for attack, entries in left.values():
                    run_attack(guard, attack, entries, functools.partial(tell, told), folder)
            except BaseException:  # noqa: BLE001 - the parent gets to know of it
                traceback.print_exc(limit=-3)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        told.seek(0)
        for line in told:
            name, result = json.loads(line)
            results[name][result["entry"]] = result
            done(left, name, result["entry"])
    shutil.rmtree(folder, ignore_errors=True)
    return status


def tell(told, *result):
    """Write a result where the parent finds it, even if the process ends right after."""
    os.write(told.fileno(), json.dumps(result).encode() + b"\n")


def serve(attacks, entries_of):
    """Answer lists of names of attacks on standard input with their results on standard output.

    ``null`` is answered with the names of the entry points by kind of attack.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints does so beside the answers
    guard = Guard()
    gc.collect()
    gc.freeze()  # or each child would copy all of memory to look through it
    for line in sys.stdin:
        names = json.loads(line)
        if names is None:
            answer = {attack.kind: list(entries_of(attack)) for attack in attacks.values()}
        else:
            answer = in_children(guard, [attacks[name] for name in names], entries_of)
        print(json.dumps(answer), file=answers, flush=True)
