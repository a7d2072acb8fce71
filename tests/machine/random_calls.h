#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/machine/vm_in_form.h"

// One of two VMs that live the same life. Each form gives its own file ids: they are compared by
// the order in which they were first seen.
class Twin {
 public:
  explicit Twin(Form form) : vm_(form, {}) {}

  VmInForm& vm() { return vm_; }
  machine::Machine& machine() { return vm_.machine(); }
  std::string renamed(const std::string& id);
  // All that there is: the snapshot, each thing on the drive with its id, and the saved state.
  std::string picture();

 private:
  VmInForm vm_;
  std::map<std::string, std::size_t> ids_;
};

// One call with its arguments, as it is made on each of the twins. The result is text, also of a
// failure.
struct RandomCall {
  std::string words;
  std::function<std::string(Twin&)> make;
};

// Calls through each part of the machine's interface, in a small world in which they meet: a few
// paths, services, keys and tasks.
class RandomCalls {
 public:
  // `host_folder`: where the files that are copied in lie.
  RandomCalls(std::uint64_t seed, std::string host_folder);
  RandomCall next();

 private:
  template <typename Value>
  const Value& one_of(const std::vector<Value>& values) {
    return values[below(values.size())];
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::string path();
  std::string content();
  RandomCall question();
  RandomCall change_of_files();
  RandomCall change_of_folders();
  RandomCall durability();
  RandomCall service();
  RandomCall registry();
  RandomCall task();
  RandomCall time_or_program();
  RandomCall from_outside();

  std::mt19937_64 random_;
  std::string host_folder_;
};
