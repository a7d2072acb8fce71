#pragma once

#include <windows.h>
// oleauto.h needs windows.h first
#include <oleauto.h>

#include <string>
#include <string_view>
#include <utility>

#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// A reference to a COM object that is released.
template <typename Interface>
class Reference {
 public:
  Reference() = default;
  Reference(Reference&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  Reference& operator=(Reference&&) = delete;
  ~Reference() {
    if (pointer_ != nullptr) pointer_->Release();
  }
  explicit operator bool() const { return pointer_ != nullptr; }
  Interface* operator->() const { return pointer_; }
  Interface** out() { return &pointer_; }

 private:
  Interface* pointer_ = nullptr;
};

// A BSTR that is freed.
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view utf8);
  explicit Text(const std::wstring& text);
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text();
  BSTR get() const { return text_; }
  BSTR* out() { return &text_; }
  std::string as_utf8() const;

 private:
  BSTR text_ = nullptr;
};

// COM on this thread, while it lives.
class Apartment {
 public:
  Apartment();
  Apartment(const Apartment&) = delete;
  Apartment& operator=(const Apartment&) = delete;
  ~Apartment();
};

VARIANT no_value();

// Throws if the HRESULT is a failure.
void check_result(HRESULT result, const Attempt& attempt, std::string_view api);

}  // namespace machine::windows
