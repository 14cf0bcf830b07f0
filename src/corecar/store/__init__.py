"""What the workspace keeps: sources, tables and the catalogue that lists them."""
