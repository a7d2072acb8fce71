#pragma once

#include <string>
#include <string_view>

namespace text {

// `text` as the content of an XML element: '&', '<' and '>' escaped. For an attribute it is not
// enough, since quotes stay as they are. `text` has no control characters: XML 1.0 cannot hold
// them.
std::string xml_content(std::string_view text);

}  // namespace text
