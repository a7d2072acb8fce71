#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actions/machine/pe_version.h"

namespace machine::simulated::disk {

// The bytes of a file in memory. They never change, so what is computed from them is kept.
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

// Of a file of the host. Equal bytes are one content.
std::shared_ptr<const Content> content_of_host_file(const std::string& path);

}  // namespace machine::simulated::disk
