#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <string_view>

namespace journal {

// SQLite takes any schema that it can parse, and fails at the first statement that meets a damaged
// trigger. So the text of the schema, as sqlite_master holds it, has a check sum.
std::string schema_sum(const SQLite::Database& database);
// That of a sound journal of this version, 1 to kSchemaVersion. A constant: to make the schema anew
// takes as long as all else that a command with nothing to do does. A test does make it.
std::string_view sound_schema_sum(int version);

}  // namespace journal
