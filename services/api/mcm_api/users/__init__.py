"""Users: activity and findings of each."""
