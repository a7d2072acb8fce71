-- Schema 3: each undone step says in which boot it was undone. The record of an undo is trusted only
-- within that boot, since its effect may not have reached the disk; txn.undo_boot_id names the boot
-- of the newest attempt only, and an attempt may end before it has undone every step anew.

ALTER TABLE step ADD COLUMN undo_boot_id TEXT;
      -- NULL: not undone, or by a program of an earlier schema (then txn.undo_boot_id counts)
