#include "actions/machine/windows/interfaces/windows_data_collectors.h"

#include <windows.h>
// objbase.h needs windows.h first
#include <objbase.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "actions/machine/windows/com.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

constexpr const wchar_t* kObject = L"Pla.DataCollectorSet";
constexpr std::uint32_t kNoSuchSet = 0x80300002;  // PLA_E_DCS_NOT_FOUND
constexpr LONG kRunning = 1;                      // DataCollectorSetStatus: plaRunning
constexpr LONG kCreateOrModify = 3;               // CommitMode: plaCreateOrModify

// Where `logman create` keeps the sets that users define.
std::string in_namespace(std::string_view name) { return "Service\\" + std::string(name); }

VARIANT text_value(const Text& text) {
  VARIANT value;
  VariantInit(&value);
  value.vt = VT_BSTR;
  value.bstrVal = text.get();
  return value;
}

VARIANT number_value(LONG number) {
  VARIANT value;
  VariantInit(&value);
  value.vt = VT_I4;
  value.lVal = number;
  return value;
}

VARIANT yes() {
  VARIANT value;
  VariantInit(&value);
  value.vt = VT_BOOL;
  value.boolVal = VARIANT_TRUE;
  return value;
}

// What a call returned, freed.
class Returned {
 public:
  Returned() { VariantInit(&value_); }
  Returned(const Returned&) = delete;
  Returned& operator=(const Returned&) = delete;
  ~Returned() { VariantClear(&value_); }
  VARIANT* out() { return &value_; }
  const VARIANT& get() const { return value_; }

 private:
  VARIANT value_;
};

// A set in memory, empty until it is queried or given its XML.
class Set {
 public:
  // Throws if Windows has no Performance Logs and Alerts.
  explicit Set(const Attempt& attempt) {
    CLSID id;
    check_result(CLSIDFromProgID(kObject, &id), attempt, "CLSIDFromProgID");
    check_result(CoCreateInstance(id, nullptr, CLSCTX_INPROC_SERVER, IID_IDispatch,
                                  reinterpret_cast<void**>(set_.out())),
                 attempt, "CoCreateInstance");
  }

  // Returns false if there is no such set.
  bool query(std::string_view name, const Attempt& attempt) {
    const Text full(in_namespace(name));
    const HRESULT result = invoke(L"Query", DISPATCH_METHOD, {text_value(full), local()});
    if (code_of_hresult(result) == kNoSuchSet) return false;
    check_result(result, attempt, "IDataCollectorSet::Query");
    return true;
  }
  void existing(std::string_view name, const Attempt& attempt) {
    if (!query(name, attempt)) attempt.by("IDataCollectorSet::Query").fail(kNoSuchSet);
  }
  std::string xml(const Attempt& attempt) {
    Returned found;
    check_result(invoke(L"Xml", DISPATCH_PROPERTYGET, {}, found.out()), attempt,
                 "IDataCollectorSet::get_Xml");
    Text text;
    if (found.get().vt == VT_BSTR) *text.out() = SysAllocString(found.get().bstrVal);
    return text.as_utf8();
  }
  bool is_running(const Attempt& attempt) {
    Returned found;
    check_result(invoke(L"Status", DISPATCH_PROPERTYGET, {}, found.out()), attempt,
                 "IDataCollectorSet::get_Status");
    return found.get().vt == VT_I4 && found.get().lVal == kRunning;
  }
  void define(std::string_view name, std::string_view xml, const Attempt& attempt) {
    const Text full(in_namespace(name));
    const Text text(xml);
    Returned validation;
    check_result(invoke(L"SetXml", DISPATCH_METHOD, {text_value(text)}, validation.out()), attempt,
                 "IDataCollectorSet::SetXml");
    Returned committed;
    check_result(
        invoke(L"Commit", DISPATCH_METHOD,
               {text_value(full), local(), number_value(kCreateOrModify)}, committed.out()),
        attempt, attempt.api);
  }
  void start(const Attempt& attempt) {
    check_result(invoke(L"Start", DISPATCH_METHOD, {yes()}), attempt, attempt.api);
  }
  void stop(const Attempt& attempt) {
    check_result(invoke(L"Stop", DISPATCH_METHOD, {yes()}), attempt, attempt.api);
  }
  void remove(const Attempt& attempt) {
    check_result(invoke(L"Delete", DISPATCH_METHOD, {}), attempt, attempt.api);
  }

