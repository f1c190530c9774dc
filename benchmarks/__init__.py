"""Measurements that print their figures side by side with a baseline, as ratios: machines are noisy."""
