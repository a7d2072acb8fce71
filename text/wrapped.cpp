#include "text/wrapped.h"

#include <sstream>

namespace text {

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!result.empty()) result += '\n' + margin;
    std::size_t column = indent;
    bool begins = true;
    std::istringstream words(line);
    for (std::string word; words >> word; begins = false) {
      if (!begins && column + 1 + word.size() > width) {
        result += '\n' + margin;
        column = indent;
      } else if (!begins) {
        result += ' ';
        ++column;
      }
      result += word;
      column += word.size();
    }
  }
  return result;
}

}  // namespace text
