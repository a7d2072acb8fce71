#pragma once

#include <optional>

#include "engine/product/guest_proxy_agent.h"
#include "engine/product/last_look.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// What has to be true behind the last step of a plan.
struct Expectation {
  // What has to be registered, automatic and running: asked by the last look (product/last_look.h),
  // also where there is no step. nullopt: nothing.
  std::optional<product::VersionToBe> version_to_be;
  product::Occasion occasion = product::Occasion::kEnable;  // of the last look
  // The plan restarts GuestProxyAgent, which is judged by what it was before. nullopt: it does not.
  std::optional<product::ProxyBefore> proxy;
};

struct CommandPlan {
  transaction::Plan plan;
  Expectation expects;
};

}  // namespace engine::planning
