"""Orders on their way, and which of their steps are overdue."""
