#include "tests/golden/room.h"

#include "tests/golden/machine_lines.h"

namespace golden {
namespace {

std::vector<lab::Package> made(const std::filesystem::path& room, const Room::Packages& packages) {
  std::vector<lab::Package> all;
  for (const auto& [folder, payload] : packages)
    all.emplace_back(room / folder, payload);
  return all;
}

}  // namespace

Room::Room(const Packages& packages)
    : names_(packages),
      packages_(made(folder_.path(), packages)),
      camera_(vm_.memory(), written_folders()) {}

std::vector<std::filesystem::path> Room::written_folders() const {
  std::vector<std::filesystem::path> all;
  for (const lab::Package& package : packages_)
    for (const auto& folder : package.written_folders())
      all.push_back(folder);
  return all;
}

void Room::drop_packages() const {
  for (const lab::Package& package : packages_)
    std::filesystem::remove_all(package.root());
}

void Room::restore(const Lines& lines) {
  for (std::size_t i = 0; i < packages_.size(); ++i)
    if (!std::filesystem::exists(packages_[i].root()))
      packages_[i] = lab::Package(folder_.path() / names_[i].first, names_[i].second);
  if (lines != restored_) {
    photograph_ = photograph_of(lines, folder_.path());
    restored_ = lines;
  }
  camera_.restore(photograph_);
}

Lines Room::lines() { return machine_lines(camera_.take(), folder_.path()); }

}  // namespace golden
