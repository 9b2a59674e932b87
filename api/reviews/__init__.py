"""What buyers say of what they bought."""
