"""The OpenAPI document beyond its routes: introduction, refusals, and examples that tell one story (E-OPS-4)."""
