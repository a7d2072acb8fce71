#pragma once

#include <functional>
#include <map>
#include <memory>

#include "actions/machine/simulated/disk/tree.h"

namespace machine::simulated::disk {

class Content;  // the bytes of a file, with their hash and version

// A file, folder or link of a tree in memory. Copied trees share their nodes until one changes.
struct MemoryNode {
  FileKind kind = FileKind::kFolder;
  std::shared_ptr<const Content> content;  // of a file
  bool readonly = false;
  std::string id;      // "f17"; of the root, ""
  std::string target;  // of a link: a path in the tree, or relative to the link's folder
  // The folder of the host, below the tree's home, that holds the journal's files of this folder:
  // "1". SQLite opens them there.
  std::string home;
  std::map<std::string, std::shared_ptr<MemoryNode>> children;
};

// A whole tree as one value: a copy costs nothing, comparison is by content.
struct MemoryFiles {
  std::shared_ptr<MemoryNode> root = std::make_shared<MemoryNode>();
  std::uint64_t next_id = 1;
  std::uint64_t next_home = 1;

  bool operator==(const MemoryFiles& other) const;
};

// A tree in memory, over a value that its owner keeps. Ids are given in order, so that equal lives
// give equal ids. Paths begin with '/'.
//
// SQLite opens the journal, so the files "journal.db…", "lock" and "reserve" of each folder
// ProgramData/EbpfForWindows are real files, in a folder of `home`; everything else is memory. They
// have no ids of their own and are deleted at once.
//
// `changed` is called after each change, also in the middle of copy_in(), so that its owner sees
// what a process that dies there leaves.
class MemoryTree final : public Tree {
 public:
  MemoryTree(MemoryFiles& files, std::string home, std::function<void()> changed)
      : files_(files), home_(std::move(home)), changed_(std::move(changed)) {}

  std::optional<Entry> look(const std::string& path) const override;
  bool is_folder(const std::string& path) const override;
  std::vector<std::string> names(const std::string& folder) const override;
  std::string link_target(const std::string& path) const override;
  std::string read(const std::string& path) const override;
  std::string sha256(const std::string& path) const override;
  std::optional<PeVersion> version(const std::string& path) const override;
  std::string file_id(const std::string& path) const override;
  std::string native_path(const std::string& path) const override;
  void write(const std::string& path, std::string_view content) override;
  bool is_source(const std::string& source) const override;
  Copied copy_in(const std::string& source, const std::string& path, std::uint64_t room) override;
  void make_folder(const std::string& path) override;
  void make_link(const std::string& path, const std::string& target) override;
  void rename(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  void remove_all(const std::string& path) override;
  void set_readonly(const std::string& path, bool readonly) override;
  void resize(const std::string& path, std::uint64_t bytes) override;

 private:
  // The node at a path; links on the way are followed, a link at its end is not.
  const MemoryNode* find(const std::string& path) const;
  const MemoryNode& existing(const std::string& path) const;
  // Resolves the links on a path's way; behind() also a link at its end. nullopt: they form a
  // circle.
  std::optional<std::string> real_path(std::string path) const;
  std::optional<std::string> behind(std::string path) const;
  const MemoryNode* find_behind(const std::string& path) const;
  std::shared_ptr<const Content> content(const std::string& path) const;
  MemoryNode& own(const std::string& path);        // the node, to be changed; throws if missing
  MemoryNode& folder_of(const std::string& path);  // the folder of `path`, to be changed
  // The host path of one of the journal's files; nullopt for every other file.
  std::optional<std::string> on_host(const std::string& path) const;
  std::shared_ptr<const Content> source_content(const std::string& source) const;
  void put(const std::string& path, std::shared_ptr<const Content> content);
  void take_out(const std::string& path);

  MemoryFiles& files_;
  std::string home_;
  std::function<void()> changed_;
};

}  // namespace machine::simulated::disk
