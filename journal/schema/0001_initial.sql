-- Schema 1 of the journal. Never edited once shipped: what comes later is a new file with the next
-- number, and it only adds (nullable columns, tables, indexes). States are fixed for ever.
--
-- Times are UTC, "2026-11-22T10:18:00.123Z". Columns that say JSON hold JSON text; NULL is "none".
-- The triggers below are the law for every writer, a shell included:
--
-- 1. States move only along these arrows (anything else is refused):
--
--   operation       open          -> undoing settled undone reboot-needed inconsistent
--                   undoing       -> undone reboot-needed inconsistent
--                   reboot-needed -> open undoing settled undone inconsistent
--                                    reboot-needed (another boot did not help)
--                   inconsistent  -> undoing settled undone reboot-needed
--                   settled, undone: final
--
--   txn             open          -> undoing committed undone refused reboot-needed inconsistent
--                   undoing       -> undoing (recovery goes on, perhaps in another boot)
--                                    undone reboot-needed inconsistent
--                   committed     -> undoing, only while its operation is undoing
--                   reboot-needed -> undoing committed undone inconsistent
--                   inconsistent  -> undoing committed undone reboot-needed
--                   undone, refused: final
--
--   step            planned       -> armed
--                                    failed (best effort, and its before-image could not be had)
--                   armed         -> done failed undone undo-failed
--                   done          -> undone undo-failed
--                   failed        -> undone undo-failed (its transaction is undone as a whole)
--                   undone        -> undone undo-failed (undone again: another boot does not trust
--                                    the record)
--                   undo-failed   -> undone undo-failed
--                                    failed (best effort: recovery has undone it alone at last)
--
-- 2. Undoing is one way, also by way of reboot-needed: what has begun to be undone is never
--    committed or settled, arms no step and finishes none.
-- 3. What a row was made with never changes; a before-image never changes once armed.
-- 4. Events are only appended. Steps and events go with their transaction, and a transaction goes
--    only when it and its operation have ended.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY NOT NULL CHECK (length(key) BETWEEN 1 AND 256),
  value TEXT NOT NULL
) STRICT;

CREATE TABLE operation (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  kind         TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 256),
  state        TEXT NOT NULL DEFAULT 'open' CHECK (state IN
                 ('open', 'undoing', 'settled', 'undone', 'reboot-needed', 'inconsistent')),
  from_version TEXT,                    -- settled before; NULL: none
  to_version   TEXT,
  handler      TEXT,                    -- of the incoming handler, "0.10.0.1"; updates only
  package      TEXT,                    -- SHA-256 of the incoming payload.json; updates only
  sequence_number INTEGER CHECK (sequence_number BETWEEN 0 AND 2147483647),  -- updates only
  cause        TEXT CHECK (cause IS NULL OR json_valid(cause)),  -- JSON: why it is being undone
  failed_command TEXT,                  -- that failed and so began the undo; NULL: none did (a
                                        -- death, an operation that nobody continued)
  opened_at    TEXT NOT NULL CHECK (length(opened_at) = 24),
  undoing_at   TEXT,                    -- when its undo began; set once
  settled_at   TEXT,                    -- when it got the state it ended in
  CHECK (state <> 'undoing' OR undoing_at IS NOT NULL),
  CHECK (state IN ('open', 'undoing', 'reboot-needed') OR settled_at IS NOT NULL)
) STRICT;

