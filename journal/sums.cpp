#include "journal/sums.h"

#include "text/check_sum.h"

namespace journal {

std::string plan_sum(const Step& step, std::string_view parameters) {
  return text::check_sum({step.kind, step.target, step.vital ? "1" : "0", parameters});
}

std::string plan_sum(const Transaction& transaction, std::string_view change) {
  return text::check_sum({transaction.command, transaction.machine_id, transaction.boot_id,
                          transaction.work_folder, change});
}

std::string fact_sum(const Owned& owned) {
  return text::check_sum({owned.kind, owned.name, owned.sha256, owned.file_id,
                          std::to_string(owned.size), owned.version});
}

std::string fact_sum(std::string_view key, std::string_view value) {
  return text::check_sum({key, value});
}

std::string image_sum(std::string_view image) { return text::check_sum({image}); }

}  // namespace journal
