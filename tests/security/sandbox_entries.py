"""What the sandbox must notice: each does what no reader of files has any business to do."""

import importlib
import marshal
import os
import pickle
import resource
import socket
import time

from security.entries import entry


def _own(name):
    def enter(function):
        @entry(name, "self")
        def make(place, work):
            return lambda: function(place)

        return function

    return enter


@_own("runs code")
def _runs(place):
    os.system("true")


@_own("reads")
def _reads(place):
    return place.secret.read_text()


@_own("writes")
def _writes(place):
    place.target.write_text("x")


@_own("imports")
def _imports(place):
    importlib.import_module("torchkeras_canary")


@_own("connects")
def _connects(place):
    socket.create_connection(("127.0.0.1", 9))


@_own("unpickles")
def _unpickles(place):
    pickle.loads(b"cos\nsystem\n(tR.")


@_own("unmarshals")
def _unmarshals(place):
    marshal.loads(marshal.dumps(1))


@_own("allocates")
def _allocates(place):
    return bytearray(2**31)


@_own("loops")
def _loops(place):
    seconds = int(time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    while True:
        pass
