#pragma once

#include <windows.h>

#include <utility>

namespace machine::windows {

// A handle that closes itself. `Kind` gives its type, the value of no handle, and how to close it.
template <typename Kind>
class Handle {
 public:
  using Value = typename Kind::Value;

  Handle() = default;
  explicit Handle(Value value) : value_(value) {}
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, Kind::none())) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }

  explicit operator bool() const { return value_ != Kind::none() && value_ != Value{}; }
  Value get() const { return value_; }
  // The address for a function that fills the handle in. Closes the old handle.
  Value* out() {
    close();
    return &value_;
  }
  void close() {
    if (*this) Kind::close(value_);
    value_ = Kind::none();
  }

 private:
  Value value_ = Kind::none();
};

struct FileKindOfHandle {  // CreateFile: INVALID_HANDLE_VALUE is none
  using Value = HANDLE;
  static Value none() { return INVALID_HANDLE_VALUE; }
  static void close(Value value) { CloseHandle(value); }
};
struct KernelObject {  // processes, jobs, tokens: NULL is none
  using Value = HANDLE;
  static Value none() { return nullptr; }
  static void close(Value value) { CloseHandle(value); }
};
struct Search {  // FindFirstFile
  using Value = HANDLE;
  static Value none() { return INVALID_HANDLE_VALUE; }
  static void close(Value value) { FindClose(value); }
};
struct ServiceObject {  // the service manager, a service
  using Value = SC_HANDLE;
  static Value none() { return nullptr; }
  static void close(Value value) { CloseServiceHandle(value); }
};
struct RegistryKeyObject {
  using Value = HKEY;
  static Value none() { return nullptr; }
  static void close(Value value) { RegCloseKey(value); }
};
struct LocalMemory {  // memory that the system has allocated with LocalAlloc
  using Value = void*;
  static Value none() { return nullptr; }
  static void close(Value value) { LocalFree(value); }
};

using FileHandle = Handle<FileKindOfHandle>;
using KernelHandle = Handle<KernelObject>;
using SearchHandle = Handle<Search>;
using ServiceHandle = Handle<ServiceObject>;
using KeyHandle = Handle<RegistryKeyObject>;
using LocalBlock = Handle<LocalMemory>;

}  // namespace machine::windows
