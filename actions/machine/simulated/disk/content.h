#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actions/machine/pe_version.h"

namespace machine::simulated::disk {

// The bytes of a file in memory. They never change, so results computed from them are kept.
class Content {
 public:
  explicit Content(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }
  const std::string& sha256() const;
  const std::optional<PeVersion>& version() const;

 private:
  std::string bytes_;
  mutable std::string sha256_;  // "": not yet computed
  mutable std::optional<std::optional<PeVersion>> version_;
};

// The content of a file of the host. Equal bytes share one Content.
std::shared_ptr<const Content> content_of_host_file(const std::string& path);

}  // namespace machine::simulated::disk
