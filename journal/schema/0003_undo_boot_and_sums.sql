-- Schema 3: two answers to "can this row be acted on?".

-- Each undone step says in which boot it was undone. The record of an undo is trusted only within
-- that boot, since its effect may not have reached the disk; txn.undo_boot_id names the boot of the
-- newest attempt only, and an attempt may end before it has undone every step anew.
ALTER TABLE step ADD COLUMN undo_boot_id TEXT;
      -- NULL: not undone, or by a program of an earlier schema (then txn.undo_boot_id counts)

-- Check sums (text/check_sum.h) of what is written once: a row whose sum differs has been damaged by
-- a disk, a backup or memory, and is never acted on. Never of states, attempts or times: two
-- versions of the program write one journal. NULL: a program of an earlier schema wrote it.
ALTER TABLE step ADD COLUMN plan_sum TEXT CHECK (length(plan_sum) = 16);
      -- of kind, target, vital, parameters
ALTER TABLE step ADD COLUMN before_sum TEXT CHECK (length(before_sum) = 16);  -- of before_image
ALTER TABLE step ADD COLUMN after_sum TEXT CHECK (length(after_sum) = 16);    -- of after_image
ALTER TABLE txn ADD COLUMN plan_sum TEXT CHECK (length(plan_sum) = 16);
      -- of command, machine_id, boot_id, work_folder, installation_change

CREATE TRIGGER step_sums_are_fixed BEFORE UPDATE OF plan_sum, before_sum, after_sum ON step
WHEN OLD.plan_sum IS NOT NEW.plan_sum
  OR (OLD.before_sum IS NOT NULL AND OLD.before_sum IS NOT NEW.before_sum)
  OR (OLD.after_sum IS NOT NULL AND OLD.after_sum IS NOT NEW.after_sum)
BEGIN SELECT RAISE(ABORT, 'a check sum never changes'); END;

CREATE TRIGGER txn_sum_is_fixed BEFORE UPDATE OF plan_sum ON txn
WHEN OLD.plan_sum IS NOT NEW.plan_sum
BEGIN SELECT RAISE(ABORT, 'a check sum never changes'); END;
