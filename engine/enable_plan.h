#pragma once

#include <functional>
#include <string>

#include "engine/install_plan.h"
#include "engine/known.h"
#include "engine/plan.h"
#include "package/package_check.h"

namespace engine {

// The caller's package, read as little as the case needs.
struct OwnPackage {
  std::string version;   // of its payload; "" where payload.json cannot be read
  std::string identity;  // SHA-256 of payload.json; "" where it cannot be read
  std::function<package::CheckedPackage()> check;  // the whole package; throws kPackageDamaged
};

struct EnableOptions {
  InstallOptions install;
  bool to_own_version = false;  // of the caller's package: it settles an update
};

// What enable would do: converge on the version to be, which is the settled one, or in an update
// the caller's own; read-only. Owned files are checked by presence, size and file id, hashed only
// where these differ; what is missing or altered is restored from the caller's package, if that is
// the settled version (else kCopyFile naming the file). GuestProxyAgent that runs is stopped first
// and started last where a driver or eBPFSvc is started, or a file of something that runs was
// replaced; one that is absent, disabled or stopped by its owner is left so; one that our disable
// stopped is started. In an update, or with nothing settled (an install that did not happen, a
// journal that was lost), install's steps come first as far as they are missing. Last, best
// effort, accessories that are missing (accessories.h). All as it should be: an empty plan, in a
// few milliseconds. The plan names the version to be, which the transaction's last look asks for.
Plan plan_enable(machine::Machine& machine, const Known& known, const OwnPackage& own,
                 const EnableOptions& options);

// Starts what of the settled version, and of what a disable stopped, is not running; nothing else.
// For an enable that repeats a failed attempt: what is found behind it undoes nothing.
Plan plan_starts(machine::Machine& machine, const Known& known);

}  // namespace engine
