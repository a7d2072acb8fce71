#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/golden/lines.h"
#include "tests/lab/camera.h"
#include "tests/lab/lab.h"

namespace golden {

// Where a golden case is restored and lived: a VM in memory, and the packages that its commands
// come from. Only the VM and what commands write are golden; the packages are made anew.
class Room {
 public:
  // Folder and payload of each package: {"old", "1.0.0"}.
  using Packages = std::vector<std::pair<std::string, std::string>>;
  explicit Room(const Packages& packages);

  const lab::Vm& vm() const { return vm_; }
  static constexpr std::size_t kOld = 0;  // in an update; else the only one
  static constexpr std::size_t kNew = 1;  // that comes in
  const lab::Package& package(std::size_t index) const { return packages_.at(index); }
  const lab::Package& newest_package() const { return packages_.back(); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  lab::Camera& camera() { return camera_; }

  // Of all packages; restore() makes them anew.
  void drop_packages() const;

  // The one place where text becomes a machine: file ids, journal rows and their ids included.
  void restore(const Lines& lines);
  Lines lines();  // all of it, as text

 private:
  std::vector<std::filesystem::path> written_folders() const;

  Packages names_;
  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  std::vector<lab::Package> packages_;
  lab::Camera camera_;
  Lines restored_;  // what the photograph was made of
  lab::Photograph photograph_;
};

}  // namespace golden
