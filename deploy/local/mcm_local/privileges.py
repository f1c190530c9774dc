"""What a child process does to itself between fork and exec: die with its parent, and be nobody where root may not run.

PostgreSQL refuses to run as root. There it runs as ``nobody`` and keeps the one capability it needs to reach its data
in a folder that only root may enter, so that no user is made and no folder of the machine is opened up.
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
# loaded before any fork: a child must not take the loader's lock
_LIBC: Any = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def unprivileged_ids() -> tuple[int, int] | None:
    """Looks up the user and group for a program that refuses root; None where we are not root.

    Raises ConfigurationError on a system where root cannot hand over only part of its rights.
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
    """Gives up root for ``ids``, keeping only the right to reach files."""
    # without this, changing the user takes the capability from access(2), by which PostgreSQL looks for its programs
    _check(_LIBC.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(ids[1])
    os.setuid(ids[0])
    data = (_Data * 2)()
    data[0].effective = data[0].permitted = data[0].inheritable = 1 << _CAP_DAC_OVERRIDE
    _check(_LIBC.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), ctypes.byref(data)))
    _check(_LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def die_with(parent: int, signal_number: int) -> None:
    """Asks the kernel to send this process a signal when ``parent`` is gone, however it went (Linux only)."""
    if not _ON_LINUX:
        return
    _check(_LIBC.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0))
    if os.getppid() != parent:
        # it went before we could ask
        os._exit(1)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
