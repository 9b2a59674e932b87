"""The last step before a child becomes its program: tie its life to the supervisor's, then exec.

Runs as a bare script (`python -I -S launch.py ...`), so it imports the standard library only. Used instead of a
preexec function, which is not safe in a process with threads.

usage: launch.py PARENT_PID SIGNAL keep|drop PROGRAM [ARGUMENT ...]
"""

import ctypes
import os
import pwd
import signal
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def leave_root(libc: ctypes.CDLL) -> None:
    """PostgreSQL refuses root. A user namespace renames us to `nobody` without changing who owns the files."""
    uid, gid, nobody = os.geteuid(), os.getegid(), pwd.getpwnam("nobody")
    if libc.unshare(CLONE_NEWUSER):
        reason = os.strerror(ctypes.get_errno())
        sys.exit(f"cannot leave root ({reason}): start Atlantic as an ordinary user, or allow user namespaces")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{nobody.pw_uid} {uid} 1"),
        ("gid_map", f"{nobody.pw_gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def main() -> None:
    """Become the program."""
    parent, number, root, *command = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    if root == "drop" and os.geteuid() == 0:
        leave_root(libc)
    # After the change of user, which would reset it: when the parent dies, even by kill -9, we get the signal.
    libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):  # it died before we asked
        sys.exit("the supervisor is gone")
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execve(command[0], command, os.environ)  # noqa: S606 - becoming the program is the point


if __name__ == "__main__":
    main()
