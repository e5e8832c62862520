"""Hatch processes of the service without waiting until Python has imported it: each is a fork of one that has."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from tests.support.link import enter

ROOT = Path(__file__).parents[2]
WHERE = f"{ROOT / 'backend'}{os.pathsep}{ROOT}"


def hatched(arguments: Sequence[str], environment: Mapping[str, str]) -> ForkServerProcess:
    """`nearhand ARGUMENTS`, running, with these changes of this process's environment and nothing on its output."""
    network = f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net"
    given = (list(arguments), {**os.environ, **environment}, network)
    process = _nest().Process(target=_command, args=given)
    process.start()
    return process


@cache
def _nest() -> ForkServerContext:
    nest = multiprocessing.get_context("forkserver")
    nest.set_forkserver_preload(["tests.support.egg"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = WHERE  # Python 3.11 starts it without our `sys.path`
    forkserver.ensure_running()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
    return nest


def _command(arguments: list[str], environment: dict[str, str], network: str) -> None:
    from nearhand.cli import main

    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _follow(network)
    sys.argv = ["nearhand", *arguments]
    main()


def _follow(network: str) -> None:
    """Into the network of whoever asked, who may have left the one in which the nest is."""
    if os.path.exists(network) and os.readlink(network) != os.readlink("/proc/self/ns/net"):
        with open(network, "rb") as there:
            enter(there.fileno())
