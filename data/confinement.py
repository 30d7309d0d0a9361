"""Shutting a process in: what reads the files of strangers may do little else.

Linux only, and for a process of one thread, such as one that was just forked. Every layer is put
on as far as the kernel allows; that there is no way to the network is demanded:

- limits on memory, CPU time, file size and open files (``setrlimit``);
- a network namespace of its own, without any interface (``unshare``);
- no capabilities, and no way to gain any (``capset``, ``no_new_privs``);
- of the file system only what is needed to run, what is to be read, and one folder to write to
  (Landlock, Linux 5.13);
- no system call that opens a connection, starts a program, traces another process or enters a
  namespace (seccomp).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MB = 1 << 20


class ConfinementError(RuntimeError):
    """No process can give up the network on this host, so nothing of a stranger is read on it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading and checking one file may cost.

    Parameters
    ----------
    memory_mb : int
        Address space beyond that of the program itself.
    cpu_s : int
        Processor time, over all threads.
    wall_s : float
        Time on the clock; the one who waits ends the process.
    file_mb : int
        Size of the file that is handed in, and of every file that is written.
    open_files : int
    """

    memory_mb: int = 4_096
    cpu_s: int = 600
    wall_s: float = 900.0
    file_mb: int = 2_048
    open_files: int = 256


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which layers hold."""

    network_namespace: bool
    system_calls: bool
    file_system: bool


def confine(limits: Limits, readable: Iterable[Path], writable: Path) -> Confinement:
    """Shut this process in, for good.

    Parameters
    ----------
    readable : iterable of Path
        Files and folders that may be read, beside the program's own.
    writable : Path
        The only folder that may be written to.

    Raises
    ------
    ConfinementError
        If the network can be reached nevertheless.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _limit(limits)
    namespace = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
    _drop_capabilities(libc)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise ConfinementError(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    file_system = _restrict_files(libc, [*_program(), *readable], writable)
    system_calls = _filter_system_calls(libc)
    if not (namespace or system_calls):
        raise ConfinementError(
            "neither a network namespace (unshare) nor a system call filter (seccomp) is allowed "
            "here; run the service where one of them is"
        )
    return Confinement(namespace, system_calls, file_system)


def _limit(limits: Limits) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    space = pages * resource.getpagesize() + limits.memory_mb * MB
    for what, amount in (
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_mb * MB),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        hard = amount + 5 if what == resource.RLIMIT_CPU else amount
        if most != resource.RLIM_INFINITY:
            amount, hard = min(amount, most), min(hard, most)  # noqa: PLW2901
        resource.setrlimit(what, (amount, hard))


def _program() -> list[Path]:
    """Return where the interpreter, its libraries and this package lie."""
    package = Path(__file__).resolve().parents[1]
    system = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/dev", "/sys/devices/system/cpu")
    python = (sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path)
    return [package, *map(Path, system), *(Path(entry) for entry in python if entry)]


# --- capabilities ---------------------------------------------------------------------------------

_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x2008_0522


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if libc.capset(header, bytes(24)):
        raise ConfinementError(f"capset: {os.strerror(ctypes.get_errno())}")


# --- file system: https://docs.kernel.org/userspace-api/landlock.html -----------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS_BY_ABI = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1)
_PATH_BENEATH = 1


def _restrict_files(libc: ctypes.CDLL, readable: Iterable[Path], writable: Path) -> bool:
    """Leave only these files and folders; tell whether the kernel can do that."""
    abi = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return False
    rights = _RIGHTS_BY_ABI[min(abi, len(_RIGHTS_BY_ABI) - 1)]
    ruleset = libc.syscall(_CREATE_RULESET, struct.pack("=Q", rights), 8, 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(libc, ruleset, path, _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE)
        _allow(libc, ruleset, writable, rights)
        for device in (Path("/dev/null"),):
            _allow(libc, ruleset, device, _READ_FILE | 1 << 1)
        return libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there on this host
        return
    try:
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


# --- system calls: https://docs.kernel.org/userspace-api/seccomp_filter.html ----------------------

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ALLOW, _KILL = 0x7FFF_0000, 0x8000_0000
_REFUSE = 0x0005_0000 | errno.EPERM
_OTHER_ABI = 0x4000_0000  # x32 has the calls of x86_64 under numbers of its own

_REFUSED: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000_003E,
        {
            "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49,
            "listen": 50, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
            "ptrace": 101, "setpgid": 109, "setsid": 112, "mount": 165, "umount2": 166,
            "init_module": 175, "kexec_load": 246, "add_key": 248, "request_key": 249,
            "keyctl": 250, "unshare": 272, "accept4": 288, "perf_event_open": 298, "sendmmsg": 307,
            "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313,
            "bpf": 321, "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424,
            "io_uring_setup": 425, "pidfd_getfd": 438,
        },
    ),
    "aarch64": (
        0xC000_00B7,
        {
            "umount2": 39, "mount": 40, "unshare": 97, "kexec_load": 104, "init_module": 105,
            "ptrace": 117, "kill": 129, "setpgid": 154, "setsid": 157, "socket": 198,
            "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203,
            "sendto": 206, "sendmsg": 211, "add_key": 217, "request_key": 218, "keyctl": 219,
            "execve": 221, "perf_event_open": 241, "accept4": 242, "setns": 268, "sendmmsg": 269,
            "process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273, "bpf": 280,
            "execveat": 281, "userfaultfd": 282, "pidfd_send_signal": 424, "io_uring_setup": 425,
            "pidfd_getfd": 438,
        },
    ),
}  # fmt: skip
"""Numbers of the calls that are refused, by architecture, see ``asm/unistd.h``."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _filter_system_calls(libc: ctypes.CDLL) -> bool:
    """Refuse calls that readers do not need; tell whether the kernel can do that."""
    if platform.machine() not in _REFUSED:
        return False
    architecture, refused = _REFUSED[platform.machine()]
    count = len(refused)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, count + 1, 0, _OTHER_ABI),
        *((_JUMP_EQUAL, count - i, 0, number) for i, number in enumerate(refused.values())),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0
