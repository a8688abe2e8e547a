"""The process that ``test_hostile_files`` asks for the fate of attacks; see ``sandbox``.

Under ``python -m torchkeras run`` it has the entry points of the drop-in packages.
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    import torch
    from security import attacks, entries, sandbox

    torch.set_num_threads(1)
    # Torch renews its threads in a forked process, which two threads at once may not ask for.
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
    with tempfile.TemporaryDirectory() as folder:
        entries.load("drop_in" if "--drop-in" in sys.argv else "own", folder)
        sandbox.serve(attacks.load(), lambda attack: entries.ENTRIES.get(attack.kind, {}))


if __name__ == "__main__":
    main()
