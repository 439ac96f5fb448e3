"""Results and baselines on disk: written atomically, read strictly."""
