#include "actions/machine/simulated/disk/content.h"

#include <algorithm>
#include <unordered_map>

#include "actions/machine/sha256.h"
#include "actions/machine/simulated/disk/posix_host_files.h"

namespace machine::simulated::disk {

const std::string& Content::sha256() const {
  if (sha256_.empty()) sha256_ = sha256_of(bytes_);
  return sha256_;
}

const std::optional<PeVersion>& Content::version() const {
  if (!version_) {
    version_ = read_pe_version([this](std::uint64_t offset, std::size_t size) {
      return offset >= bytes_.size() ? std::string() : bytes_.substr(offset, size);
    });
  }
  return *version_;
}

std::shared_ptr<const Content> content_of_host_file(const std::string& path) {
  static std::unordered_map<std::string, std::shared_ptr<const Content>> known;
  std::string bytes = read_host_file(path);
  const auto found = known.find(bytes);
  if (found != known.end()) return found->second;
  auto content = std::make_shared<const Content>(bytes);
  return known.emplace(std::move(bytes), std::move(content)).first->second;
}

}  // namespace machine::simulated::disk
