#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// The parameters or an image of an action, as the journal gives them back. Read with suspicion: a
// missing key, a value of another type, a path that leaves its folder or an unknown word throws
// kJournalUnusable, naming the kind and the key, before anything is touched. Unknown keys are
// ignored: a newer version may have written them.
class Fields {
 public:
  // `what` names the text in messages: "parameters of place-files". `json` must outlive this.
  Fields(std::string what, const Json& json);

  bool has(const char* key) const;              // not null; must be written
  bool is_written(const char* key) const;       // false: an older program did not know it
  std::string text(const char* key) const;      // not empty
  std::string any_text(const char* key) const;  // may be empty
  // A file name: no separator, safe on Windows. Longer than a package's names may be: actions make
  // names of them, with a number before.
  std::string name(const char* key) const;
  std::string relative(const char* key) const;  // a path below some folder, safe on Windows
  std::string absolute(const char* key) const;  // "C:\...", without ".."
  std::string hash(const char* key) const;      // SHA-256, 64 hex digits
  std::uint64_t number(const char* key) const;
  bool flag(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  std::vector<std::string> absolutes(const char* key) const;
  Fields object(const char* key) const;
  std::vector<Fields> objects(const char* key) const;

  // Types and numbers that this program does not know are passed on: they came from the machine.
  machine::ServiceConfig service(const char* key) const;
  machine::ServiceState service_state(const char* key) const;  // as to_text writes it
  machine::StartType start_type(const char* key) const;        // as to_text writes it
  errors::ExitCode exit_code(const char* key) const;

  [[noreturn]] void damaged(const char* key, const std::string& why) const;

 private:
  const Json& at(const char* key) const;
  std::string absolute_path(const Json& value, const char* key) const;

  std::string what_;
  const Json* json_;
};

}  // namespace actions
