#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace engine::support::html {

// Returns `text` as the content of an element, or of an attribute in double quotes. Others may have
// written it, so nothing in it is obeyed: markup is escaped; a control character, one that changes
// the direction of what follows, and one that cannot be seen is named, "[U+202E]"; bytes that are
// no UTF-8 become U+FFFD. A tab and a line feed stay, a carriage return before a line feed goes.
std::string escaped(std::string_view text);
// The same of at most `limit` bytes of `text`, and "..." where there are more.
std::string escaped(const std::string& text, std::size_t limit);

// Returns an element. `content` and `attributes` (" class=\"x\"", or "") are HTML already.
std::string element(std::string_view name, std::string_view content,
                    std::string_view attributes = "");

}  // namespace engine::support::html
