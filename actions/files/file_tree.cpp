#include "actions/files/file_tree.h"

#include "actions/machine/paths.h"
#include "errors/failure.h"

namespace actions::files {
namespace {

using machine::FileKind;

void check_bounds(const FileTree& tree, const std::string& top) {
  const std::size_t entries = tree.folders.size() + tree.files.size() + tree.links.size();
  if (entries <= FileTree::kMostEntries && tree.bytes <= FileTree::kMostBytes) return;
  throw errors::Failure(errors::ExitCode::kCopyFile, top,
                        "keep a copy of " + top + ": it holds more than " +
                            std::to_string(FileTree::kMostEntries) + " entries or " +
                            std::to_string(FileTree::kMostBytes) + " bytes")
      .advise("Move out of " + top + " what does not belong there,");
}

}  // namespace

FileTree FileTree::below(machine::Files& files, const std::string& folder) {
  FileTree tree;
  const auto top = files.stat(folder);
  if (top && top->kind == FileKind::kFolder) tree.folders.push_back(folder);
  if (top && top->kind == FileKind::kLink) tree.links.push_back(folder);
  for (std::size_t next = 0; next < tree.folders.size(); ++next) {
    const std::string parent = tree.folders[next];  // the list grows meanwhile
    for (const std::string& name : files.list(parent)) {
      const std::string path = machine::join(parent, name);
      const auto info = files.stat(path);
      if (!info) continue;
      if (info->kind == FileKind::kFolder) tree.folders.push_back(path);
      if (info->kind == FileKind::kLink) tree.links.push_back(path);
      if (info->kind == FileKind::kFile) {
        tree.files.push_back({path, *info});
        tree.bytes += info->size;
      }
      check_bounds(tree, folder);
    }
  }
  return tree;
}

}  // namespace actions::files
