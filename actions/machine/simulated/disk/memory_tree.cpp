#include "actions/machine/simulated/disk/memory_tree.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "actions/machine/simulated/disk/content.h"
#include "actions/machine/simulated/disk/folder_tree.h"

namespace machine::simulated::disk {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJournalFolderTail = "ProgramData/EbpfForWindows";
constexpr std::string_view kInMemory = "memory:";  // how a native path of a file in memory begins

bool is_kept_on_host(std::string_view name) {
  return name.starts_with("journal.db") || name == "lock" || name == "reserve";
}

[[noreturn]] void fail(const char* tried, const std::string& path, int error) {
  throw fs::filesystem_error(tried, path, std::error_code(error, std::generic_category()));
}

constexpr int kMaxLinks = 40;  // as Linux has it: more of them lead nowhere

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Where a link at `path` leads: a relative target counts from the link's folder.
std::string led_to(const std::string& path, const std::string& target) {
  if (target.starts_with('/')) return fs::path(target).lexically_normal().string();
  return fs::path(parent_of(path) + "/" + target).lexically_normal().string();
}

// Calls with each component of a path.
template <typename Visit>
void components(std::string_view path, Visit visit) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && !visit(std::string(path.substr(0, end)))) return;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

const MemoryNode* child_of(const MemoryNode* node, const std::string& name) {
  if (node == nullptr) return nullptr;
  const auto child = node->children.find(name);
  return child == node->children.end() ? nullptr : child->second.get();
}

bool equal(const std::shared_ptr<MemoryNode>& left, const std::shared_ptr<MemoryNode>& right) {
  if (left == right) return true;
  if (left->kind != right->kind || left->readonly != right->readonly || left->id != right->id ||
      left->target != right->target || left->home != right->home ||
      left->children.size() != right->children.size()) {
    return false;
  }
  if (left->content != right->content &&
      (!left->content || !right->content || left->content->bytes() != right->content->bytes()))
    return false;
  return std::equal(
      left->children.begin(), left->children.end(), right->children.begin(),
      [](const auto& a, const auto& b) { return a.first == b.first && equal(a.second, b.second); });
}

}  // namespace

bool MemoryFiles::operator==(const MemoryFiles& other) const {
  return next_id == other.next_id && next_home == other.next_home && equal(root, other.root);
}

const MemoryNode* MemoryTree::find(const std::string& path) const {
  const MemoryNode* node = files_.root.get();
  bool link_on_the_way = false;
  components(path, [&](const std::string& name) {
    link_on_the_way = node->kind == FileKind::kLink;
    if (link_on_the_way) return false;
    node = child_of(node, name);
    return node != nullptr;
  });
  if (!link_on_the_way) return node;
  const auto real = real_path(path);
  return real ? find(*real) : nullptr;
}

std::optional<std::string> MemoryTree::real_path(std::string path) const {
  for (int links = 0; links < kMaxLinks; ++links) {
    const MemoryNode* node = files_.root.get();
    std::string at;
    std::string led;  // "": no link is on the way
    components(path, [&](const std::string& name) {
      if (!led.empty()) {
        led += "/" + name;
      } else if (node != nullptr && node->kind == FileKind::kLink) {
        led = led_to(at, node->target) + "/" + name;
      } else {
        at += "/" + name;
        node = child_of(node, name);
      }
      return true;
    });
    if (led.empty()) return at;
    path = std::move(led);
  }
  return std::nullopt;
}

std::optional<std::string> MemoryTree::behind(std::string path) const {
  for (int links = 0; links < kMaxLinks; ++links) {
    const MemoryNode* node = find(path);
    if (node == nullptr || node->kind != FileKind::kLink) return path;
    path = led_to(real_path(path).value_or(path), node->target);
  }
  return std::nullopt;
}

const MemoryNode* MemoryTree::find_behind(const std::string& path) const {
  const auto end = behind(path);
  return end ? find(*end) : nullptr;
}

const MemoryNode& MemoryTree::existing(const std::string& path) const {
  const MemoryNode* node = find(path);
  if (node == nullptr) fail("look at", path, ENOENT);
  return *node;
}

