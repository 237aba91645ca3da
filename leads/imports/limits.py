"""How much one import takes, in one place; docs/operate.md and the upload page name the same."""

MIB = 1024 * 1024

MOST_BYTES = 256 * MIB
MOST_ROWS = 1_000_000
MOST_COLUMNS = 400
# Records the mapping page looks at, and those the preview tries out.
SAMPLED = 2_000
PREVIEWED = 100
