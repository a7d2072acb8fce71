#include "tests/golden/contents.h"

#include <filesystem>
#include <stdexcept>
#include <unordered_map>

#include "actions/machine/sha256.h"
#include "tests/golden/lines.h"
#include "tests/lab/temporary_folder.h"

namespace golden {
namespace {

namespace fs = std::filesystem;
using machine::simulated::disk::Content;

constexpr std::size_t kSmall = 64;  // shorter bytes are more readable than a name
constexpr const char* kPayload = "payload:";
constexpr const char* kHalf = "half:";

// "1.0.0/lib/native/bin/x.dll#1a2b3c4d5e6f": with the beginning of its SHA-256.
std::string named(const std::string& name, const std::string& bytes) {
  constexpr std::size_t kDigits = 12;
  return name + "#" + machine::sha256_of(bytes).substr(0, kDigits);
}

// Names of all contents of all payloads, and of their first halves.
class Payloads {
 public:
  Payloads() {
    const fs::path root(EBPF_TEST_PAYLOADS);
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), root).generic_string();
      if (name.find('/') == std::string::npos) continue;  // what the build keeps beside them
      const std::string bytes = lab::read_file(entry.path());
      names_.emplace(bytes.substr(0, bytes.size() / 2), kHalf + named(name, bytes));
      names_[bytes] = kPayload + named(name, bytes);
    }
  }
  const std::string* name_of(const std::string& bytes) const {
    const auto known = names_.find(bytes);
    return known == names_.end() ? nullptr : &known->second;
  }

 private:
  std::unordered_map<std::string, std::string> names_;
};

std::shared_ptr<const Content> make(const std::string& text) {
  if (!text.starts_with(kPayload) && !text.starts_with(kHalf))
    return std::make_shared<const Content>(decoded(text));
  const std::string full = text.substr(text.find(':') + 1);
  const std::string name = full.substr(0, full.rfind('#'));
  std::string bytes = lab::read_file(fs::path(EBPF_TEST_PAYLOADS) / name);
  if (named(name, bytes) != full)
    throw std::runtime_error("the payload's " + name + " is not the one that was recorded");
  if (text.starts_with(kHalf)) bytes.resize(bytes.size() / 2);
  return std::make_shared<const Content>(bytes);
}

}  // namespace

std::string text_of_content(const std::string& bytes) {
  static const Payloads kPayloads;
  const std::string* name = bytes.size() < kSmall ? nullptr : kPayloads.name_of(bytes);
  return name == nullptr ? encoded(bytes) : *name;
}

std::shared_ptr<const Content> content_of(const std::string& text) {
  static std::unordered_map<std::string, std::shared_ptr<const Content>> known;
  auto& content = known[text];
  if (content == nullptr) content = make(text);
  return content;
}

}  // namespace golden
