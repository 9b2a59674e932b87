-- One row: the last hour with a sale in a currency; the start of 1970 when there never was one.
SELECT max(hour) AS hour FROM books_hour WHERE currency = {currency:String} AND gross_minor > 0
