"""The stream side: every event of the platform, and the workers that turn the log into tables and read models."""
