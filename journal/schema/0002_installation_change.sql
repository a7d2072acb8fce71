-- Schema 2: a transaction says when it begins what its commit will change in what the journal knows
-- of the installation, so that a program which finishes it need not know how it was planned.

ALTER TABLE txn ADD COLUMN installation_change TEXT
  CHECK (installation_change IS NULL OR json_valid(installation_change));
      -- JSON; NULL: nothing, or a program of schema 1 began it

CREATE TRIGGER txn_installation_change_is_fixed BEFORE UPDATE OF installation_change ON txn
WHEN OLD.installation_change IS NOT NEW.installation_change
BEGIN SELECT RAISE(ABORT, 'what a transaction was begun with never changes'); END;
