#pragma once

#include <string>
#include <vector>

#include "actions/machine/host_files.h"
#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// One thing that `journal verify` looks at.
struct Check {
  enum class Result { kSound, kDamaged, kNotChecked };

  std::string what;  // "files", "database", "schema", "check sums", "rows", "log", "status"
  Result result = Result::kSound;
  std::string told;                   // what was looked at, or why it was not; "" for nothing
  std::vector<std::string> findings;  // sentences; the first kMostFindings

  static constexpr std::size_t kMostFindings = 20;
  void find(std::string finding);  // makes it damaged
};

// The journal's files (`path`: of the database), SQLite's own checks, the schema's text, the check
// sums, and the rules that rows keep with each other; log and status as projections of it, where
// `reports` holds them ("": not checked). Reads; in memory is one transaction at a time.
std::vector<Check> verify(const journal::Reader& reader, const std::string& path,
                          machine::HostFiles& host, const std::string& reports);

bool is_sound(const std::vector<Check>& checks);
std::string verification_text(const std::vector<Check>& checks);
nlohmann::json verification_json(const std::vector<Check>& checks);

}  // namespace engine::support
