"""The signed text of a contract as PDF: the words, the hash, who signed when.

Drawn by typst, whose wheel brings its fonts (Latin, Greek, Cyrillic; others are taken from the
machine where it has them). The words are passed as data, so nothing in them is ever a command. The
same contract is the same file, byte for byte.
"""

import json
from functools import cache
from pathlib import Path

from django.conf import settings

from sla.contracts.wording import blocks, instant_words
from sla.models import Contract, Side

TEMPLATE = Path("sla") / "contract.typ"


def pdf_of(contract: Contract) -> bytes:
    """The PDF of a version whose words are kept."""
    import typst  # Some 30 MB, which only who prints a contract needs.

    signers = [
        {
            "side": side.label,
            "by": str(getattr(contract, f"signed_for_{side.value}_by") or "nobody"),
            "at": instant_words(at) if at else "",
        }
        for side in Side
        for at in [getattr(contract, f"signed_for_{side.value}_at")]
    ]
    starts, ends = contract.in_force_from, contract.in_force_to
    data = {
        "title": f"{contract.name}, version {contract.version}",
        "version": contract.version,
        "in_force": f"from {instant_words(starts)}" if starts else "",
        "until": f"until {instant_words(ends)}" if ends else "",
        "sha256": contract.text_sha256,
        "signers": signers,
        "blocks": [block for block in blocks(contract.text) if block[0] != "title"],
    }
    answer = typst.compile(_template(), sys_inputs={"data": json.dumps(data)})
    assert isinstance(answer, bytes)
    return answer


@cache
def _template() -> bytes:
    folder = Path(settings.BASE_DIR) / "templates"
    return (folder / TEMPLATE).read_bytes()
