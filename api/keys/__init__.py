"""Keys by which sellers' own systems call the API, each with scopes of its own."""