CREATE TABLE txn (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  operation_id    INTEGER REFERENCES operation (id),      -- NULL: belongs to none
  command         TEXT NOT NULL CHECK (length(command) BETWEEN 1 AND 256),
  state           TEXT NOT NULL DEFAULT 'open' CHECK (state IN
                    ('open', 'undoing', 'committed', 'undone', 'refused', 'reboot-needed',
                     'inconsistent')),
  program_version TEXT NOT NULL,
  payload_version TEXT,
  machine_id      TEXT NOT NULL,
  boot_id         TEXT NOT NULL,
  undo_boot_id    TEXT,                                   -- boot in which undo began, or goes on
  process_id      INTEGER NOT NULL CHECK (process_id >= 0),
  sequence_number INTEGER CHECK (sequence_number BETWEEN 0 AND 2147483647),
  work_folder     TEXT,                                   -- NULL: no step uses one
  recovered       INTEGER NOT NULL DEFAULT 0 CHECK (recovered IN (0, 1)),
  attempts        INTEGER NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 1000000),
  code            INTEGER NOT NULL DEFAULT 0,             -- exit code of the command
  cause           TEXT CHECK (cause IS NULL OR json_valid(cause)),
      -- JSON of the failure
  undo_failure    TEXT CHECK (undo_failure IS NULL OR json_valid(undo_failure)),
      -- JSON of the failure of its undo
  result          TEXT CHECK (result IS NULL OR json_valid(result)),
      -- JSON for the reports
  started_at      TEXT NOT NULL CHECK (length(started_at) = 24),
  ended_at        TEXT,
  duration_ms     INTEGER NOT NULL DEFAULT 0 CHECK (duration_ms >= 0),
  CHECK (state <> 'undoing' OR undo_boot_id IS NOT NULL),
  CHECK (state IN ('open', 'undoing') OR ended_at IS NOT NULL)
) STRICT;

CREATE TABLE step (
  txn_id          INTEGER NOT NULL REFERENCES txn (id) ON DELETE CASCADE,
  position        INTEGER NOT NULL CHECK (position BETWEEN 1 AND 100000),
  kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 256),
  target          TEXT NOT NULL,
  sentence        TEXT NOT NULL,
  vital           INTEGER NOT NULL CHECK (vital IN (0, 1)),
  state           TEXT NOT NULL DEFAULT 'planned' CHECK (state IN
                    ('planned', 'armed', 'done', 'failed', 'undone', 'undo-failed')),
  parameters      TEXT NOT NULL CHECK (json_valid(parameters)),  -- JSON
  before_image    TEXT CHECK (before_image IS NULL OR json_valid(before_image)),
      -- JSON; NULL until armed
  after_image     TEXT CHECK (after_image IS NULL OR json_valid(after_image)),
      -- JSON; NULL until done
  error           TEXT CHECK (error IS NULL OR json_valid(error)),
      -- JSON of the failure
  undo_error      TEXT CHECK (undo_error IS NULL OR json_valid(undo_error)),
      -- JSON of the failure of its undo
  foreign_objects TEXT CHECK (foreign_objects IS NULL OR json_valid(foreign_objects)),
      -- JSON array: left alone by undo
  armed_at        TEXT,
  ended_at        TEXT,                                   -- when its apply ended, well or not
  undone_at       TEXT,                                   -- when its undo ended last, well or not
  duration_ms     INTEGER NOT NULL DEFAULT 0 CHECK (duration_ms >= 0),
  PRIMARY KEY (txn_id, position),
  CHECK (state NOT IN ('armed', 'done') OR (before_image IS NOT NULL AND armed_at IS NOT NULL)),
  CHECK (state <> 'done' OR after_image IS NOT NULL)
) STRICT;

CREATE TABLE event (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  txn_id INTEGER REFERENCES txn (id) ON DELETE CASCADE,   -- NULL: belongs to none
  at     TEXT NOT NULL CHECK (length(at) = 24),
  level  TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text   TEXT NOT NULL
) STRICT;

-- What on the machine is ours. Names compare without case, as Windows does for ASCII.
CREATE TABLE owned (
  kind    TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 256),
  name    TEXT NOT NULL COLLATE NOCASE CHECK (length(name) >= 1),
  sha256  TEXT CHECK (length(sha256) = 64),
  file_id TEXT,
  size    INTEGER NOT NULL DEFAULT 0 CHECK (size >= 0),
  version TEXT,
  PRIMARY KEY (kind, name)
) STRICT;

