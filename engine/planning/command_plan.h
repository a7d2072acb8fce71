#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/product/guest_proxy_agent.h"
#include "engine/product/last_look.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// What has to be true after the last step of a plan.
struct Expectation {
  // The version that the last look (product/last_look.h) wants registered, automatic and running,
  // also in a plan without steps. nullopt: there is no last look.
  std::optional<product::VersionToBe> version_to_be;
  product::Occasion occasion = product::Occasion::kEnable;  // of the last look
  // How GuestProxyAgent was before the plan restarts it. nullopt: the plan does not restart it.
  std::optional<product::ProxyBefore> proxy;
  // Neighbours that ran before and that the plan starts: one that does not run is named.
  std::vector<std::string> neighbours;
  // For people: a newer version than the caller's is left in its place, and who brought it.
  std::string newer_left;
};

struct CommandPlan {
  transaction::Plan plan;
  Expectation expects;
};

}  // namespace engine::planning
