#include "actions/files/made_folders.h"

#include <algorithm>

#include "actions/context.h"
#include "actions/files/folder_set.h"
#include "actions/files/removal.h"
#include "actions/machine/paths.h"

namespace actions::files {

using errors::ExitCode;
using errors::Failure;

std::vector<std::string> missing_folders(machine::Files& files,
                                         const std::vector<std::string>& folders) {
  FolderSet known;
  std::vector<std::string> missing;
  for (std::string folder : folders) {
    while (!folder.empty() && !known.contains(folder)) {
      known.add(folder);
      const auto there = files.stat(folder);
      if (there && there->kind != machine::FileKind::kFolder) {
        throw Failure(ExitCode::kCreateFolder, folder,
                      "use folder " + folder + ": a file or a link is in its place");
      }
      if (there) break;
      missing.push_back(folder);
      folder = machine::parent(folder);
    }
  }
  // A parent is shorter than what is in it.
  std::ranges::stable_sort(missing, {}, [](const std::string& path) { return path.size(); });
  return missing;
}

void make_folders(machine::Files& files, const std::vector<std::string>& outermost_first) {
  for (const std::string& folder : outermost_first) {
    in_context("while making " + folder, ExitCode::kCreateFolder, [&] {
      if (!files.stat(folder)) files.create_folder(folder);
    });
  }
}

void remove_made_folders(machine::Files& files, const std::vector<std::string>& outermost_first,
                         UndoResult& result) {
  // The folder that was left last. Its parents cannot be empty and are not worth a sentence.
  std::string left;
  // Not std::views::reverse: Clang 14 cannot compile libstdc++ 12's.
  const std::vector<std::string> innermost_first(outermost_first.rbegin(), outermost_first.rend());
  for (const std::string& folder : innermost_first) {
    if (!files.stat(folder)) continue;
    if (!left.empty() && machine::is_within(left, folder)) continue;
    if (remove_empty_folder(files, folder)) continue;
    left = folder;
    const auto names = files.list(folder);
    result.foreign.push_back(folder + " was made here and is left, for it is " +
                             (names.empty() ? "in use" : "not empty: " + names.front()));
  }
}

}  // namespace actions::files