CREATE UNIQUE INDEX operation_one_at_a_time ON operation ((1)) WHERE state IN ('open', 'undoing');
CREATE UNIQUE INDEX txn_one_open_at_a_time ON txn ((1)) WHERE state = 'open';
CREATE INDEX txn_operation ON txn (operation_id);
CREATE INDEX txn_unfinished ON txn (id) WHERE state NOT IN
  ('committed', 'undone', 'refused', 'inconsistent');
CREATE INDEX event_txn ON event (txn_id);

-- 1. Legal transitions ---------------------------------------------------------------------------

CREATE TRIGGER operation_begins_open BEFORE INSERT ON operation WHEN NEW.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'an operation begins open'); END;

CREATE TRIGGER operation_transition BEFORE UPDATE OF state ON operation
WHEN OLD.state || ' -> ' || NEW.state NOT IN (
  'open -> undoing', 'open -> settled', 'open -> undone', 'open -> reboot-needed',
  'open -> inconsistent',
  'undoing -> undone', 'undoing -> reboot-needed', 'undoing -> inconsistent',
  'reboot-needed -> open', 'reboot-needed -> undoing', 'reboot-needed -> settled',
  'reboot-needed -> undone', 'reboot-needed -> inconsistent', 'reboot-needed -> reboot-needed',
  'inconsistent -> undoing', 'inconsistent -> settled', 'inconsistent -> undone',
  'inconsistent -> reboot-needed')
BEGIN SELECT RAISE(ABORT, 'not a legal transition of an operation'); END;

CREATE TRIGGER txn_begins_open BEFORE INSERT ON txn WHEN NEW.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'a transaction begins open'); END;

CREATE TRIGGER txn_begins_in_an_operation_under_way BEFORE INSERT ON txn
WHEN (SELECT state FROM operation WHERE id = NEW.operation_id) IN ('undoing', 'settled', 'undone')
BEGIN
  SELECT RAISE(ABORT, 'no transaction begins in an operation that has ended or is undoing');
END;

CREATE TRIGGER txn_transition BEFORE UPDATE OF state ON txn
WHEN OLD.state || ' -> ' || NEW.state NOT IN (
  'open -> undoing', 'open -> committed', 'open -> undone', 'open -> refused',
  'open -> reboot-needed', 'open -> inconsistent',
  'undoing -> undoing', 'undoing -> undone', 'undoing -> reboot-needed',
  'undoing -> inconsistent',
  'committed -> undoing',
  'reboot-needed -> undoing', 'reboot-needed -> committed', 'reboot-needed -> undone',
  'reboot-needed -> inconsistent',
  'inconsistent -> undoing', 'inconsistent -> committed', 'inconsistent -> undone',
  'inconsistent -> reboot-needed')
BEGIN SELECT RAISE(ABORT, 'not a legal transition of a transaction'); END;

CREATE TRIGGER step_begins_planned BEFORE INSERT ON step WHEN NEW.state <> 'planned'
BEGIN SELECT RAISE(ABORT, 'a step begins planned'); END;

CREATE TRIGGER step_transition BEFORE UPDATE OF state ON step
WHEN OLD.state || ' -> ' || NEW.state NOT IN (
  'planned -> armed', 'planned -> failed',
  'armed -> done', 'armed -> failed', 'armed -> undone', 'armed -> undo-failed',
  'done -> undone', 'done -> undo-failed',
  'failed -> undone', 'failed -> undo-failed',
  'undone -> undone', 'undone -> undo-failed',
  'undo-failed -> undone', 'undo-failed -> undo-failed', 'undo-failed -> failed')
BEGIN SELECT RAISE(ABORT, 'not a legal transition of a step'); END;

-- 2. Undoing is one way --------------------------------------------------------------------------

