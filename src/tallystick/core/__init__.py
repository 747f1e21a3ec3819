"""The functional core: pure functions of values. No clock, no ids, no I/O, no float."""
