"""What buyers gave and wrote, by product."""
