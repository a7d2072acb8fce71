#include "journal/schema_sum.h"

#include <array>
#include <cstddef>

#include "journal/journal.h"
#include "journal/sqlite.h"
#include "text/check_sum.h"

namespace journal {
namespace {

constexpr std::array<std::string_view, kSchemaVersion> kSound{
    "6dc8aeb52623e26d", "91aa38c0ce504def", "4983ad837c2c7e78", "e86c0158f0396f99",
    "230a1cc854c253a6"};

}  // namespace

std::string schema_sum(const SQLite::Database& database) {
  return text::check_sum(
      {first_text(database,
                  "SELECT group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(10))"
                  " FROM (SELECT * FROM sqlite_master ORDER BY type, name)")});
}

std::string_view sound_schema_sum(int version) {
  return kSound.at(static_cast<std::size_t>(version - 1));
}

}  // namespace journal
