#pragma once

#include <sqlite3.h>

namespace journal {

// A layer under SQLite, the default one while this object lives: counts the syncs of each kind of
// file, and lets writes or syncs fail. Not for several threads.
class FaultyVfs {
 public:
  FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs();

  struct Plan {
    int wal_syncs = 0;       // made
    int database_syncs = 0;  // made
    int fail_wal_sync = 0;   // the n-th from now fails with SQLITE_IOERR_FSYNC; 0: none
    int fail_wal_write = 0;  // the n-th from now, and all later ones, fail with `write_error`
    int fail_database_write = 0;
    int write_error = SQLITE_FULL;
    bool skip_syncs = false;             // for tests of many files and no power cuts
    bool without_shared_memory = false;  // files opened from now on cannot be in WAL mode
  };
  static Plan& plan();

 private:
  sqlite3_vfs layer_{};
  sqlite3_vfs* below_;
};

}  // namespace journal
