#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actions/action.h"
#include "actions/context.h"
#include "actions/image.h"

namespace actions {

// What the four calls of an action say that they were doing when something in them failed.
struct Contexts {
  Context capture;
  Context apply;
  Context undo;
  std::optional<Context> probe = {};  // nullopt: capture's
};

// What all kinds have in common: they turn the journal's text into structs and back, and add the
// context to a failure. A kind derives from ActionOf<its images>, a struct with kKind and the
// described structs Parameters, Before and After (image.h), and says with these structs what it
// finds, changes, takes back and compares. Text that is damaged is refused before a kind is asked
// anything, and so before it touches the machine.
template <class ImagesOfKind>
class ActionOf : public Action {
 public:
  using Images = ImagesOfKind;
  using Parameters = typename Images::Parameters;
  using Before = typename Images::Before;
  using After = typename Images::After;
  using AfterIfKnown = std::optional<After>;
  using Machine = machine::Machine;
  static constexpr std::string_view kKind = Images::kKind;

  // The parameters, or their fields in order.
  template <class... Values>
  explicit ActionOf(Values&&... values) : given_{std::forward<Values>(values)...} {}

  // All three throw kJournalUnusable where the text is not what the kind writes.
  static Parameters read_parameters(const Json& json) {
    return read_image<Parameters>(named("parameters"), json);
  }
  static Before read_before(const Json& json) {
    return read_image<Before>(named("before-image"), json);
  }
  static After read_after(const Json& json) {
    return read_image<After>(named("after-image"), json);
  }

  std::string_view kind() const final { return kKind; }
  Json parameters() const override { return write_image(given_); }
  Json capture(Machine& machine) const final {
    return in_context(contexts().capture, [&] { return write_image(find(machine)); });
  }
  Json apply(Machine& machine, const Json& before, Deadline deadline) const final {
    return in_context(contexts().apply,
                      [&] { return write_image(change(machine, checked(before), deadline)); });
  }
  UndoResult undo(Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const final {
    return in_context(contexts().undo,
                      [&] { return take_back(machine, checked(before), known(after), deadline); });
  }
  Probe probe(Machine& machine, const Json& before, const Json& after) const final {
    const Contexts all = contexts();
    return in_context(all.probe.value_or(all.capture),
                      [&] { return compare(machine, checked(before), known(after)); });
  }
  void check_images(const Json& before, const Json& after) const final {
    checked(before);
    known(after);
  }

 protected:
  virtual Contexts contexts() const = 0;
  // Action::capture, apply, undo and probe, with structs. `after` is nullopt where nobody knows it.
  virtual Before find(Machine& machine) const = 0;
  virtual After change(Machine& machine, const Before& before, Deadline deadline) const = 0;
  virtual UndoResult take_back(Machine& machine, const Before& before, const AfterIfKnown& after,
                               Deadline deadline) const = 0;
  virtual Probe compare(Machine& machine, const Before& before,
                        const AfterIfKnown& after) const = 0;
  // For before-images that must fit the parameters: calls refuse_before where they do not.
  virtual void check(const Before& /*before*/) const {}
  [[noreturn]] static void refuse_before(std::string_view key, const std::string& why) {
    throw_damaged(named("before-image"), key, why);
  }

  const Parameters given_;

 private:
  static std::string named(const std::string& text) { return text + " of " + std::string(kKind); }
  Before checked(const Json& json) const {
    Before before = read_before(json);
    check(before);
    return before;
  }
  static AfterIfKnown known(const Json& json) {
    return json.is_null() ? std::nullopt : AfterIfKnown(read_after(json));
  }
};

}  // namespace actions
