#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "actions/machine/files.h"

namespace actions::files {

// All that lies below a folder, read-only. Links are named and never followed: they could lead
// anywhere. A folder that is missing, or is no folder, is an empty tree.
// Bounded: more than kMostEntries entries or kMostBytes throw kCopyFile; whoever takes the whole
// tree copies it, and no installation of eBPF comes near.
struct FileTree {
  struct File {
    std::string path;
    machine::FileInfo info;
  };
  static constexpr std::size_t kMostEntries = 4096;
  static constexpr std::uint64_t kMostBytes = 1024ULL * 1024 * 1024;

  static FileTree below(machine::Files& files, const std::string& folder);

  std::vector<std::string> folders;  // the top first, each before those in it
  std::vector<File> files;
  std::vector<std::string> links;
  std::uint64_t bytes = 0;
};

}  // namespace actions::files
