-- Grain: weekday (1 is Monday) x hour of day, UTC: gross sales of a span in one currency.
SELECT toDayOfWeek(hour) AS weekday, toHour(hour) AS hour_of_day, sum(b.gross_minor) AS gross
FROM books_hour AS b
WHERE currency = {currency:String} AND hour >= {start:DateTime('UTC')} AND hour < {end:DateTime64(3, 'UTC')}
GROUP BY weekday, hour_of_day
ORDER BY weekday, hour_of_day
