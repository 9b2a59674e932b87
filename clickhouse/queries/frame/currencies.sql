-- Grain: currency of the reader's books: the one of the shop's own account first, then by when it was last used.
SELECT currency, max(hour) AS last_hour, currency IN (SELECT currency FROM dim_seller) AS own
FROM books_hour
GROUP BY currency
ORDER BY own DESC, last_hour DESC, currency
