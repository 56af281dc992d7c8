"""A digest as people see it: text and HTML from the same data."""
