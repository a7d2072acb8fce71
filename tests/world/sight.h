#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/simulated/state.h"
#include "actions/machine/simulated/vm_home.h"
#include "json/json.h"
#include "tests/world/rules.h"

namespace world {

// A machine at one moment, as the simulated VM itself reads it.
struct Sight {
  std::int64_t clock_ms = 0;
  std::map<std::string, machine::simulated::ServiceRecord> services;  // by folded name
  std::map<std::string, std::string> loaded;  // by folded service: SHA-256 of what it runs
  std::map<std::string, std::string> files;   // by folded path: SHA-256; all but the journal's
  std::size_t path_size = 0;                  // characters of PATH
  nlohmann::json ours;                        // the snapshot, in two parts
  nlohmann::json others;

  const machine::simulated::ServiceRecord* service(std::string_view name) const;
  bool runs(std::string_view name) const;
  std::string loaded_by(std::string_view name) const;  // "" for nothing, or a file that went
  std::set<std::string> running() const;               // names of all services that run
  // What it depends on, directly or not; folded.
  std::set<std::string> dependencies(std::string_view name) const;
};

Sight look(machine::simulated::VmHome& vm);

// Returns true for a component of eBPF for Windows.
bool is_ours(std::string_view service);
// Whether the proxy is meant to run: it is there and automatic, and its owner did not stop it: then
// its exit code is 0 while both drivers run.
bool proxy_is_wanted(const Sight& sight);

// What differs between two halves of a snapshot, as findings of that rule.
void compare(Rule rule, const nlohmann::json& before, const nlohmann::json& now,
             Findings& findings);

}  // namespace world
