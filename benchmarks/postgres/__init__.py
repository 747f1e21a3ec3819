"""Tallystick on PostgreSQL, beside floors, peers and itself under other loads."""
