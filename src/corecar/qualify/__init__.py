"""What a packaging-and-test house must show before it ships to a carmaker: a plan of tests, evidence, approval."""
