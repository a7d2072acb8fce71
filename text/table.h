#pragma once

#include <string>
#include <vector>

namespace text {

// Rows of text as aligned columns, two spaces between; the last column is not padded. Columns named
// in `right` (0-based) are aligned right.
std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    const std::vector<std::size_t>& right = {});

}  // namespace text
