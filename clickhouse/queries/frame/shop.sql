-- One row at most: the reader's own shop.
SELECT display_name, slug FROM dim_seller LIMIT 1
