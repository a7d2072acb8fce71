#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/host_files.h"
#include "engine/commands/commands.h"
#include "package/foreign_package.h"
#include "package/package_check.h"

namespace engine::planning {

// The caller's package, read no further than the command needs.
struct OwnPackage {
  std::string version;   // of its payload; "" where payload.json cannot be read
  std::string identity;  // SHA-256 of payload.json; "" where it cannot be read
  std::function<package::CheckedPackage()> check;  // the whole package; throws kPackageDamaged
};

// Reads as much of the package as the command needs. A missing or damaged package is no failure
// here: the commands that need a package call `check`.
OwnPackage own_package(machine::HostFiles& host, const std::string& root,
                       commands::Command command);

// The handler and version that an update brings in, as a command sees it: from its own package, or,
// for `update` of a downgrade, from the environment variable VERSION.
struct Incoming {
  std::string handler;  // "0.10.0.1"
  std::string payload;  // "0.10.0"; "" where the package cannot be read
  // SHA-256 of its payload.json; "" if unreadable, or in a downgrade's `update`; kHandedOver where
  // its handler is not this program.
  std::string package;
  std::optional<std::int64_t> sequence_number;
  bool downgrade = false;
  std::string folder = {};  // of its package, in a downgrade; host path
  package::HandlerOf handler_of = package::HandlerOf::kUs;  // whose handler lies in `folder`

  bool is_hand_over() const { return handler_of == package::HandlerOf::kOthers; }
};

// What the journal's operation has in place of a package's identity in a hand-over
// (commands::OperationOpen::kHandOver).
inline constexpr std::string_view kHandedOver = "handed-over";

// The package's identity, as the row of an update has it: the SHA-256 of payload.json, '+', and
// that of the program, which another build of the same version exchanges. Without the second half
// where the program cannot be read, and in rows of earlier programs; "" for a downgrade's `update`.
std::string package_identity(machine::HostFiles& host, const Incoming& incoming,
                             const std::string& program);
// Returns true if the row of an update was made for this package; a half that is not known on
// either side counts as the same. Reads the program only where the rest is the same.
bool is_identity_of(machine::HostFiles& host, const std::string& identity, const Incoming& incoming,
                    const std::string& program);

// The facts of a call that tell who comes in. `version_variable`: VERSION; nullopt: not set.
struct CallFacts {
  commands::Command command = commands::Command::kEnable;
  std::string handler_version;
  std::optional<std::string> version_variable;
  std::optional<std::int64_t> sequence_number;
  std::string package_root;  // host path of the caller's package
};
Incoming incoming_of(machine::HostFiles& host, const CallFacts& call, const OwnPackage& own);

}  // namespace engine::planning
