"""Questions that write nothing: statements, receipts, estimates, capacity."""
