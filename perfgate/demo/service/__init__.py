"""shop: a small web shop over HTTP and SQLite."""
