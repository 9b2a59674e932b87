-- How are products rated, and how many buyers wrote something?
SELECT product_id,
       countIf(event = 'rating.added') - countIf(event = 'rating.deleted') AS ratings,
       round((sumIf(rating, event != 'rating.deleted') - sumIf(rating_before, event != 'rating.added'))
             / nullIf(ratings, 0), 2) AS average,
       countIf(event = 'comment.created') - countIf(event = 'comment.deleted') AS comments
FROM landing_reviews
GROUP BY product_id
ORDER BY ratings DESC
