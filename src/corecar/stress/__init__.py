"""What a stop of a site, a route, a region or a party does to a chain: how long it survives, and what it loses."""
