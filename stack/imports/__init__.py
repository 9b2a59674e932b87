"""Real data sets read into plans of orders, returns, listings and clicks, and booked through the core."""
