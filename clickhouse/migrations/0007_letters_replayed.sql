-- Where the line was put back (topic-partition-offset); empty while it waits to be.
ALTER TABLE dead_letters ADD COLUMN replayed_as String DEFAULT '' AFTER attempts;
