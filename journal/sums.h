#pragma once

#include <string>
#include <string_view>

#include "journal/records.h"

namespace journal {

// The check sums of schemas 3 and 4, over the texts that the columns hold.
std::string plan_sum(const Step& step, std::string_view parameters);
// `change`: the text of installation_change; "" for NULL.
std::string plan_sum(const Transaction& transaction, std::string_view change);
std::string image_sum(std::string_view image);
std::string fact_sum(const Owned& owned);
std::string fact_sum(std::string_view key, std::string_view value);  // of meta

}  // namespace journal
