"""What is scarce, shared out: network, demand and capacity become a plan by week, with where it blocks and why."""
