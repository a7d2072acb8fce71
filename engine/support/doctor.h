#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "engine/product/last_look.h"
#include "engine/support/checkup.h"
#include "journal/records.h"

namespace engine::support {

inline constexpr const char* kRestartVm = "shutdown /r /t 60";

// What `doctor` looks at, and what its caller knows. Read-only.
struct Scene {
  machine::Machine& machine;
  const journal::Records* records = nullptr;  // nullptr: no journal, or none that can be read
  bool is_unread = false;  // there is a journal, or was one, and it cannot be read
  product::InstallationState installation = {};   // with what an open update found
  std::optional<journal::Operation> update = {};  // the open one
  std::optional<std::string> holder = {};  // of the journal's lock, "1234 enable": it runs now
  bool is_unfinished = false;              // a transaction is: it runs, died, or waits for a boot
  // No command has come for so long, or since the last boot, that recovery undoes an open update
  // and removes what the VM Agent has dropped.
  bool nobody_goes_on = false;
  bool extension_is_gone = false;    // the VM Agent has dropped its folders without a call
  bool safe_mode = false;            // Windows starts neither drivers nor services of eBPF
  std::string program = {};          // host path of this program
  std::string package_version = {};  // of the payload in its package; "" for none
  Advice mend = {};                  // brings the settled version back to what it should be
  // The last look's reading against the settled version; nullopt: the machine did not answer.
  std::optional<product::LastLook> seen = {};

  bool is_settled() const { return !installation.settled_version.empty(); }
  // Why what is there is no finding by itself: somebody is at work on it, or was. "": nobody.
  std::string_view between() const {
    if (holder) return "; a command is at work on it";
    if (is_unfinished) return "; what is open comes first";
    return update ? "; the update is at work on it" : "";
  }
  // A command line of this program, by its bare name where its path cannot be in one.
  std::string command(const std::string& arguments) const {
    const std::string line = command_line(program, arguments);
    return line.empty() ? "ebpf-handler " + arguments : line;
  }
};

// Compares the machine with the journal: the journal itself and what it has open, services, files,
// extras, what waits for a boot, the recovery copy, leftovers, other installers. A look that fails
// is `unknown`, and the others are made all the same.
void examine(Scene& scene, Checkup& checkup);

}  // namespace engine::support
