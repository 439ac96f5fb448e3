"""Whether this machine and this project are fit to measure: one check per question, each with its remedy."""