CREATE TRIGGER operation_undoing_is_one_way BEFORE UPDATE OF state, undoing_at ON operation
WHEN OLD.undoing_at IS NOT NULL
 AND (NEW.state IN ('open', 'settled') OR NEW.undoing_at IS NOT OLD.undoing_at)
BEGIN SELECT RAISE(ABORT, 'undoing an operation is one way'); END;

CREATE TRIGGER operation_cause_is_fixed BEFORE UPDATE OF cause, failed_command ON operation
WHEN OLD.undoing_at IS NOT NULL
 AND (OLD.cause, OLD.failed_command) IS NOT (NEW.cause, NEW.failed_command)
BEGIN SELECT RAISE(ABORT, 'why an operation is undone never changes'); END;

CREATE TRIGGER txn_undoing_is_one_way BEFORE UPDATE OF state, undo_boot_id ON txn
WHEN OLD.undo_boot_id IS NOT NULL AND (NEW.state = 'committed' OR NEW.undo_boot_id IS NULL)
BEGIN SELECT RAISE(ABORT, 'undoing a transaction is one way'); END;

CREATE TRIGGER txn_committed_is_undone_with_its_operation BEFORE UPDATE OF state ON txn
WHEN OLD.state = 'committed' AND NEW.state = 'undoing'
 AND (SELECT state FROM operation WHERE id = OLD.operation_id) IS NOT 'undoing'
BEGIN SELECT RAISE(ABORT, 'a committed transaction is undone only with its operation'); END;

CREATE TRIGGER step_goes_forward_only_in_a_transaction_that_does BEFORE UPDATE OF state ON step
WHEN NEW.state IN ('armed', 'done')
 AND EXISTS (SELECT 1 FROM txn WHERE id = OLD.txn_id
             AND (state NOT IN ('open', 'reboot-needed', 'inconsistent')
                  OR undo_boot_id IS NOT NULL))
BEGIN
  SELECT RAISE(ABORT, 'no step goes forward in a transaction that has ended or is undoing');
END;

-- 3. What never changes --------------------------------------------------------------------------

CREATE TRIGGER operation_origin_is_fixed BEFORE UPDATE ON operation
WHEN (OLD.id, OLD.kind, OLD.from_version, OLD.to_version, OLD.handler, OLD.package,
      OLD.sequence_number, OLD.opened_at)
  IS NOT (NEW.id, NEW.kind, NEW.from_version, NEW.to_version, NEW.handler, NEW.package,
          NEW.sequence_number, NEW.opened_at)
BEGIN SELECT RAISE(ABORT, 'what an operation was opened with never changes'); END;

CREATE TRIGGER txn_origin_is_fixed BEFORE UPDATE ON txn
WHEN (OLD.id, OLD.operation_id, OLD.command, OLD.program_version, OLD.payload_version,
      OLD.machine_id, OLD.boot_id, OLD.process_id, OLD.sequence_number, OLD.work_folder,
      OLD.started_at)
  IS NOT (NEW.id, NEW.operation_id, NEW.command, NEW.program_version, NEW.payload_version,
          NEW.machine_id, NEW.boot_id, NEW.process_id, NEW.sequence_number, NEW.work_folder,
          NEW.started_at)
BEGIN SELECT RAISE(ABORT, 'what a transaction was begun with never changes'); END;

CREATE TRIGGER step_plan_is_fixed BEFORE UPDATE ON step
WHEN (OLD.txn_id, OLD.position, OLD.kind, OLD.target, OLD.sentence, OLD.vital, OLD.parameters)
  IS NOT (NEW.txn_id, NEW.position, NEW.kind, NEW.target, NEW.sentence, NEW.vital, NEW.parameters)
BEGIN SELECT RAISE(ABORT, 'the plan of a step never changes'); END;

CREATE TRIGGER step_images_are_fixed BEFORE UPDATE OF before_image, after_image, armed_at ON step
WHEN (OLD.before_image IS NOT NULL AND OLD.before_image IS NOT NEW.before_image)
  OR (OLD.after_image IS NOT NULL AND OLD.after_image IS NOT NEW.after_image)
  OR (OLD.armed_at IS NOT NULL AND OLD.armed_at IS NOT NEW.armed_at)
