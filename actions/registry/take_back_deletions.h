#pragma once

#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/registry/boot_queue.h"

namespace actions::registry {

struct TakeBackDeletionsImages {
  static constexpr std::string_view kKind = "take-back-deletions";

  struct Parameters {
    std::vector<std::string> paths;  // files and folders that are to outlast the boot
    static void describe(auto& self, auto& visit) {
      visit.required("paths", self.paths, Text::kAbsolute);
    }
  };
  struct Before {
    std::string boot;  // its id: another boot has worked the queues off
    BootQueuesImage queues;
    static void describe(auto& self, auto& visit) {
      visit.required("boot", self.boot);
      BootQueuesImage::describe(self.queues, visit);
    }
  };
  using After = BootQueuesImage;
};

// Takes back what somebody queued for the next boot (boot_queue.h) that would delete, move or
// replace a file or folder of ours: an earlier uninstaller's deletions, which the boot would carry
// out on what is installed now.
//
// Changes: the operations of both queues that work on one of the paths; all others keep their
//   order and every character. A queue of which nothing remains loses its value.
// Saves first: both values, and the boot in which they were read.
// After-image: both values.
// Undo: puts an operation back, in its old place, if nothing is at its path; what others queued
//   behind it stays. It never queues the deletion of a file that is there: that may be the settled
//   version's. A queue from which others took something is left and reported; after a boot there
//   is nothing to undo.
// Tolerates: being run again, an end at any point, a value that is no list, a list that ends early.
// Refuses: paths that are queued again right behind the write.
// Rejected: writing the earlier value back (it would take back what others queued meanwhile).
class TakeBackDeletions final : public ActionOf<TakeBackDeletionsImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override;
  std::string sentence() const override {
    return "Take back what the next boot would do to " + list();
  }
  std::string undo_sentence() const override { return "Queue it again where nothing is there"; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;

  std::string list() const;  // the paths, for people
  bool is_ours(const BootOperation& operation) const;
  BootOperations foreign_of(BootOperations operations) const;
  // Leaves out those of ours at whose path something is.
  BootOperations harmless_of(BootOperations operations, machine::Machine& machine) const;
  void restore(machine::Machine& machine, std::string_view queue,
               const std::optional<machine::RegistryValue>& before, UndoResult& result) const;
};

}  // namespace actions::registry
