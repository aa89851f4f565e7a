"""What a catalogue says of itself, beside the tables and views."""

from catalog.schema.columns import Column

ALL_RUNS = "all_runs"
PUBLISHED = (
    Column("root", "string", "Place of the lake when the catalogue was made"),
    Column("published", "timestamp", "When the catalogue was made, UTC"),
    Column("code_version", "string", "porelake version that made it"),
)
