-- Grain: one seller account: the name that people know it by.
SELECT seller_id, slug FROM dim_seller
