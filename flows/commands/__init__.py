"""The commands, by what they are for: making a catalogue, asking it, and things made on the side."""
