#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace contract {

// What Wine answers where it breaks this rule; nullopt: it keeps it, or this is Windows. A run of a
// whole suite ends with its line of the table of exceptions, and fails where one was not asked for.
std::optional<std::string> wine_exception(std::string_view rule);

}  // namespace contract
