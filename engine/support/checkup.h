#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors/failure.h"
#include "json/json.h"

namespace engine::support {

// How a thing is that `doctor` has looked at.
enum class Mark {
  kOk,
  kNote,     // nothing is wrong, and a person should know it
  kTrouble,  // it is not as it should be
  kUnknown,  // it could not be looked at
};
std::string_view to_text(Mark mark);

// What a person is to do.
struct Advice {
  std::string words;                       // a sentence; "": nothing
  std::vector<std::string> commands = {};  // to be given in this order
};

// Each command of an advice does the same in a command prompt and in PowerShell, which Azure's Run
// Command uses: no line begins with a quote, `dir` and `rmdir` are called by `cmd /c`, and braces
// are in quotes.

// A command line of the program at this host path; "" where its name is such that it could do
// something else.
std::string command_line(const std::string& program, std::string arguments);
// A command on something, `begin` before its name in quotes; none where the name is such.
std::vector<std::string> command_on(std::string_view begin, const std::string& name);

struct Checked {
  std::string area;    // "services"
  std::string object;  // "EbpfCore"
  Mark mark = Mark::kOk;
  std::string text;  // a phrase
  Advice advice = {};
};

// What `doctor` found, in the order in which it looked.
class Checkup {
 public:
  void add(Checked checked) { all_.push_back(std::move(checked)); }
  const std::vector<Checked>& all() const { return all_; }
  std::size_t count(Mark mark) const;
  // Returns true if there is neither trouble nor anything unknown.
  bool is_well() const { return count(Mark::kTrouble) == 0 && count(Mark::kUnknown) == 0; }

 private:
  std::vector<Checked> all_;
};

// Adds to one area of a checkup.
class Area {
 public:
  Area(Checkup& checkup, std::string_view name) : checkup_(checkup), name_(name) {}

  void add(Mark mark, std::string object, std::string text, Advice advice = {}) const {
    checkup_.add({name_, std::move(object), mark, std::move(text), std::move(advice)});
  }
  void ok(std::string object, std::string text) const {
    add(Mark::kOk, std::move(object), std::move(text));
  }
  void note(std::string object, std::string text, Advice advice = {}) const {
    add(Mark::kNote, std::move(object), std::move(text), std::move(advice));
  }
  void trouble(std::string object, std::string text, Advice advice) const {
    add(Mark::kTrouble, std::move(object), std::move(text), std::move(advice));
  }
  void unknown(const std::string& object, const errors::Failure& failure) const;

  // Does a look at something. Where that fails the thing is unknown, and the others are looked at
  // all the same. Returns whether it was seen.
  template <class Look>
  bool look(const std::string& object, const Look& look) const {
    const auto failure = errors::failure_in(look);
    if (failure) unknown(object, *failure);
    return !failure;
  }

 private:
  Checkup& checkup_;
  std::string name_;
};

// For people: a line or a few for each thing, in plain ASCII, at most 80 columns but for paths and
// commands, which are not broken; at the end the counts.
std::string checkup_text(const Checkup& checkup);
// {"findings": [{"area", "object", "state", "text", "advice", "commands"}], "summary": {...}}
nlohmann::json checkup_json(const Checkup& checkup);

// "3 files", "1 file"
std::string counted(std::size_t count, const std::string& thing);
// The first of them, and how many there are more: "a, b, c and 4 more".
std::string some_of(const std::vector<std::string>& names);

}  // namespace engine::support
