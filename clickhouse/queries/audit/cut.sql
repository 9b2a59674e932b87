-- One row: up to which transaction every partition of every fact topic is complete, and how many partitions say so.
SELECT complete_to, marked_at, partitions FROM progress_cut
