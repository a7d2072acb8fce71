#include "tests/golden/injection.h"

#include <algorithm>
#include <exception>

#include "errors/failure.h"

namespace golden {

Injection::Injection(const std::vector<std::string>& faults, bool undo_fails)
    : names_(faults), undo_fails_(undo_fails) {
  for (const std::string& fault : faults)
    observers_.emplace_back(machine::fault_from(fault));
}

void Injection::attached_to(machine::Machine& machine) {
  for (machine::FaultObserver& observer : observers_)
    observer.attached_to(machine);
}

bool Injection::all_happened() const {
  return std::all_of(observers_.begin(), observers_.end(),
                     [](const auto& observer) { return observer.happened(); });
}

void Injection::before(const machine::Call& call) {
  const bool undoes = undo_fails_ && all_happened();
  std::exception_ptr failure;  // of the first; the others count the call, too
  for (machine::FaultObserver& observer : observers_) {
    try {
      observer.before(call);
    } catch (const errors::Failure&) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  if (!undoes || !is_due_ || call.name == "journal.commit" || call.name.starts_with("system."))
    return;
  is_due_ = false;
  throw errors::Failure(errors::ExitCode::kGeneric, call.object, "make the call that fails",
                        {"Injected", 5, "Access is denied."});
}

void Injection::after(const machine::Call& call) {
  if (all_happened() && call.name == "journal.commit") is_due_ = true;
  for (machine::FaultObserver& observer : observers_)
    observer.after(call);
}

std::string Injection::missed() const {
  std::string all;
  std::size_t index = 0;
  for (const machine::FaultObserver& observer : observers_) {
    if (!observer.happened()) all += " " + names_[index];
    ++index;
  }
  return all;
}

}  // namespace golden
