"""The process that ``test_hostile_files`` asks for the fate of attacks; see ``sandbox``."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    import torch
    from security import attacks, entries, sandbox

    torch.set_num_threads(1)
    known = attacks.load()

    def lookup(name):
        attack = known[name]
        return attack, entries.ENTRIES[attack.kind]

    with tempfile.TemporaryDirectory() as folder:
        entries.prepare(folder)
        sandbox.serve(lookup)


if __name__ == "__main__":
    main()