BEGIN SELECT RAISE(ABORT, 'an image never changes'); END;

CREATE TRIGGER meta_min_program_waits BEFORE UPDATE ON meta
WHEN OLD.key = 'min_program' AND OLD.value IS NOT NEW.value
 AND EXISTS (SELECT 1 FROM operation WHERE state NOT IN ('settled', 'undone'))
BEGIN SELECT RAISE(ABORT, 'min_program never changes while an operation is under way'); END;

-- 4. What may be deleted -------------------------------------------------------------------------

CREATE TRIGGER event_is_fixed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;

CREATE TRIGGER event_goes_with_its_transaction BEFORE DELETE ON event
WHEN EXISTS (SELECT 1 FROM txn WHERE id = OLD.txn_id)
BEGIN SELECT RAISE(ABORT, 'events go only with their transaction'); END;

CREATE TRIGGER step_goes_with_its_transaction BEFORE DELETE ON step
WHEN EXISTS (SELECT 1 FROM txn WHERE id = OLD.txn_id)
BEGIN SELECT RAISE(ABORT, 'steps go only with their transaction'); END;

CREATE TRIGGER txn_goes_when_ended BEFORE DELETE ON txn
WHEN OLD.state NOT IN ('committed', 'undone', 'refused')
  OR EXISTS (SELECT 1 FROM operation WHERE id = OLD.operation_id
             AND state NOT IN ('settled', 'undone'))
BEGIN
  SELECT RAISE(ABORT, 'a transaction is deleted only when it and its operation have ended');
END;

CREATE TRIGGER operation_goes_when_ended BEFORE DELETE ON operation
WHEN OLD.state NOT IN ('settled', 'undone')
BEGIN SELECT RAISE(ABORT, 'an operation is deleted only when it has ended'); END;

-- Views for people -------------------------------------------------------------------------------

-- One line for everything that happened, in the order of time.
CREATE VIEW timeline (at, txn, what, text) AS
SELECT at, txn, what, text FROM (
  SELECT started_at AS at, id AS txn, 0 AS rank, 'begin' AS what,
         command || coalesce(' ' || payload_version, '') || ' by process ' || process_id AS text
    FROM txn
  UNION ALL
  SELECT armed_at, txn_id, 10 * position, 'arm ' || position, sentence
    FROM step WHERE armed_at IS NOT NULL
  UNION ALL
  SELECT ended_at, txn_id, 10 * position + 1,
         iif(error IS NULL, 'done ', 'failed ') || position,
         coalesce(json_extract(error, '$.message'), kind || ' ' || target)
    FROM step WHERE ended_at IS NOT NULL AND (after_image IS NOT NULL OR error IS NOT NULL)
  UNION ALL
  SELECT undone_at, txn_id, 10000000 - position,
         iif(state = 'undo-failed', 'undo failed ', 'undone ') || position,
         coalesce(json_extract(undo_error, '$.message'), kind || ' ' || target)
    FROM step WHERE undone_at IS NOT NULL
  UNION ALL
  SELECT at, txn_id, 5000000, level, text FROM event
  UNION ALL
  SELECT ended_at, id, 20000000, 'end',
         state || iif(recovered, ' by recovery', '') || iif(code, ', code ' || code, '')
    FROM txn WHERE ended_at IS NOT NULL)
ORDER BY at, txn, rank;

-- The newest transaction that has a cause: what happened, and what its undo answered.
CREATE VIEW last_failure (txn, command, state, code, cause, undo_failure, started_at, ended_at) AS
SELECT id, command, state, code, json_extract(cause, '$.message'),
       json_extract(undo_failure, '$.message'), started_at, ended_at
  FROM txn WHERE cause IS NOT NULL ORDER BY id DESC LIMIT 1;
