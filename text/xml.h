#pragma once

#include <string>
#include <string_view>

namespace text {

// Escapes '&', '<' and '>' for the content of an XML element. That is not enough for an attribute,
// since quotes stay. `text` must have no control characters: XML 1.0 cannot hold them.
std::string xml_content(std::string_view text);

}  // namespace text
