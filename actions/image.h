#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actions/fields.h"

namespace actions {

// The parameters, the before-image and the after-image of each kind are structs; the journal holds
// them as JSON objects. Such a struct describes its fields once, by a static member:
//
//   static void describe(auto& self, auto& visit) {
//     visit.required("name", self.name, Text::kFileName);
//     visit.nullable("state", self.state);
//     if (self.state) visit.required("process_id", self.process_id);
//     visit.optional("start", self.start);
//   }
//
// A visitor that reads (Fields), one that writes (ImageWriter) and one that lists what can be
// damaged (tests/actions/damages.h) walk through it.
//   required           the key is always there, and its value is never null
//   nullable           the key is always there; null is "empty"
//   optional           the key is missing where the field is empty, or where an older program that
//                      did not know it wrote the text; null is damage
//   optional_nullable  null is "empty", and an older program did not write the key
// A field that exists only with another one is described behind an `if` on that one.
class ImageWriter {
 public:
  template <class T>
  void required(const char* key, const T& value, Text /*text*/ = Text::kNotEmpty) {
    json_[key] = written(value);
  }
  template <class T>
  void nullable(const char* key, const std::optional<T>& value, Text /*text*/ = Text::kNotEmpty) {
    json_[key] = value ? written(*value) : Json();
  }
  template <class T>
  void optional(const char* key, const std::optional<T>& value, Text /*text*/ = Text::kNotEmpty) {
    if (value) json_[key] = written(*value);
  }
  template <class T>
  void optional_nullable(const char* key, const std::optional<T>& value, Text text = {}) {
    nullable(key, value, text);
  }

  Json take() { return std::move(json_); }

 private:
  static Json written(const std::string& value) { return value; }
  static Json written(bool value) { return value; }
  static Json written(std::uint32_t value) { return value; }
  static Json written(std::uint64_t value) { return value; }
  static Json written(std::int64_t value) { return value; }
  static Json written(errors::ExitCode value) { return static_cast<int>(value); }
  static Json written(machine::ServiceState value) { return machine::to_text(value); }
  static Json written(machine::StartType value) { return machine::to_text(value); }
  static Json written(const machine::ServiceConfig& value) { return machine::to_json(value); }
  static Json written(const Json& value) { return value; }
  static Json written(const std::map<std::string, std::string>& values) { return values; }
  template <class T>
  static Json written(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values)
      list.push_back(written(value));
    return list;
  }
  template <class T>
  static Json written(const T& value) {
    ImageWriter inner;
    Description<T>::describe(value, inner);
    return inner.take();
  }

  Json json_ = Json::object();
};

template <class T>
Json write_image(const T& image) {
  ImageWriter writer;
  Description<T>::describe(image, writer);
  return writer.take();
}

// `what` names the text in messages: "before-image of stop-service". Throws kJournalUnusable.
template <class T>
T read_image(std::string what, const Json& json) {
  Fields fields(std::move(what), json);
  T image{};
  Description<T>::describe(image, fields);
  return image;
}

}  // namespace actions
