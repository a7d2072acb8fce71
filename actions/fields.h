#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// What a text must be, so that it can be trusted although it comes from a journal.
enum class Text {
  kNotEmpty,
  kAny,  // may be empty
  // A file name: no separator, safe on Windows. It may be longer than a package's names, since
  // actions make names of those, with a number before.
  kFileName,
  kRelative,  // a path below some folder, safe on Windows
  kAbsolute,  // "C:\...", without ".."
  kSha256     // 64 hex digits
};

// Lists the fields of a struct to a visitor. image.h says how; a struct of the machine's, which
// cannot list its own, has a specialization beside its first user.
template <class T>
struct Description {
  static void describe(auto& self, auto& visit) requires requires { T::describe(self, visit); }
  { T::describe(self, visit); }
};

// Throws kJournalUnusable: "read the before-image of stop-service, "state": it is missing".
[[noreturn]] void throw_damaged(const std::string& what, std::string_view key,
                                const std::string& why);

// The visitor that reads a struct from the journal's text, with suspicion: a missing key, a value
// of another type or out of its range, a path that leaves its folder and an unknown word throw
// kJournalUnusable, naming the text and the key. Unknown keys are ignored: a newer version may have
// written them.
class Fields {
 public:
  // `what` names the text in messages: "parameters of place-files". `json` must outlive this.
  Fields(std::string what, const Json& json);

  template <class T>
  void required(const char* key, T& value, Text text = Text::kNotEmpty) {
    read(key, at(key), value, text);
  }
  template <class T>
  void nullable(const char* key, std::optional<T>& value, Text text = Text::kNotEmpty) {
    value.reset();
    if (!at(key).is_null()) present(key, value, text);
  }
  template <class T>
  void optional(const char* key, std::optional<T>& value, Text text = Text::kNotEmpty) {
    value.reset();
    if (json_->contains(key)) present(key, value, text);
  }
  template <class T>
  void optional_nullable(const char* key, std::optional<T>& value, Text text = Text::kNotEmpty) {
    value.reset();
    if (json_->contains(key)) nullable(key, value, text);
  }

 private:
  template <class T>
  void present(const char* key, std::optional<T>& value, Text text) {
    // Not emplace: Clang 14 takes a nested struct with initializers for one without a constructor.
    T read{};
    required(key, read, text);
    value = std::move(read);
  }
  const Json& at(const char* key) const;
  [[noreturn]] void damaged(const char* key, const std::string& why) const;
  std::uint64_t number(const char* key, const Json& json, std::uint64_t greatest) const;
  std::string word(const char* key, const Json& json) const;

  void read(const char* key, const Json& json, std::string& value, Text text) const;
  void read(const char* key, const Json& json, bool& value, Text text) const;
  void read(const char* key, const Json& json, std::uint32_t& value, Text text) const;
  void read(const char* key, const Json& json, std::uint64_t& value, Text text) const;
  void read(const char* key, const Json& json, std::int64_t& value, Text text) const;  // 0 ..
  void read(const char* key, const Json& json, errors::ExitCode& value, Text text) const;
  void read(const char* key, const Json& json, machine::ServiceState& value, Text text) const;
  void read(const char* key, const Json& json, machine::StartType& value, Text text) const;
  // Types and numbers that this program does not know are passed on: they came from the machine.
  void read(const char* key, const Json& json, machine::ServiceConfig& value, Text text) const;
  // Another action's image, whose keys are that action's.
  void read(const char* key, const Json& json, Json& value, Text text) const;
  void read(const char* key, const Json& json, std::map<std::string, std::string>& values,
            Text text) const;

  template <class T>
  void read(const char* key, const Json& json, std::vector<T>& values, Text text) const {
    if (!json.is_array()) damaged(key, "it is no list");
    values.clear();
    for (const Json& entry : json)
      read(key, entry, values.emplace_back(), text);
  }
  template <class T>
  void read(const char* key, const Json& json, T& value, Text /*text*/) const {
    Fields inner(what_ + ", \"" + key + "\"", json);
    Description<T>::describe(value, inner);
  }

  std::string what_;
  const Json* json_;
};

}  // namespace actions
