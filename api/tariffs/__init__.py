"""What sending goods costs: tariffs of carriers by weight and area, the platform's and sellers' own."""
