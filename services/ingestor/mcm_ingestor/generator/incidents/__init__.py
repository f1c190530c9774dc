"""The planted stories: what a month must hold so that every built-in rule has something to find."""
