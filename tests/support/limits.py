"""Limits that no test reaches."""

from nearhand.kit.limits import Allowed, Limits


def generous() -> Limits:
    return Limits(Allowed(10**6, 10**6, 10**6, 10**6, 10**6), is_upload=lambda *_: False)
