#include "tests/lab/vfs_layer.h"

#include <new>
#include <utility>

namespace lab {
namespace {

struct File {
  sqlite3_file base;  // first: SQLite sees only this
  sqlite3_file* below;
  const char* name;  // SQLite keeps it until the file is closed
  bool is_wal;
  bool is_database;
};

VfsLayer::Plan the_plan;
VfsLayer::Observer the_observer;
sqlite3_vfs* the_vfs_below = nullptr;

File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* below(sqlite3_file* file) { return self(file)->below; }

bool is_due(int& countdown, bool stays) {
  if (countdown == 0) return false;
  if (countdown > 1) {
    --countdown;
    return false;
  }
  if (!stays) countdown = 0;
  return true;
}

int told(int result, const char* name, VfsLayer::Done done) {
  if (result == SQLITE_OK && the_observer && name != nullptr) the_observer(name, done);
  return result;
}
int told(int result, sqlite3_file* f, VfsLayer::Done done) {
  const bool is_kept = self(f)->is_wal || self(f)->is_database;
  return is_kept ? told(result, self(f)->name, done) : result;
}

int do_close(sqlite3_file* f) {
  const int result = below(f)->pMethods != nullptr ? below(f)->pMethods->xClose(below(f)) : 0;
  f->pMethods = nullptr;
  return result;
}
int do_read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return below(f)->pMethods->xRead(below(f), to, n, at);
}
int do_write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  if (self(f)->is_wal && is_due(the_plan.fail_wal_write, true)) return the_plan.write_error;
  if (self(f)->is_database && is_due(the_plan.fail_database_write, true)) {
    return the_plan.write_error;
  }
  return told(below(f)->pMethods->xWrite(below(f), from, n, at), f, VfsLayer::Done::kWritten);
}
int do_truncate(sqlite3_file* f, sqlite3_int64 n) {
  return told(below(f)->pMethods->xTruncate(below(f), n), f, VfsLayer::Done::kTruncated);
}
int do_sync(sqlite3_file* f, int flags) {
  if (self(f)->is_wal && is_due(the_plan.fail_wal_sync, false)) return SQLITE_IOERR_FSYNC;
  if (self(f)->is_wal) ++the_plan.wal_syncs;
  if (self(f)->is_database) ++the_plan.database_syncs;
  if (the_plan.skip_syncs) return told(SQLITE_OK, f, VfsLayer::Done::kSynced);
  return told(below(f)->pMethods->xSync(below(f), flags), f, VfsLayer::Done::kSynced);
}
int do_size(sqlite3_file* f, sqlite3_int64* n) {
  return below(f)->pMethods->xFileSize(below(f), n);
}
int do_lock(sqlite3_file* f, int kind) { return below(f)->pMethods->xLock(below(f), kind); }
int do_unlock(sqlite3_file* f, int kind) { return below(f)->pMethods->xUnlock(below(f), kind); }
int do_reserved(sqlite3_file* f, int* out) {
  return below(f)->pMethods->xCheckReservedLock(below(f), out);
}
int do_control(sqlite3_file* f, int op, void* arg) {
  return below(f)->pMethods->xFileControl(below(f), op, arg);
}
int do_sector(sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); }
int do_traits(sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); }
int do_shm_map(sqlite3_file* f, int page, int n, int extend, void volatile** out) {
  return below(f)->pMethods->xShmMap(below(f), page, n, extend, out);
}
int do_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
}
void do_shm_barrier(sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); }
int do_shm_unmap(sqlite3_file* f, int remove) {
  return below(f)->pMethods->xShmUnmap(below(f), remove);
}

constexpr sqlite3_io_methods methods(int version) {
  return {version,     do_close,       do_read,      do_write,   do_truncate, do_sync,   do_size,
          do_lock,     do_unlock,      do_reserved,  do_control, do_sector,   do_traits, do_shm_map,
          do_shm_lock, do_shm_barrier, do_shm_unmap, nullptr,    nullptr};
}
constexpr sqlite3_io_methods kMethods = methods(2);
constexpr sqlite3_io_methods kMethodsWithoutSharedMemory = methods(1);

int do_open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  File* file = new (f) File{};
  file->name = name;
  file->below = reinterpret_cast<sqlite3_file*>(file + 1);
  file->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
  file->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  const int result = the_vfs_below->xOpen(the_vfs_below, name, file->below, flags, out_flags);
  if (result == SQLITE_OK) {
    f->pMethods = the_plan.without_shared_memory ? &kMethodsWithoutSharedMemory : &kMethods;
  }
  return result;
}

int do_delete(sqlite3_vfs* /*vfs*/, const char* name, int sync_folder) {
  return told(the_vfs_below->xDelete(the_vfs_below, name, the_plan.skip_syncs ? 0 : sync_folder),
              name, VfsLayer::Done::kDeleted);
}

}  // namespace

VfsLayer::VfsLayer() : below_(sqlite3_vfs_find(nullptr)) {
  the_plan = {};
  the_vfs_below = below_;
  layer_ = *below_;
  layer_.pNext = nullptr;
  layer_.zName = "faulty";
  layer_.szOsFile = static_cast<int>(sizeof(File)) + below_->szOsFile;
  layer_.xOpen = do_open;
  layer_.xDelete = do_delete;
  sqlite3_vfs_register(&layer_, 1);
}

VfsLayer::~VfsLayer() {
  sqlite3_vfs_unregister(&layer_);
  sqlite3_vfs_register(below_, 1);
}

VfsLayer::Plan& VfsLayer::plan() { return the_plan; }

void VfsLayer::observe(Observer observer) { the_observer = std::move(observer); }

}  // namespace lab
