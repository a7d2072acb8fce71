#include "engine/support/journal_grep.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

#include "errors/failure.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;

struct Found {
  std::int64_t transaction;  // 0: of none
  std::string at;            // UTC; "": not told
  std::string place;
  std::string text;
  std::size_t where;  // in the text
};

std::string folded(std::string_view text) {
  std::string small(text);
  for (char& letter : small) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return small;
}

std::string text_of(const Json& json) {
  if (json.is_null()) return "";
  if (json.is_string()) return json.get<std::string>();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Search {
 public:
  Search(const journal::Reader& reader, const std::string& wanted,
         std::function<void(const Found&)> tell)
      : reader_(reader), wanted_(folded(wanted)), tell_(std::move(tell)) {
    if (wanted.empty())
      throw errors::Failure(errors::ExitCode::kUsage, "the text", "look for a text of no letters");
  }

  void go() {
    for (auto transaction = reader_.transaction_after(0); transaction;
         transaction = reader_.transaction_after(transaction->id)) {
      look(*transaction);
    }
    in_events(0);
    for (const journal::Owned& owned : reader_.owned()) {
      try_text({0, "", "ours",
                owned.kind + " " + owned.name + " " + owned.version + " " + owned.sha256, 0});
    }
  }

 private:
  void try_text(Found found) {
    found.where = folded(found.text).find(wanted_);
    if (found.where != std::string::npos) tell_(found);
  }

  void look(const journal::Transaction& transaction) {
    const auto in = [&](const std::string& place, const std::string& text) {
      try_text({transaction.id, transaction.started_at, place, text, 0});
    };
    in("command", transaction.command + " " + transaction.payload_version + " by " +
                      transaction.program_version);
    in("cause", text_of(transaction.cause));
    in("undo failure", text_of(transaction.undo_failure));
    in("components", text_of(transaction.result));
    for (const journal::Step& step : reader_.steps(transaction.id)) {
      const std::string name =
          "step " + std::to_string(step.position) + " " + step.kind + " " + step.target;
      in(name, step.kind + " " + step.target + ": " + step.sentence);
      in(name + ", parameters", text_of(step.parameters));
      in(name + ", before", text_of(step.before));
      in(name + ", after", text_of(step.after));
      in(name + ", error", text_of(step.error));
      in(name + ", undo error", text_of(step.undo_error));
    }
    in_events(transaction.id);
  }

  void in_events(std::int64_t transaction_id) {
    for (const journal::Event& event : reader_.events(transaction_id))
      try_text({transaction_id, event.at, "event", event.text, 0});
  }

  const journal::Reader& reader_;
  std::string wanted_;
  std::function<void(const Found&)> tell_;
};

constexpr unsigned char kContinuation = 0x80;
constexpr unsigned char kTopBits = 0xC0;

// What is around the place, whole characters.
std::string excerpt(const std::string& text, std::size_t where, std::size_t length) {
  constexpr std::size_t kAround = 50;
  const auto is_inside = [&text](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & kTopBits) == kContinuation;
  };
  std::size_t from = where > kAround ? where - kAround : 0;
  std::size_t to = std::min(text.size(), where + length + kAround);
  while (is_inside(from))
    --from;
  while (is_inside(to))
    ++to;
  std::string part =
      (from > 0 ? "..." : "") + text.substr(from, to - from) + (to < text.size() ? "..." : "");
  std::replace(part.begin(), part.end(), '\n', ' ');
  return part;
}

}  // namespace

std::string grep_text(const journal::Reader& reader, const std::string& wanted) {
  std::string text;
  Search(reader, wanted, [&](const Found& found) {
    text += (found.transaction == 0 ? std::string("-") : "t" + std::to_string(found.transaction)) +
            " " + found.place + ": " + excerpt(found.text, found.where, wanted.size()) + "\n";
  }).go();
  return text.empty() ? "Nothing in the journal has \"" + wanted + "\" in it.\n" : text;
}

Json grep_json(const journal::Reader& reader, const std::string& wanted) {
  Json rows = Json::array();
  Search(reader, wanted, [&rows](const Found& found) {
    rows.push_back({{"transaction", found.transaction == 0 ? Json() : Json(found.transaction)},
                    {"at", found.at.empty() ? Json() : Json(found.at)},
                    {"place", found.place},
                    {"text", found.text}});
  }).go();
  return {{"found", rows}, {"warnings", reader.warnings()}};
}

}  // namespace engine::support
