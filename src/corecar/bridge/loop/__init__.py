"""The loop from testers to the plan and back: what lots take away from it, what was measured for it."""
