#include "actions/machine/simulated/vm_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "errors/failure.h"

namespace machine::simulated {
namespace {

std::string state_file(const std::string& folder) { return folder + "/machine.json"; }

errors::Failure no_vm(const std::string& folder) {
  return errors::Failure(errors::ExitCode::kUsage, folder, "open the simulated VM " + folder)
      .advise("The folder holds no simulated VM: make one with `simvm create`.");
}

std::string absolute_path(const std::string& folder) {
  std::string path = std::filesystem::absolute(folder).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

std::int64_t modified_ns(const struct stat& info) {
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

// Inodes are used again and times are coarse: neither alone shows that another process has been
// here.
std::int64_t generation_of(int lock) {
  std::int64_t generation = 0;
  if (::pread(lock, &generation, sizeof generation, 0) != sizeof generation) return 0;
  return generation;
}

}  // namespace

void write_state(const std::string& folder, const MachineState& state) {
  const std::string file = state_file(folder);
  const std::string fresh = file + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << to_json(state).dump(1) << '\n';
    out.close();
    if (!out) throw std::runtime_error("cannot write " + fresh);
  }
  std::filesystem::rename(fresh, file);
}

VmFolder::VmFolder(const std::string& folder)
    : path_(absolute_path(folder)),
      drive_(tree_, path_ + "/C"),
      effects_(path_ + "/unsynced.log"),
      unsynced_(drive_, effects_, graveyard()) {
  if (!std::filesystem::exists(state_file(path_))) throw no_vm(folder);
  lock_ = ::open((path_ + "/machine.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) throw no_vm(folder);
}

VmFolder::~VmFolder() {
  if (lock_ >= 0) ::close(lock_);
}

void VmFolder::load_if_changed() {
  const std::string file = state_file(path_);
  struct stat info = {};
  if (::stat(file.c_str(), &info) != 0) throw no_vm(path_);
  const std::int64_t generation = generation_of(lock_);
  const bool same_file = info.st_ino == inode_ && modified_ns(info) == modified_ns_;
  if (same_file && generation == generation_) return;
  const std::int64_t clock = state_.clock_ms;
  try {
    std::ifstream in(file, std::ios::binary);
    state_ = machine_state_from_json(nlohmann::json::parse(in));
  } catch (const nlohmann::json::exception& error) {
    throw errors::Failure(errors::ExitCode::kUsage, file, "read the simulated VM " + file)
        .advise(error.what());
  }
  state_.clock_ms = std::max(state_.clock_ms, clock);  // calls that changed nothing took time too
  generation_ = generation;
  inode_ = info.st_ino;
  modified_ns_ = modified_ns(info);
  if (state_.drive_identity != drive_identity()) {
    drive_.walk([this](const disk::Place& place) { tree_.adopt_copy(place.host); });
    for (const std::string& name : tree_.names(graveyard()))
      tree_.adopt_copy(graveyard() + "/" + name);
    state_.drive_identity = drive_identity();
    save();
  }
}

void VmFolder::save() {
  write_state(path_, state_);
  ++generation_;
  if (::pwrite(lock_, &generation_, sizeof generation_, 0) != sizeof generation_)
    throw no_vm(path_);
  struct stat info = {};
  if (::stat(state_file(path_).c_str(), &info) != 0) throw no_vm(path_);
  inode_ = info.st_ino;
  modified_ns_ = modified_ns(info);
}

void VmFolder::enter() {
  while (::flock(lock_, LOCK_EX) != 0) {
    if (errno != EINTR) throw no_vm(path_);
  }
  try {
    load_if_changed();
  } catch (...) {
    leave();
    throw;
  }
}

void VmFolder::leave() { ::flock(lock_, LOCK_UN); }

}  // namespace machine::simulated
