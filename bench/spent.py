"""CPU time that processes and their children have used so far: what a neighbour can't distort much.

Of the web server and of PostgreSQL together; the load client and the broker are not counted.
"""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*roots: int) -> float:
    """Of these processes and all their living descendants, ended ones included once waited for."""
    used = 0
    for pid in family(*roots):
        if facts := _facts(pid):
            used += sum(int(ticks) for ticks in facts[11:15])
    return used / TICKS


def family(*roots: int) -> set[int]:
    """These processes and all their living descendants."""
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    parents = {pid: int(facts[1]) for pid in pids if (facts := _facts(pid))}
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _facts(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name; none when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []
