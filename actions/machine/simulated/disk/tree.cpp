#include "actions/machine/simulated/disk/tree.h"

#include <array>

namespace machine::simulated::disk {

void make_folders(Tree& tree, const std::string& path) {
  if (path.empty() || tree.is_folder(path)) return;
  make_folders(tree, path.substr(0, path.rfind('/')));
  tree.make_folder(path);
}

bool is_image(const Tree& tree, const std::string& path) {
  constexpr std::size_t kHeaderSize = 64;
  constexpr std::size_t kOffsetAt = 0x3c;  // e_lfanew, little-endian
  const std::string bytes = tree.read(path);
  if (bytes.size() < kHeaderSize || !bytes.starts_with("MZ")) return false;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < 4; ++i)
    offset |= std::size_t{static_cast<unsigned char>(bytes[kOffsetAt + i])} << (8 * i);
  static constexpr std::array<char, 4> kSignature{'P', 'E', '\0', '\0'};
  return offset < bytes.size() &&
         bytes.compare(offset, kSignature.size(), kSignature.data(), kSignature.size()) == 0;
}

}  // namespace machine::simulated::disk
