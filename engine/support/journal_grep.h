#pragma once

#include <string>

#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// Every place of the journal that has a text in it, whatever the case of its ASCII letters: of
// transactions their causes and components, of steps kinds, targets, parameters, images and errors,
// events, and what is ours now. Oldest first; a line for each: "t7 step 3 start-service NetEbpfExt,
// before: … excerpt …". A line that says so where nothing is found. Throws kUsage for "".
std::string grep_text(const journal::Reader& reader, const std::string& wanted);
// {"transaction", "at", "place", "text"} for each, the text whole.
nlohmann::json grep_json(const journal::Reader& reader, const std::string& wanted);

}  // namespace engine::support
