"""The chain as arrays over weeks, and its linear program: what plan and stress both stand on."""
