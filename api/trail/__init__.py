"""The trail of what operators and admins did."""
