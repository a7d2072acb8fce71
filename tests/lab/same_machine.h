#pragma once

#include <gtest/gtest.h>

#include <string>

#include "json/json.h"

namespace lab {

// Passes where two snapshots of a machine are equal. Else its message names the facts that differ,
// and no others: "- …" is what `wanted` has, "+ …" what `found` has. A fact is the path and the
// value of a leaf where both texts are JSON, else a line.
testing::AssertionResult same_machine(const std::string& wanted, const std::string& found);
testing::AssertionResult same_machine(const nlohmann::json& wanted, const nlohmann::json& found);

}  // namespace lab