 private:
  // The server's name: none.
  static VARIANT local() {
    VARIANT value;
    VariantInit(&value);
    value.vt = VT_BSTR;
    value.bstrVal = nullptr;
    return value;
  }

  HRESULT invoke(const wchar_t* member, WORD how, std::vector<VARIANT> arguments,
                 VARIANT* result = nullptr) {
    auto* name = const_cast<LPOLESTR>(member);
    DISPID id = DISPID_UNKNOWN;
    const HRESULT found = set_->GetIDsOfNames(IID_NULL, &name, 1, LOCALE_INVARIANT, &id);
    if (FAILED(found)) return found;
    std::ranges::reverse(arguments);  // as IDispatch wants them
    DISPPARAMS parameters{};
    parameters.rgvarg = arguments.data();
    parameters.cArgs = static_cast<UINT>(arguments.size());
    EXCEPINFO exception{};
    const HRESULT called =
        set_->Invoke(id, IID_NULL, LOCALE_INVARIANT, how, &parameters, result, &exception, nullptr);
    SysFreeString(exception.bstrSource);
    SysFreeString(exception.bstrDescription);
    SysFreeString(exception.bstrHelpFile);
    return called == DISP_E_EXCEPTION && FAILED(exception.scode) ? exception.scode : called;
  }

  Reference<IDispatch> set_;
};

bool has_performance_logs() {
  CLSID id;
  return SUCCEEDED(CLSIDFromProgID(kObject, &id));
}

}  // namespace

WindowsDataCollectors::WindowsDataCollectors() = default;
WindowsDataCollectors::~WindowsDataCollectors() = default;

void WindowsDataCollectors::enter() {
  if (!apartment_) apartment_ = std::make_unique<Apartment>();
}

std::optional<DataCollectorSet> WindowsDataCollectors::get(std::string_view name) {
  const Attempt attempt{ExitCode::kGeneric, "look at data collector set",
                        "IDataCollectorSet::Query", name};
  enter();
  if (!has_performance_logs()) return std::nullopt;
  Set set(attempt);
  if (!set.query(name, attempt)) return std::nullopt;
  return DataCollectorSet{set.xml(attempt), set.is_running(attempt)};
}

void WindowsDataCollectors::put(std::string_view name, std::string_view xml) {
  const Attempt attempt{ExitCode::kCreateTask, "define data collector set",
                        "IDataCollectorSet::Commit", name};
  enter();
  Set(attempt).define(name, xml, attempt);
}

void WindowsDataCollectors::start(std::string_view name) {
  const Attempt attempt{ExitCode::kCreateTask, "start data collector set",
                        "IDataCollectorSet::Start", name};
  enter();
  Set set(attempt);
  set.existing(name, attempt);
  set.start(attempt);
}

void WindowsDataCollectors::stop(std::string_view name) {
  const Attempt attempt{ExitCode::kDeleteTask, "stop data collector set", "IDataCollectorSet::Stop",
                        name};
  enter();
  Set set(attempt);
  set.existing(name, attempt);
  if (set.is_running(attempt)) set.stop(attempt);
}

void WindowsDataCollectors::remove(std::string_view name) {
  const Attempt attempt{ExitCode::kDeleteTask, "delete data collector set",
                        "IDataCollectorSet::Delete", name};
  enter();
  if (!has_performance_logs()) return;
  Set set(attempt);
  if (set.query(name, attempt)) set.remove(attempt);
}

}  // namespace machine::windows::interfaces
