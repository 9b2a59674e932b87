"""Messages to shoppers, sellers and operators: what they say, who gets them where, and that each leaves once."""
