"""Numbers that the core answers with: today's dashboards."""
