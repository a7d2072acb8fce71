#include "engine/planning/incoming.h"

#include <algorithm>
#include <string_view>

#include "errors/failure.h"
#include "package/version.h"

namespace engine::planning {
namespace {

constexpr char kBeforeProgram = '+';

std::string program_hash(machine::HostFiles& host, const std::string& program) {
  std::string hash;
  const auto unreadable = errors::failure_in([&] { hash = host.sha256(program); });
  return unreadable ? "" : hash;
}

}  // namespace

std::string package_identity(machine::HostFiles& host, const Incoming& incoming,
                             const std::string& program) {
  if (incoming.package.empty() || incoming.is_hand_over()) return incoming.package;
  const std::string hash = program_hash(host, program);
  return hash.empty() ? incoming.package : incoming.package + kBeforeProgram + hash;
}

bool is_identity_of(machine::HostFiles& host, const std::string& identity, const Incoming& incoming,
                    const std::string& program) {
  const std::size_t end = std::min(identity.find(kBeforeProgram), identity.size());
  const std::string_view package = std::string_view(identity).substr(0, end);
  if (package.empty() || incoming.package.empty()) return true;
  if (package != incoming.package) return false;
  if (end == identity.size()) return true;
  const std::string hash = program.empty() ? "" : program_hash(host, program);
  return hash.empty() || identity.substr(end + 1) == hash;
}

OwnPackage own_package(machine::HostFiles& host, const std::string& root,
                       commands::Command command) {
  OwnPackage own;
  own.check = [&host, root] { return package::check_package(host, root); };
  if (!commands::brings_a_version(command)) return own;
  // The commands that need a package report a missing or damaged one.
  if (!host.stat(root + "/payload.json")) return own;
  try {
    const package::ClaimedPackage claimed = package::read_claim(host, root);
    own.version = package::to_text(claimed.manifest.version);
    own.identity = claimed.identity;
  } catch (const errors::Failure& failure) {
    if (failure.code() != errors::ExitCode::kPackageDamaged) throw;
  }
  return own;
}

Incoming incoming_of(machine::HostFiles& host, const CallFacts& call, const OwnPackage& own) {
  Incoming incoming;
  incoming.handler = call.handler_version;
  incoming.payload = own.version;
  incoming.package = own.identity;
  incoming.sequence_number = call.sequence_number;
  if (call.command != commands::Command::kUpdate || !call.version_variable) return incoming;
  // In a downgrade the VM Agent runs the higher version and names the lower one in VERSION. A
  // variable of the VM Agent's own environment may hide VERSION: a value that is no lower version
  // is no reason to refuse.
  const auto target = package::parse_handler_version(*call.version_variable);
  const auto ours = package::parse_handler_version(call.handler_version);
  if (!target || !ours || *target >= *ours) return incoming;
  incoming.handler = package::to_text(*target);
  incoming.payload = package::to_text(package::payload_of(*target));
  incoming.package.clear();
  incoming.downgrade = true;
  incoming.folder =
      package::folder_beside(call.package_root, call.handler_version, incoming.handler);
  incoming.handler_of = package::handler_of(host, incoming.folder);
  if (incoming.is_hand_over()) incoming.package = kHandedOver;
  return incoming;
}

}  // namespace engine::planning
