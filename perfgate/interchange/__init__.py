"""Reading what other tools wrote, and writing what other tools read."""
