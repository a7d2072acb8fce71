#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "actions/machine/files.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// How long we try to open a file that another program has open without sharing it (virus scanners,
// indexers, backups: gone in moments).
constexpr std::uint32_t kSharingPatienceMs = 1000;

// Returns the last error's code if `result` is 0, as for a function that fails with 0; else 0.
std::uint32_t succeeded(int result);

// Repeats a call while it answers one of `codes`, for at most `patience_ms` milliseconds. `call`
// returns a Win32 code, 0 for success; so does this function.
std::uint32_t retried_while(std::initializer_list<std::uint32_t> codes, std::uint32_t patience_ms,
                            const std::function<std::uint32_t()>& call);
// Repeats it while it answers ERROR_SHARING_VIOLATION (32) or ERROR_LOCK_VIOLATION (33).
std::uint32_t with_sharing_retries(const std::function<std::uint32_t()>& call);

// CreateFile, with these retries; everybody else may read, write and delete meanwhile. Never
// follows a link: a link is a Failure with ERROR_CANT_ACCESS_FILE (1920). `security`: the rights of
// a new file; nullptr: it inherits its folder's.
FileHandle open_file(std::string_view path, DWORD access, DWORD disposition, const Attempt& attempt,
                     SECURITY_ATTRIBUTES* security = nullptr);
// Opens a file, folder or link itself; sets `code`. Returns an empty handle if that fails.
FileHandle open_entry(std::string_view path, DWORD access, std::uint32_t& code);

FileInfo info_of(const FileHandle& file, const Attempt& attempt);

// Calls `take` with one piece of the file after the other, to the end.
void read_pieces(const FileHandle& file, const Attempt& attempt,
                 const std::function<void(std::string_view)>& take);
// Returns bytes [offset, offset + size); fewer at the end, none if they cannot be read.
std::string read_at(const FileHandle& file, std::uint64_t offset, std::size_t size);
void write_all(const FileHandle& file, std::string_view content, const Attempt& attempt);
// Writes and cuts off the old rest: for a file that was opened with OPEN_ALWAYS. (CREATE_ALWAYS may
// not be used without following links: "CreateFileW".)
void overwrite(const FileHandle& file, std::string_view content, const Attempt& attempt);

// FlushFileBuffers of a file or folder.
void flush_entry(std::string_view path, const Attempt& attempt);

}  // namespace machine::windows
