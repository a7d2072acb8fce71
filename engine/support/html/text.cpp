#include "engine/support/html/text.h"

#include "text/bounded.h"
#include "text/visible.h"

namespace engine::support::html {

// Line ends of Windows are line ends.
std::string escaped(std::string_view text) {
  std::string lines(text);
  for (std::size_t at = lines.find("\r\n"); at != std::string::npos; at = lines.find("\r\n", at))
    lines.erase(at, 1);
  std::string html;
  for (const char letter : text::visible(lines)) {
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += letter;
    }
  }
  return html;
}

std::string escaped(const std::string& text, std::size_t limit) {
  return escaped(text::bounded(text, limit));
}

std::string element(std::string_view name, std::string_view content, std::string_view attributes) {
  std::string html = "<";
  html += name;
  html += attributes;
  html += '>';
  html += content;
  html += "</";
  html += name;
  html += '>';
  return html;
}

}  // namespace engine::support::html
