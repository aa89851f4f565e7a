"""A JSOC on loopback: its own process, real HTTP, the real protocol, and faults on request."""
