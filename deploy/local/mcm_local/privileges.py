"""Setup of a child process between fork and exec: die with the parent, and drop root where a program refuses it.

PostgreSQL refuses to run as root. It then runs as ``nobody`` and keeps the one capability it needs to reach its data in
a folder that only root may enter, so no user is created and no folder is opened up.
"""

import ctypes
import os
import sys
from typing import Any, Final

from mcm_shared.errors import ConfigurationError

UNPRIVILEGED_USER: Final = "nobody"

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECUREBITS: Final = 28
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_RAISE: Final = 2
_CAP_DAC_OVERRIDE: Final = 1
_NO_SETUID_FIXUP: Final = 1 << 2
_CAPABILITY_VERSION_3: Final = 0x20080522

_ON_LINUX: Final = sys.platform == "linux"
# loaded before any fork: a child must not take the import lock
_LIBC: Any = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def unprivileged_ids() -> tuple[int, int] | None:
    """Returns the user and group for a program that refuses root; None unless this process is root.

    Raises ConfigurationError on a system where root cannot drop part of its privileges.
    """
    if os.geteuid() != 0:
        return None
    if not _ON_LINUX:
        raise ConfigurationError("PostgreSQL does not run as root; run this as a normal user")
    import pwd

    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise ConfigurationError(
            f"PostgreSQL does not run as root and there is no user {UNPRIVILEGED_USER}; run this as a normal user"
        ) from None
    return entry.pw_uid, entry.pw_gid


def become(ids: tuple[int, int]) -> None:
    """Drops root for ``ids``, keeping only the capability to read files."""
    # without this, changing the user removes the capability from access(2), which PostgreSQL uses to find its programs
    _check(_LIBC.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(ids[1])
    os.setuid(ids[0])
    data = (_Data * 2)()
    data[0].effective = data[0].permitted = data[0].inheritable = 1 << _CAP_DAC_OVERRIDE
    _check(_LIBC.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), ctypes.byref(data)))
    _check(_LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def die_with(parent: int, signal_number: int) -> None:
    """Asks the kernel to signal this process when ``parent`` dies (Linux only)."""
    if not _ON_LINUX:
        return
    _check(_LIBC.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0))
    if os.getppid() != parent:
        # the parent died before the request
        os._exit(1)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
