#include "actions/machine/windows/com.h"

#include "actions/machine/windows/text.h"

namespace machine::windows {

Text::Text(std::string_view utf8) : Text(wide(utf8)) {}

Text::Text(const std::wstring& text)
    : text_(SysAllocStringLen(text.data(), static_cast<UINT>(text.size()))) {}

Text::~Text() { SysFreeString(text_); }

std::string Text::as_utf8() const {
  return utf8(std::wstring_view(text_ == nullptr ? L"" : text_, SysStringLen(text_)));
}

Apartment::Apartment() {
  const Attempt attempt{errors::ExitCode::kCreateTask, "use", "CoInitializeEx", "COM"};
  check_result(CoInitializeEx(nullptr, COINIT_MULTITHREADED), attempt, attempt.api);
}

Apartment::~Apartment() { CoUninitialize(); }

VARIANT no_value() {
  VARIANT empty;
  VariantInit(&empty);
  return empty;
}

void check_result(HRESULT result, const Attempt& attempt, std::string_view api) {
  if (SUCCEEDED(result)) return;
  attempt.by(api).fail(code_of_hresult(result));
}

}  // namespace machine::windows
