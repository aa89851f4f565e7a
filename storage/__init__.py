"""Everything that touches disk or network: the lake, its cubes and tables, and where SHARP files come from."""