std::shared_ptr<const Content> MemoryTree::content(const std::string& path) const {
  const MemoryNode* node = find_behind(path);
  if (node == nullptr) fail("read", path, ENOENT);
  if (!node->content) fail("read", path, EISDIR);
  return node->content;
}

MemoryNode& MemoryTree::own(const std::string& path) {
  const auto unshare = [](std::shared_ptr<MemoryNode>& node) {
    if (node.use_count() > 1) node = std::make_shared<MemoryNode>(*node);
    return node.get();
  };
  existing(path);
  MemoryNode* node = unshare(files_.root);
  components(real_path(path).value_or(path), [&](const std::string& name) {
    node = unshare(node->children.at(name));
    return true;
  });
  return *node;
}

MemoryNode& MemoryTree::folder_of(const std::string& path) {
  const auto folder = behind(parent_of(path));
  if (!folder) fail("find the folder of", path, ELOOP);
  MemoryNode& node = own(*folder);
  if (node.kind != FileKind::kFolder) fail("find the folder of", path, ENOTDIR);
  return node;
}

std::optional<std::string> MemoryTree::on_host(const std::string& path) const {
  const std::string name = name_of(path);
  if (!is_kept_on_host(name)) return std::nullopt;
  const MemoryNode* folder = find_behind(parent_of(path));
  if (folder == nullptr || folder->home.empty() || folder->children.contains(name))
    return std::nullopt;
  return home_ + "/" + folder->home + "/" + name;
}

std::optional<Tree::Entry> MemoryTree::look(const std::string& path) const {
  if (const auto host = on_host(path)) return FolderTree().look(*host);
  const MemoryNode* node = find(path);
  if (node == nullptr) return std::nullopt;
  return Entry{node->kind, node->content ? node->content->bytes().size() : 0, node->readonly};
}

bool MemoryTree::is_folder(const std::string& path) const {
  const MemoryNode* node = find_behind(path);
  return node != nullptr && node->kind == FileKind::kFolder;
}

