#pragma once

#include <optional>

#include "actions/action_of.h"
#include "actions/registry/ebpf_store.h"

namespace actions::registry {

// What the kinds that change the eBPF store have in common: before- and after-image are the whole
// store, and undo brings back each value that still is as apply left it. Without an after-image all
// that differs from the before-image is ours.
template <class Images>
class StoreAction : public ActionOf<Images> {
 public:
  using ActionOf<Images>::ActionOf;

 protected:
  Contexts contexts() const override {
    return {.capture = {"while reading the eBPF store"},
            .apply = {Images::kApplying, errors::ExitCode::kUpdateStore},
            .undo = {"while restoring the eBPF store"}};
  }
  StoreImage find(machine::Machine& machine) const override {
    return EbpfStore::on(machine).as_image();
  }
  UndoResult take_back(machine::Machine& machine, const StoreImage& before,
                       const std::optional<StoreImage>& after, Deadline) const override {
    UndoResult result;
    const auto left = after ? std::optional(EbpfStore(*after)) : std::nullopt;
    EbpfStore::restore(machine, EbpfStore(before), left ? &*left : nullptr, result);
    return result;
  }
  Probe compare(machine::Machine& machine, const StoreImage& before,
                const std::optional<StoreImage>& after) const override {
    const EbpfStore now = EbpfStore::on(machine);
    if (after && now == EbpfStore(*after)) return Probe::kAfter;
    if (now == EbpfStore(before)) return Probe::kBefore;
    return after ? Probe::kForeign : Probe::kBetween;
  }
};

}  // namespace actions::registry
