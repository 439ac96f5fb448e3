"""What runs inside Locust's process: only the standard library and Locust are there."""
