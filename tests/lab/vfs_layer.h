#pragma once

#include <sqlite3.h>

#include <functional>
#include <string>

namespace lab {

// A layer under SQLite, the default one while this object lives: counts the syncs of each kind of
// file, lets writes or syncs fail, and tells of what was done to the files. Not for several
// threads.
class VfsLayer {
 public:
  VfsLayer();
  VfsLayer(const VfsLayer&) = delete;
  VfsLayer& operator=(const VfsLayer&) = delete;
  ~VfsLayer();

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

  enum class Done { kWritten, kTruncated, kSynced, kDeleted };
  using Observer = std::function<void(const std::string& path, Done done)>;
  // Told after each such call on the database and its WAL. An empty one ends that.
  static void observe(Observer observer);

 private:
  sqlite3_vfs layer_{};
  sqlite3_vfs* below_;
};

}  // namespace lab
