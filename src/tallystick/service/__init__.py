"""What every client goes through: transports, and how each query is answered."""
