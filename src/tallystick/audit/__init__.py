"""What proves a ledger and keeps it sound: verification, archives, copies, clock repairs."""
