"""A far place on this machine, whose every packet, of TCP too, passes a link that is narrow, late and lossy.

As `tc netem` between two network namespaces, for kernels that come without it: two tun devices, and packets carried
from one to the other by this process. Needs root, `ip` and /dev/net/tun.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.shape import Shape

NEAR, FAR = "10.199.0.1", "10.199.0.2"
MTU = 1400
QUEUE_S = 0.3  # what a narrow link holds before it drops, as a router does,
QUEUE_PACKETS = 10  # but never less than so many packets
TUN, SET_INTERFACE, TUN_WITHOUT_HEAD = "/dev/net/tun", 0x400454CA, 0x1001
NEW_NET = 0x40000000


class NoLink(Exception):
    """Why there can be none here."""


class Link(threading.Thread):
    """Within `link()`, what is started is near, and `far(command)` is how to start something far."""

    def __init__(self, ends: tuple[int, int], namespace: str) -> None:
        super().__init__(name="link", daemon=True)
        self.shape = Shape()
        self.passed = 0
        self._ends, self._namespace = ends, namespace
        self._chance = random.Random(1)
        self._free_at = dict.fromkeys(ends, 0.0)
        self._late: list[tuple[float, int, int, bytes]] = []
        self._is_over = False

    def far(self, program: str, folder: Path) -> str:
        """A program that is that one, far away."""
        script = folder / f"far-{Path(program).name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self._namespace} {program} "$@"\n')
        script.chmod(0o755)
        return str(script)

    def run(self) -> None:
        a, b = self._ends
        with selectors.DefaultSelector() as ready:
            ready.register(a, selectors.EVENT_READ, b)
            ready.register(b, selectors.EVENT_READ, a)
            while not self._is_over:
                wait = self._late[0][0] - time.monotonic() if self._late else 0.2
                for key, _ in ready.select(max(0.0, min(0.2, wait))):
                    self._carry(key.data, os.read(key.fd, 2048))
                while self._late and self._late[0][0] <= time.monotonic():
                    _, _, to, packet = heapq.heappop(self._late)
                    with contextlib.suppress(OSError):  # the other end is being taken down
                        os.write(to, packet)

    def stop(self) -> None:
        self._is_over = True
        self.join(5)

    def _carry(self, to: int, packet: bytes) -> None:
        shape, now = self.shape, time.monotonic()
        if shape.is_cut or (shape.loss and self._chance.random() < shape.loss):
            return
        leaves = now
        if shape.bit_per_s is not None:
            free, most_s = max(now, self._free_at[to]), QUEUE_PACKETS * MTU * 8 / shape.bit_per_s
            if free - now > max(QUEUE_S, most_s):
                return
            leaves = self._free_at[to] = free + len(packet) * 8 / shape.bit_per_s
        self.passed += 1
        heapq.heappush(self._late, (leaves + shape.delay_s, self.passed, to, packet))


@contextlib.contextmanager
def link() -> Iterator[Link]:
    """From now on this thread, and whatever it starts, is at `NEAR`, where nothing else reaches it. Raises NoLink."""
    if os.geteuid() != 0 or not Path(TUN).exists() or shutil.which("ip") is None:
        raise NoLink(f"a link with loss needs root, ip (Debian: iproute2) and {TUN}")
    near, far = (f"nearhand-{side}-{os.getpid()}" for side in ("near", "far"))
    with contextlib.ExitStack() as stack:
        for namespace in (near, far):
            try:
                _ip("netns", "add", namespace)
            except subprocess.CalledProcessError as error:
                raise NoLink(f"no network namespaces here: {error.stderr}") from None
            stack.callback(_ip, "netns", "del", namespace)
        home = stack.enter_context(Path("/proc/thread-self/ns/net").open("rb"))
        with Path(f"/run/netns/{near}").open("rb") as there:
            enter(there.fileno())
        stack.callback(enter, home.fileno())
        ends = (_tun("nh-near"), _tun("nh-far"))
        for end in ends:
            stack.callback(os.close, end)
        _ip("link", "set", "nh-far", "netns", far)
        for device, own, other, where in (("nh-near", NEAR, FAR, ()), ("nh-far", FAR, NEAR, ("-n", far))):
            _ip(*where, "addr", "add", own, "peer", other, "dev", device)
            _ip(*where, "link", "set", device, "mtu", str(MTU), "up")
            _ip(*where, "link", "set", "lo", "up")
        carried = Link(ends, far)
        carried.start()
        stack.callback(carried.stop)
        yield carried


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def enter(namespace: int) -> None:
    """From now on this thread, and whatever it starts, is there. Raises NoLink."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, NEW_NET):
        raise NoLink(os.strerror(ctypes.get_errno()))


def _tun(name: str) -> int:
    end = os.open(TUN, os.O_RDWR)
    fcntl.ioctl(end, SET_INTERFACE, struct.pack("16sH", name.encode(), TUN_WITHOUT_HEAD))
    return end
