-- Schema 5: whose a row of `owned` is. What was on the machine before us and is only used is no more
-- ours to take away than before.

ALTER TABLE owned ADD COLUMN origin TEXT CHECK (origin IN ('adopted', 'msi'));
      -- NULL: ours, or a program of an earlier schema wrote the row. Not in `sum`, which those
      -- programs check too; a word of which a bit has flipped is none of these
