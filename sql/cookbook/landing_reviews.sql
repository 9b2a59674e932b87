-- How are products rated, and how many buyers wrote something? Averages are rounded half up, as shops show them.
SELECT product_id,
       countIf(event = 'rating.added') - countIf(event = 'rating.deleted') AS ratings,
       sumIf(ifNull(rating, 0), event != 'rating.deleted') - sum(ifNull(rating_before, 0)) AS stars,
       intDiv(200 * stars + ratings, nullIf(2 * ratings, 0)) / 100 AS average,
       countIf(event = 'comment.created') - countIf(event = 'comment.deleted') AS comments
FROM landing_reviews
GROUP BY product_id
ORDER BY ratings DESC
