"""A hostile client and a fair one side by side on one server: what the fair one notices."""
