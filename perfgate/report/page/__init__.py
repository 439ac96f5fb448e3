"""The numbers of the HTML report, worked out before anything is drawn."""
