"""The report of a lake: pages that open from disk, with movies, plots, tables and a card for every pore."""
