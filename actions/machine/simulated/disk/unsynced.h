#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/disk/effects.h"
#include "json/json.h"

namespace machine::simulated::disk {

// The changes of the drive that a power cut may still take: a log of effects, and a graveyard for
// deleted files that may have to come back. Two kinds of effects:
//   * metadata (create, rename, delete, read-only): NTFS journals them, so a cut loses a suffix of
//     them. A sync of a folder makes everything durable up to the last change in it; a flush of the
//     machine, everything.
//   * content (written bytes): lost file by file until the file is synced. It follows the file id
//     through renames.
// Files that are written outside this class (the journal's database, files put in by hand) lose
// nothing.
class Unsynced {
 public:
  // `graveyard`: a folder of the drive's tree, outside the drive.
  Unsynced(const Drive& drive, EffectLog& log, std::string graveyard)
      : drive_(drive), log_(log), graveyard_(std::move(graveyard)) {}

  // These four are called after the change.
  void created(const Place& place);
  // `from` as found before the rename, `to` with its host path.
  void renamed(const Place& from, const Place& to);
  void set_readonly(const Place& place);  // `place` as found before the change
  void written(const Place& place);
  // These delete; a file goes to the graveyard.
  void remove(const Place& place);
  void remove_folder(const Place& place);

  void sync(const std::vector<Place>& places);
  void flush();
  void forget_all();  // everything is durable: the system ends in order

  // Takes effects back as power_cut.h says, and forgets the rest.
  void lose(std::uint64_t seed, std::mt19937_64& random);

 private:
  std::string in(const std::string& host) const;  // the id of the folder of `host`
  std::string host(const std::string& windows_path) const;
  std::string grave(const std::string& id) const { return graveyard_ + "/" + id; }
  void move_back(const std::string& from, const std::string& to) const;
  void undo(const Effect& effect) const;
  void lose_content(const std::set<std::string>& ids, std::uint64_t seed,
                    std::mt19937_64& random) const;

  const Drive& drive_;
  EffectLog& log_;
  std::string graveyard_;
};

}  // namespace machine::simulated::disk
