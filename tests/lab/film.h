#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "actions/machine/call_observer.h"
#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "tests/lab/camera.h"
#include "tests/lab/lab.h"

namespace lab {

// Photographs that are equal byte for byte are one.
struct Shot {
  Photograph photograph;
  std::vector<std::string> points;  // where the process may die that leaves it: "17:kill-after"
};

// One run of a command over a VM in memory, with a photograph of what a process leaves that dies
//   before and after each call through the machine's interface and each commit ("17:kill-before"),
//   inside a call: half-way through a copy, between the changes that one call makes, at each write
//     and sync of the journal's files ("17:inside-2": the second one of that call),
//   in the middle of writing a file of the host: log, status, lock, reserve ("17:torn-log").
class Film {
 public:
  // Runs the command once. `camera` shows the same VM, which is left as the command left it.
  // `faults`, which may be nullptr, is told of each call when its photograph has been taken.
  Film(const Vm& vm, Camera& camera, const engine::handler::Request& request,
       machine::CallObserver* faults = nullptr);

  const std::vector<Shot>& shots() const { return shots_; }
  std::int64_t calls() const { return calls_; }
  std::int64_t points() const { return points_; }
  // The call throws by itself, also when nothing is injected: it has no "after".
  bool throws(std::int64_t call) const { return throwing_.contains(call); }
  std::int64_t throwing_calls() const { return static_cast<std::int64_t>(throwing_.size()); }
  // The call changes something, or lets time pass.
  bool matters(std::int64_t call) const { return mattering_.contains(call); }
  const engine::handler::Reply& reply() const { return reply_; }

 private:
  class CallObserver;
  void take(const std::string& point);
  void take_torn(const Photograph& now, const std::string& call);
  void keep(Photograph photograph, const std::string& point);

  Camera& camera_;
  std::vector<Shot> shots_;
  std::unordered_multimap<std::size_t, std::size_t> known_;  // fingerprint -> index of a shot
  std::size_t last_ = 0;  // index of the newest photograph's shot
  std::int64_t calls_ = 0;
  std::int64_t points_ = 0;
  std::int64_t inside_ = 0;  // of this call
  std::set<std::int64_t> throwing_;
  std::set<std::int64_t> mattering_;
  engine::handler::Reply reply_;
};

}  // namespace lab
