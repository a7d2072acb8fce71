#include "tests/world/payload.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "actions/machine/paths.h"
#include "actions/machine/sha256.h"

namespace world {
namespace {

namespace fs = std::filesystem;

constexpr std::array<ComponentOf, 3> kComponents{{{"EbpfCore", R"(drivers\ebpfcore.sys)"},
                                                  {"NetEbpfExt", R"(drivers\netebpfext.sys)"},
                                                  {"eBPFSvc", "ebpfsvc.exe"}}};

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The folder whose content is installed: the one with ebpfapi.dll.
fs::path root_of(const fs::path& tree) {
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (machine::equal_names(entry.path().filename().string(), "ebpfapi.dll"))
      return entry.path().parent_path();
  }
  throw std::runtime_error("no payload in " + tree.string());
}

Payload read(const std::string& version) {
  Payload payload;
  payload.version = version;
  const fs::path root = root_of(fs::path(EBPF_TEST_PAYLOADS) / version);
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::string name = fs::relative(entry.path(), root).generic_string();
    for (char& c : name)
      if (c == '/') c = '\\';
    payload.files[machine::fold_case(name)] = machine::sha256_of(content_of(entry.path()));
  }
  return payload;
}

}  // namespace

std::vector<ComponentOf> Payload::components() const {
  std::vector<ComponentOf> all;
  for (const ComponentOf& component : kComponents) {
    if (files.contains(std::string(component.file))) all.push_back(component);
  }
  return all;
}

std::string Payload::sha_of(std::string_view file) const {
  const auto found = files.find(std::string(file));
  return found == files.end() ? "" : found->second;
}

const Payload& payload(const std::string& version) {
  static std::map<std::string, Payload> kept;
  const auto found = kept.find(version);
  if (found != kept.end()) return found->second;
  return kept.emplace(version, read(version)).first->second;
}

std::string version_of(std::string_view service, const std::string& sha) {
  for (const std::string version : kVersions) {
    for (const ComponentOf& component : payload(version).components()) {
      if (component.service == service && payload(version).sha_of(component.file) == sha)
        return version;
    }
  }
  return "";
}

bool is_lower(const std::string& version, const std::string& than) {
  return std::ranges::find(kVersions, version) < std::ranges::find(kVersions, than);
}

}  // namespace world
