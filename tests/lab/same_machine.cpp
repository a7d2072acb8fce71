#include "tests/lab/same_machine.h"

#include <set>
#include <sstream>

namespace lab {
namespace {

using nlohmann::json;
using Facts = std::multiset<std::string>;

Facts facts_of(const json& machine) {
  Facts facts;
  const json leaves = machine.flatten();
  for (const auto& [path, value] : leaves.items())
    facts.insert(path + " = " + value.dump(-1, ' ', false, json::error_handler_t::replace));
  return facts;
}

Facts lines_of(const std::string& text) {
  Facts lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.insert(line);
  return lines;
}

// Both are sorted: facts of one path stand beside each other.
testing::AssertionResult differing(const Facts& wanted, const Facts& found) {
  testing::AssertionResult result = testing::AssertionFailure();
  bool any = false;
  auto of_wanted = wanted.begin();
  auto of_found = found.begin();
  while (of_wanted != wanted.end() || of_found != found.end()) {
    const bool first =
        of_found == found.end() || (of_wanted != wanted.end() && *of_wanted < *of_found);
    if (!first && of_wanted != wanted.end() && *of_wanted == *of_found) {
      ++of_wanted;
      ++of_found;
      continue;
    }
    any = true;
    result << (first ? "\n- " + *of_wanted++ : "\n+ " + *of_found++);
  }
  if (!any) result << "the same facts, written in another order or form";
  return result;
}

}  // namespace

testing::AssertionResult same_machine(const std::string& wanted, const std::string& found) {
  if (wanted == found) return testing::AssertionSuccess();
  if (json::accept(wanted) && json::accept(found))
    return differing(facts_of(json::parse(wanted)), facts_of(json::parse(found)));
  return differing(lines_of(wanted), lines_of(found));
}

testing::AssertionResult same_machine(const json& wanted, const json& found) {
  if (wanted == found) return testing::AssertionSuccess();
  return differing(facts_of(wanted), facts_of(found));
}

}  // namespace lab
