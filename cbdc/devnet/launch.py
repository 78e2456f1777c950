"""Start one child so that it cannot outlive the process that started it.

Run as a script: `launch.py DEATH_SIGNAL PARENT_PID USER PROGRAM ARGUMENT...`. It asks the
kernel for DEATH_SIGNAL when its parent dies, drops to USER unless that is `-`, and becomes
PROGRAM. It is a script because code between fork and exec is unsafe in a threaded parent.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main(death_signal: str, parent_pid: str, user: str, *command: str) -> None:
    if user != "-":
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    # After the change of user: the kernel forgets the request when credentials change.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent_pid):
        sys.exit("the parent has gone already")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
