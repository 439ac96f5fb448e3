"""Virtual users written in Python, in the words of Locust, living on threads."""
