-- What is the tree of categories now?
SELECT category_id, argMax(path, aggregate_seq) AS names
FROM landing_categories
GROUP BY category_id
HAVING argMax(event, aggregate_seq) != 'category.deleted'
ORDER BY names
