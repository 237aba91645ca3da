"""`manage.py evaluate_prediction FILE --outcome COLUMN --won VALUE`: would it work on my history?

1. The table is read; what can't be learned from ends it with status 2 and one clear line.
2. Columns that look known only afterwards are warned of; `--ignore` leaves them out.
3. The model the product trains on its own leads is trained on these rows and asked about others:
   by stratified 5-fold, or with `--order` on the newest fifth.
4. Figures for people, or with `--json` for programs. Nothing is written.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from leads.prediction.columns import Column
    from leads.prediction.hindsight import Suspicion
    from leads.prediction.measuring import Measured
    from leads.prediction.tables import Table


class Command(BaseCommand):
    help = "Train the prediction on a CSV of yours and say how well it would have done."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--outcome", required=True, metavar="COLUMN")
        parser.add_argument("--won", required=True, metavar="VALUE", help="the outcome to foresee")
        parser.add_argument(
            "--order", metavar="COLUMN", help="which rows are older; “row”: the file is in order"
        )
        parser.add_argument(
            "--ignore", action="append", default=[], metavar="COLUMN",
            help="a column not to learn from; may be given several times",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="figures for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        # scikit-learn is loaded by who trains, and by nobody else.
        from leads.prediction.columns import columns_of
        from leads.prediction.hindsight import suspicious
        from leads.prediction.measuring import evaluate
        from leads.prediction.tables import Unusable, read_table

        try:
            table = read_table(
                options["file"], outcome=options["outcome"], won=options["won"],
                order=options["order"], ignore=options["ignore"],
            )  # fmt: skip
            columns = columns_of(table.rows, table.names)
            doubts = suspicious(table.rows, table.won, columns)
            measured = evaluate(table.rows, table.won, columns, ordered=table.ordered)
        except (Unusable, ValueError) as error:
            raise CommandError(str(error), returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(_told(table, columns, doubts, measured), indent=1))
        else:
            self._say(table, columns, doubts, measured)

    def _say(
        self,
        table: "Table",
        columns: "list[Column]",
        doubts: "list[Suspicion]",
        measured: "Measured",
    ) -> None:
        won, rows = int(table.won.sum()), len(table.won)
        self.stdout.write(f"{rows:,} rows with an outcome, {won:,} of them won ({won / rows:.1%}).")
        if table.without_outcome:
            self.stdout.write(f"{table.without_outcome:,} rows without an outcome were left out.")
        used = [column.name for column in columns if column.used]
        self.stdout.write(f"Learned from {len(used)} columns: {', '.join(used)}.")
        for column in columns:
            if not column.used:
                self.stdout.write(f"Left out “{column.name}”: {LEFT_OUT[column.kind]}.")
        for doubt in doubts:
            self.stderr.write(
                f"“{doubt.column}” looks known only afterwards: {doubt.why}. "
                f'If it is, leave it out with --ignore "{doubt.column}".'
            )
        how = "the newest fifth" if table.ordered else "stratified 5-fold"
        self.stdout.write(f"\nAsked about {measured.rows:,} rows it had not seen ({how}):")
        for name, value, words in _figures(measured):
            self.stdout.write(f"  {name:<18} {value:<8} {words}")


LEFT_OUT = {"name": "nearly every row has a value of its own", "same": "it says the same of all"}


def _figures(measured: "Measured") -> list[tuple[str, str, str]]:
    return [
        ("AUC", f"{measured.auc:.3f}", "0.5 is guessing, 1 is knowing"),
        ("Brier score", f"{measured.brier:.4f}",
         f"smaller is better; the usual share for everybody gives {measured.always_usual:.4f}"),
        ("calibration error", f"{measured.calibration_error:.4f}",
         "how far chances are from what came, on average"),
        ("best fifth", f"{measured.best_fifth:.1%}",
         "of all won were among the fifth with the highest chances"),
    ]  # fmt: skip


def _told(
    table: "Table", columns: "list[Column]", doubts: "list[Suspicion]", measured: "Measured"
) -> dict[str, Any]:
    return {
        "protocol": "newest fifth" if table.ordered else "stratified 5-fold",
        "rows": len(table.won),
        "won": int(table.won.sum()),
        "rows_asked": measured.rows,
        "auc": measured.auc,
        "brier": measured.brier,
        "brier_of_usual_share": measured.always_usual,
        "calibration_error": measured.calibration_error,
        "best_fifth": measured.best_fifth,
        "calibration": [asdict(b) for b in measured.bins],
        "columns": {column.name: column.kind.value for column in columns},
        "known_only_afterwards": {doubt.column: doubt.why for doubt in doubts},
    }
