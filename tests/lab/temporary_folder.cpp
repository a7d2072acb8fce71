#include "tests/lab/temporary_folder.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace lab {
namespace {

namespace fs = std::filesystem;

// The VM's folder keeps file ids in extended attributes, which older memory file systems lack.
bool keeps_attributes(const fs::path& folder) {
  std::string pattern = (folder / "ebpf-handler-XXXXXX").string();
  const int file = ::mkstemp(pattern.data());
  if (file < 0) return false;
  const bool keeps = ::fsetxattr(file, "user.test", "1", 1, 0) == 0;
  ::close(file);
  ::unlink(pattern.c_str());
  return keeps;
}

// Memory where it will do: thousands of synced commits cost nothing there, and a killed process
// loses no more than on a disk. TMPDIR overrules.
const fs::path& home() {
  static const fs::path kHome = std::getenv("TMPDIR") == nullptr && keeps_attributes("/dev/shm")
                                    ? fs::path("/dev/shm")
                                    : fs::temp_directory_path();
  return kHome;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (home() / "ebpf-handler-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("no temporary folder: " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace lab
