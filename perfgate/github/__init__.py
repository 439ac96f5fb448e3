"""What perfgate reads of a run in GitHub Actions and what it posts on GitHub."""
