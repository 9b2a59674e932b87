-- How many accounts registered per day?
SELECT toDate(registered_at) AS day, count() AS registered
FROM landing_users
WHERE event = 'user.created'
GROUP BY day
ORDER BY day
