"""The chain: parties, sites, products, routes, demand as typed columns; how they are understood and checked."""