std::vector<std::string> MemoryTree::names(const std::string& folder) const {
  std::vector<std::string> names;
  const MemoryNode* node = find_behind(folder);
  if (node == nullptr) return names;
  if (!node->home.empty()) {
    for (const std::string& name : FolderTree().names(home_ + "/" + node->home))
      if (is_kept_on_host(name) && !node->children.contains(name)) names.push_back(name);
  }
  for (const auto& [name, child] : node->children)
    names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string MemoryTree::link_target(const std::string& path) const { return existing(path).target; }

std::string MemoryTree::read(const std::string& path) const {
  if (const auto host = on_host(path)) return FolderTree().read(*host);
  return content(path)->bytes();
}

std::string MemoryTree::sha256(const std::string& path) const {
  if (const auto host = on_host(path)) return FolderTree().sha256(*host);
  return content(path)->sha256();
}

std::optional<PeVersion> MemoryTree::version(const std::string& path) const {
  const MemoryNode* node = find(path);
  if (node == nullptr || !node->content) return std::nullopt;
  return node->content->version();
}

std::string MemoryTree::file_id(const std::string& path) const {
  if (on_host(path)) return "host " + name_of(path);
  const MemoryNode* node = find(path);
  return node == nullptr ? "" : node->id;
}

std::string MemoryTree::native_path(const std::string& path) const {
  return on_host(path).value_or(std::string(kInMemory) + path);
}

void MemoryTree::put(const std::string& at, std::shared_ptr<const Content> content) {
  const auto end = behind(at);
  if (!end) fail("write", at, ELOOP);
  const std::string& path = *end;
  const MemoryNode* there = find(path);
  if (there != nullptr && there->kind == FileKind::kFolder) fail("write", path, EISDIR);
  if (there == nullptr) {
    auto made = std::make_shared<MemoryNode>();
    made->kind = FileKind::kFile;
    made->id = "f" + std::to_string(files_.next_id++);
    made->content = std::move(content);
    folder_of(path).children[name_of(path)] = std::move(made);
  } else {
    own(path).content = std::move(content);
  }
  changed_();
}

void MemoryTree::write(const std::string& path, std::string_view content) {
  if (const auto host = on_host(path)) {
    FolderTree().write(*host, content);
    return changed_();
  }
  put(path, std::make_shared<const Content>(std::string(content)));
}

bool MemoryTree::is_source(const std::string& source) const {
  if (!source.starts_with(kInMemory)) return FolderTree().is_source(source);
  const MemoryNode* node = find_behind(source.substr(kInMemory.size()));
  return node != nullptr && node->kind == FileKind::kFile;
}

std::shared_ptr<const Content> MemoryTree::source_content(const std::string& source) const {
  if (source.starts_with(kInMemory)) return content(source.substr(kInMemory.size()));
  return content_of_host_file(source);
}

Tree::Copied MemoryTree::copy_in(const std::string& source, const std::string& path,
                                 std::uint64_t room) {
  std::shared_ptr<const Content> content = source_content(source);
  Copied copied;
  copied.size = content->bytes().size();
  copied.sha256 = content->sha256();
  copied.full = copied.size > room;
  if (copied.full) return copied;
  const std::string& bytes = content->bytes();
  put(path, std::make_shared<const Content>(bytes.substr(0, bytes.size() / 2)));
  put(path, std::move(content));
  return copied;
}

void MemoryTree::make_folder(const std::string& path) {
  if (find(path) != nullptr) return;
  auto made = std::make_shared<MemoryNode>();
  made->id = "f" + std::to_string(files_.next_id++);
  if (path.ends_with(kJournalFolderTail)) {
    made->home = std::to_string(files_.next_home++);
    fs::create_directories(home_ + "/" + made->home);
  }
  folder_of(path).children[name_of(path)] = std::move(made);
  changed_();
}

void MemoryTree::make_link(const std::string& path, const std::string& target) {
  auto made = std::make_shared<MemoryNode>();
  made->kind = FileKind::kLink;
  made->id = "f" + std::to_string(files_.next_id++);
  made->target = target;
  folder_of(path).children[name_of(path)] = std::move(made);
  changed_();
}

void MemoryTree::take_out(const std::string& path) {
  folder_of(path).children.erase(name_of(path));
}

void MemoryTree::rename(const std::string& from, const std::string& to) {
  const auto host_from = on_host(from);
  const auto host_to = on_host(to);
  if (host_from && host_to) {
    FolderTree().rename(*host_from, *host_to);
  } else if (host_from) {  // it leaves the journal's folder, or its name there
    const std::string bytes = FolderTree().read(*host_from);
    put(to, std::make_shared<const Content>(bytes));
    FolderTree().remove(*host_from);
  } else if (host_to && existing(from).content) {  // it becomes one of the journal's files
    FolderTree().write(*host_to, existing(from).content->bytes());
    take_out(from);
  } else {
    existing(from);
    const auto into = behind(parent_of(to));
    folder_of(to);  // throws before anything is taken out
    if ((real_path(*into).value_or("") + "/").starts_with(real_path(from).value_or("") + "/"))
      fail("rename", to, EINVAL);
    std::shared_ptr<MemoryNode> moved = folder_of(from).children.at(name_of(from));
    take_out(from);
    folder_of(to).children[name_of(to)] = std::move(moved);
  }
  changed_();
}

void MemoryTree::remove(const std::string& path) {
  if (const auto host = on_host(path)) {
    FolderTree().remove(*host);
    return changed_();
  }
  const MemoryNode* node = find(path);
  if (node == nullptr) return;
  if (!names(path).empty() && node->kind == FileKind::kFolder) fail("remove", path, ENOTEMPTY);
  take_out(path);
  changed_();
}

void MemoryTree::remove_all(const std::string& path) {
  if (find(path) == nullptr) return;
  take_out(path);
  changed_();
}

void MemoryTree::set_readonly(const std::string& path, bool readonly) {
  if (const auto host = on_host(path)) {
    FolderTree().set_readonly(*host, readonly);
  } else if (existing(path).kind != FileKind::kLink) {  // a link has no such attribute
    own(path).readonly = readonly;
  }
  changed_();
}

void MemoryTree::resize(const std::string& path, std::uint64_t bytes) {
  std::string content = read(path);
  content.resize(bytes, '\0');
  write(path, content);
}

}  // namespace machine::simulated::disk
