"""Everything that touches disk or network: the lake, its cubes and tables, where files come from."""
