"""Scores findings and explains them."""
