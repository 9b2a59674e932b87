"""Messages to shoppers, sellers and operators."""
