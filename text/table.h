#pragma once

#include <string>
#include <vector>

namespace text {

// Aligns rows of text in columns, two spaces between; the last column is not padded. Columns in
// `right` (0-based) are aligned right.
std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    const std::vector<std::size_t>& right = {});

}  // namespace text
