"""One drawing of a lot at a time, for a file, a page or a chapter of the report."""
