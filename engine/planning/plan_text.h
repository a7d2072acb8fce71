#pragma once

#include <string>
#include <string_view>

#include "engine/product/treatment.h"
#include "engine/transaction/plan.h"
#include "json/json.h"

namespace engine::planning {

// A plan for people and for programs: its steps, and how each is undone.
struct PlanText {
  std::string text;
  nlohmann::json json;
};
// `origin`: of what is there.
PlanText plan_text(std::string_view command, const transaction::Plan& plan, product::Origin origin);

}  // namespace engine::planning
