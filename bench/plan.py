"""How much a run measures, and the databases its rows get."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import company, history, spent, stage


@dataclass
class Plan:
    """One run. `brief` proves in seconds that every row runs; its figures mean nothing."""

    var: Path
    brief: bool = False
    made: set[str] = field(default_factory=set)

    @property
    def rounds(self) -> int:
        """How often the two sides of a comparison take turns."""
        return 1 if self.brief else 6

    @property
    def seconds(self) -> float:
        """How long one turn of a load lasts."""
        return 0.2 if self.brief else 3.0

    @property
    def seconds_ahead(self) -> float:
        """How long before the first deadline every clock has been given its own."""
        return 2 if self.brief else 8

    @property
    def seconds_due(self) -> int:
        """For how long deadlines pass, in the row that measures how soon they are noticed."""
        return 1 if self.brief else 20

    def fresh(self, scale: int, name: str = "row") -> str:
        """A new copy of the company with so many leads; the ORM works on it."""
        return stage.copy(self._mould(f"lived_{scale}", lambda: history.live(scale)), name)

    def fresh_with_reps(self, scale: int, most: int, name: str = "row") -> tuple[str, int]:
        """A new copy of a company with so many leads and as many reps as they keep busy, at most
        `most`; and how many."""
        reps = min(most, scale // (history.OPEN_A_REP * history.EVERY))
        if reps <= company.REPS:
            return self.fresh(scale, name), company.REPS

        def fill() -> None:
            company.hire_reps(reps)
            history.live(scale, reps)

        return stage.copy(self._mould(f"lived_{scale}_{reps}", fill), name), reps

    def fresh_late(self, alarms: int, name: str = "row") -> str:
        """A new copy of the company with so many open alarms, half of them due."""
        return stage.copy(self._mould(f"late_{alarms}", lambda: history.fall_due(alarms)), name)

    def cpu_seconds(self, web: int) -> float:
        """CPU time used so far by a web server and by PostgreSQL."""
        pid_file = self.var / "postgres" / "data" / "postmaster.pid"
        return spent.cpu_seconds(web, int(pid_file.read_text().split("\n")[0]))

    def collect_static_files(self) -> None:
        """Once a run: pages name their files by what is in them."""
        from django.conf import settings

        from leadflow import preparation

        if settings.DEBUG:
            return

        def run(command: list[str]) -> int:
            return subprocess.run(
                command, cwd=stage.ROOT, env=stage.environment(self.var, stage.BASE)
            ).returncode

        preparation.static_files_collected(run)

    def _mould(self, name: str, fill: Callable[[], None]) -> str:
        if stage.BASE not in self.made:
            self._found()
        if name not in self.made:
            stage.copy(stage.BASE, name)
            fill()
            self.made.add(name)
        return name

    def _found(self) -> None:
        from django.core.management import call_command

        stage.use(stage.BASE)
        call_command("migrate", interactive=False, verbosity=0)
        company.found()
        self.made.add(stage.BASE)
