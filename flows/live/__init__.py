"""The live page: the report of a lake as it is now, with a box for questions in SQL, over HTTP."""
