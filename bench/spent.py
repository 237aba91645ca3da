"""CPU time that processes and their children have used so far: what a neighbour can't distort much.

Of the web server and of PostgreSQL together; the load client and the broker are not counted.
"""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*roots: int) -> float:
    """Of these processes and all their living descendants, ended ones included once waited for."""
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            facts = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(facts[1])
        used[int(folder.name)] = sum(int(ticks) for ticks in facts[11:15]) / TICKS
    ours = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used.get(pid, 0.0) for pid in ours)
