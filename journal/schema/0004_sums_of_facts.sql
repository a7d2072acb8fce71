-- Schema 4: check sums of the facts too. A name of ours with one letter changed keeps every later
-- command from its work.

-- NULL: a program of an earlier schema wrote the row.
ALTER TABLE owned ADD COLUMN sum TEXT CHECK (length(sum) = 16);  -- of all other columns
ALTER TABLE meta ADD COLUMN sum TEXT CHECK (length(sum) = 16);   -- of key and value

-- A program of an earlier schema changes a value and knows of no sum.
CREATE TRIGGER meta_sum_of_earlier_schema AFTER UPDATE OF value ON meta
WHEN OLD.value IS NOT NEW.value AND OLD.sum IS NEW.sum
BEGIN UPDATE meta SET sum = NULL WHERE key = NEW.key; END;
