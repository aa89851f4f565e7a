"""What the lake means and how to ask it: schema, views, queries, exports, checks."""
