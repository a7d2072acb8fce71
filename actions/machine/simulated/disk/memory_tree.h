#pragma once

#include <functional>
#include <map>
#include <memory>

#include "actions/machine/simulated/disk/tree.h"

namespace machine::simulated::disk {

class Content;  // the bytes of a file, with what was computed from them

// One thing in a tree in memory. Trees that were copied share their nodes until one changes.
struct MemoryNode {
  FileKind kind = FileKind::kFolder;
  std::shared_ptr<const Content> content;  // of a file
  bool readonly = false;
  std::string id;      // "f17"; of the root, ""
  std::string target;  // of a link: a path in the tree, or one that counts from the link's folder
  // The folder of the host that holds this folder's own files of the journal, below the tree's
  // home: "1". SQLite opens them there.
  std::string home;
  std::map<std::string, std::shared_ptr<MemoryNode>> children;
};

// All of a tree as one value: copied in no time, compared by what it holds.
struct MemoryFiles {
  std::shared_ptr<MemoryNode> root = std::make_shared<MemoryNode>();
  std::uint64_t next_id = 1;
  std::uint64_t next_home = 1;

  bool operator==(const MemoryFiles& other) const;
};

// A tree in memory, over a value that its owner keeps. Ids are given in order, so that equal lives
// give equal ids. Paths begin with '/'.
//
// The journal is opened by SQLite, so the files "journal.db…", "lock" and "reserve" of each folder
// ProgramData/EbpfForWindows are real files, in a folder of `home`; everything else is memory. They
// have no ids of their own and go away at once when they are removed.
//
// `changed` is told after each change, also in the middle of copy_in(): what a process that dies
// there leaves.
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
  // What is at a path itself; links on the way to it are followed.
  const MemoryNode* find(const std::string& path) const;
  const MemoryNode& existing(const std::string& path) const;
  // A path without the links on its way; behind() also without one at its end. nullopt: they go
  // round in a circle.
  std::optional<std::string> real_path(std::string path) const;
  std::optional<std::string> behind(std::string path) const;
  const MemoryNode* find_behind(const std::string& path) const;
  std::shared_ptr<const Content> content(const std::string& path) const;
  MemoryNode& own(const std::string& path);        // to be changed; throws where it is not there
  MemoryNode& folder_of(const std::string& path);  // to be changed; of the thing at `path`
  // Where a file of the journal lies on the host; nullopt: it is none.
  std::optional<std::string> on_host(const std::string& path) const;
  std::shared_ptr<const Content> source_content(const std::string& source) const;
  void put(const std::string& path, std::shared_ptr<const Content> content);
  void take_out(const std::string& path);

  MemoryFiles& files_;
  std::string home_;
  std::function<void()> changed_;
};

}  // namespace machine::simulated::disk
