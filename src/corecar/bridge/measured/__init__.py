"""What tester files say of the routes of a chain: yields after all screens, pieces an hour, retests."""
