"""What crosses between client and server: endpoints, shapes, problems, cursors, JSON."""
