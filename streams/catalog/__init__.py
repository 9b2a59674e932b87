"""Products, categories and sellers as they are now, for everything that is published about them."""
