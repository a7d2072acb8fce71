#include "tests/actions/damages.h"

#include <map>
#include <stdexcept>

#include "actions/all_kinds.h"

namespace actions::testing {
namespace {

using Values = std::vector<Json>;
using Pointer = Json::json_pointer;

// Never what a field of the type may be.
Values wrong(const std::string& /*type*/, Text text) {
  Values all{7, true, Json::array(), Json::object()};
  switch (text) {
    case Text::kAny:
      return all;
    case Text::kNotEmpty:
      break;
    case Text::kFileName:
      all.insert(all.end(), {"..", R"(a\b)", "a/b", "C:", "CON", "a."});
      break;
    case Text::kRelative:
      all.insert(all.end(), {"..", R"(a\..\b)", R"(\a)", R"(C:\a)", R"(a\NUL)"});
      break;
    case Text::kAbsolute:
      all.insert(all.end(), {"..", R"(a\b)", R"(\a)", R"(C:\..\a)", "C:/a/.."});
      break;
    case Text::kSha256:
      all.insert(all.end(), {"ab", std::string(64, 'g'), std::string(64, 'A')});
      break;
  }
  all.emplace_back("");
  return all;
}
Values wrong(bool /*type*/, Text /*text*/) { return {0, "true", Json::array()}; }
Values wrong(std::uint64_t /*type*/, Text /*text*/) { return {-1, 1.5, "1", true, Json::array()}; }
Values wrong(std::uint32_t /*type*/, Text /*text*/) {
  return {-1, 1.5, "1", true, Json::array(), std::uint64_t{1} << 32};
}
Values wrong(errors::ExitCode /*type*/, Text /*text*/) { return {-1, 7, 70'000, "1001", true}; }
Values wrong(machine::ServiceState /*type*/, Text /*text*/) { return {4, "", "runs", true}; }
Values wrong(machine::StartType /*type*/, Text /*text*/) { return {3, "", "never", true}; }
Values wrong(const machine::ServiceConfig& /*type*/, Text /*text*/) {
  return {7,
          "",
          Json::array(),
          Json::object(),
          {{"image", ""}},
          {{"image", 7}},
          {{"image", "a"}, {"depends_on", 7}}};
}
Values wrong(const Json& /*type*/, Text /*text*/) { return {7, "", true, Json::array()}; }
Values wrong(const std::map<std::string, std::string>& /*type*/, Text /*text*/) {
  return {7, "", true, Json::array(), {{"a", 7}}};
}
template <class T>
Values wrong(const T& /*described*/, Text /*text*/) {
  return {7, "", true, Json::array(), Json::object()};
}
template <class T>
Values wrong(const std::vector<T>& /*type*/, Text text) {
  Values all{7, "", true, Json::object(), Json::array({nullptr})};
  for (const Json& entry : wrong(T(), text))
    all.push_back(Json::array({entry}));
  return all;
}

// The visitor. It walks through a struct that was read from `sound`, so that fields which exist
// only with others are listed where `sound` has them.
class Damager {
 public:
  Damager(const Json& sound, Pointer at, std::vector<Damage>& all)
      : sound_(sound), at_(std::move(at)), all_(all) {}

  template <class T>
  void required(const char* key, T& value, Text text = Text::kNotEmpty) {
    field(key, value, text, {.missing = false, .null = false});
  }
  template <class T>
  void nullable(const char* key, std::optional<T>& value, Text text = Text::kNotEmpty) {
    maybe(key, value, text, {.missing = false, .null = true});
  }
  template <class T>
  void optional(const char* key, std::optional<T>& value, Text text = Text::kNotEmpty) {
    maybe(key, value, text, {.missing = true, .null = false});
  }
  template <class T>
  void optional_nullable(const char* key, std::optional<T>& value, Text text = Text::kNotEmpty) {
    maybe(key, value, text, {.missing = true, .null = true});
  }

 private:
  struct Tolerated {
    bool missing = false;
    bool null = false;
  };

  template <class T>
  void maybe(const char* key, std::optional<T>& value, Text text, Tolerated tolerated) {
    T empty{};
    field(key, value ? *value : empty, text, tolerated);
  }

  template <class T>
  void field(const char* key, T& value, Text text, Tolerated tolerated) {
    const Pointer place = at_ / key;
    if (sound_.contains(place)) {
      Json damaged = sound_;
      damaged[at_].erase(key);
      all_.push_back({place.to_string() + ": missing", std::move(damaged), tolerated.missing});
    }
    replace(place, nullptr, tolerated.null);
    for (const Json& other : wrong(value, text))
      replace(place, other, false);
    if (sound_.contains(place) && !sound_[place].is_null()) walk(place, value, text);
  }

  void replace(const Pointer& place, const Json& value, bool is_tolerated) {
    Json damaged = sound_;
    damaged[place] = value;
    all_.push_back({place.to_string() + ": " + value.dump(), std::move(damaged), is_tolerated});
  }

  // What lies in the value.
  void walk(const Pointer& place, std::map<std::string, std::string>& values, Text text) {
    for (const auto& [name, value] : values) {
      for (const Json& other : wrong(value, text))
        replace(place / name, other, false);
    }
  }
  template <class T>
  void walk(const Pointer& place, std::vector<T>& values, Text text) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (const Json& other : wrong(values[i], text))
        replace(place / i, other, false);
      walk(place / i, values[i], text);
    }
  }
  template <class T>
  void walk(const Pointer& place, T& value, Text /*text*/) {
    Damager inner(sound_, place, all_);
    if constexpr (requires { Description<T>::describe(value, inner); }) {
      Description<T>::describe(value, inner);
    }
  }

  const Json& sound_;
  Pointer at_;
  std::vector<Damage>& all_;
};

template <class T>
bool can_be_read(const Json& text) {
  try {
    read_image<T>("a damaged text", text);
    return true;
  } catch (const errors::Failure& failure) {
    if (failure.code() != errors::ExitCode::kJournalUnusable) throw;
    return false;
  }
}

template <class T>
std::vector<Damage> damages_of(const Json& sound) {
  std::vector<Damage> all;
  for (const Json& whole : Values{nullptr, 7, "", true, Json::array(), Json::object()})
    all.push_back({"all of it: " + whole.dump(), whole});
  T image = read_image<T>("a sound text", sound);
  Damager damager(sound, Pointer(), all);
  Description<T>::describe(image, damager);
  for (Damage& damage : all)
    damage.is_read = can_be_read<T>(damage.text);
  return all;
}

struct Row {
  std::vector<Damage> (*parameters)(const Json& sound);
  std::vector<Damage> (*before)(const Json& sound);
  std::vector<Damage> (*after)(const Json& sound);
};

template <class... Kinds>
std::map<std::string_view, Row> rows_of(KindList<Kinds...> /*all*/) {
  return {
      {Kinds::kKind, Row{damages_of<typename Kinds::Parameters>, damages_of<typename Kinds::Before>,
                         damages_of<typename Kinds::After>}}...};
}

const Row& row_of(std::string_view kind) {
  static const auto kRows = rows_of(AllKinds());
  return kRows.at(kind);
}

}  // namespace

std::vector<Damage> damaged_parameters(std::string_view kind, const Json& sound) {
  return row_of(kind).parameters(sound);
}

std::vector<Damage> damaged_before(std::string_view kind, const Json& sound) {
  return row_of(kind).before(sound);
}

std::vector<Damage> damaged_after(std::string_view kind, const Json& sound) {
  return row_of(kind).after(sound);
}

}  // namespace actions::testing
