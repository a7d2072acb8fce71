#pragma once

#include <functional>
#include <string>

#include "engine/known.h"
#include "engine/plan.h"
#include "package/package_check.h"

namespace engine {

// The caller's package, read as little as the case needs.
struct OwnPackage {
  std::string version;  // of its payload; "" where payload.json cannot be read
  std::function<package::CheckedPackage()> check;  // the whole package; throws kPackageDamaged
};

// What enable would do: converge on the settled version; read-only. Owned files are checked by
// presence, size and file id, hashed only where these differ; what is missing or altered is
// restored from the caller's package, if that is the settled version (else kCopyFile naming the
// file). GuestProxyAgent that runs is stopped first and started last where a driver or eBPFSvc is
// started, or a file of something that runs was replaced; one that is absent, disabled or stopped
// by its owner is left so; one that our disable stopped is started. Nothing settled (an install
// that did not happen, a journal that was lost): install's steps come first. All as it should be:
// an empty plan, in a few milliseconds.
Plan plan_enable(machine::Machine& machine, const Known& known, const OwnPackage& own,
                 const std::string& handler_version, const std::string& work_folder);

}  // namespace engine
