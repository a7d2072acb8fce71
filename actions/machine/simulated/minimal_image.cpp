#include <string>

#include "actions/machine/simulated/vm.h"

namespace machine::simulated {

std::string minimal_image(std::string_view content) {
  constexpr std::size_t kHeaderSize = 0x40;
  std::string image(kHeaderSize, '\0');
  image[0] = 'M';
  image[1] = 'Z';
  image[0x3c] = static_cast<char>(kHeaderSize);  // e_lfanew
  image += std::string("PE\0\0", 4);
  image += "\x64\x86";                       // IMAGE_FILE_MACHINE_AMD64
  image.resize(kHeaderSize + 4 + 20, '\0');  // no sections, no optional header
  image += content;
  return image;
}

}  // namespace machine::simulated
