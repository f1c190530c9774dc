"""Resources shared by features: findings by id, the rule catalogue, figures, the broker."""
