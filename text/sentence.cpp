#include "text/sentence.h"

namespace text {

std::string sentence(std::string text) {
  if (!text.ends_with('.')) text += '.';
  return text;
}

}  // namespace text
