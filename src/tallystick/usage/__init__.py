"""Read-only questions: statements, receipts, estimates, capacity, and the proof of it all."""
