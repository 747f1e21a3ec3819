"""Doors: how a call reaches a platform. Queries, their answers, and the embedded doors."""
