"""How much one import takes, in one place; docs/operate.md and the upload page name the same."""

MIB = 1024 * 1024

MOST_BYTES = 256 * MIB
MOST_ROWS = 1_000_000
MOST_COLUMNS = 400
# A workbook: packed, unpacked, and of its parts the ones that are read as a whole (texts, styles).
MOST_WORKBOOK = 64 * MIB
MOST_UNPACKED = 1024 * MIB
MOST_SHARED = 128 * MIB
MOST_PARTS = 2_000
# No sheet of real cells packs more tightly.
MOST_RATIO = 200
# Files that one person has uploaded and not started.
MOST_WAITING = 5
# For how long the bytes of a file are kept after it was imported, and when it never was.
KEPT_DAYS, FORGOTTEN_DAYS = 30, 7
# Records the mapping page looks at, and those the preview tries out.
SAMPLED = 2_000
PREVIEWED = 100
